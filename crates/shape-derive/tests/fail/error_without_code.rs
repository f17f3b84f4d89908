use shape::ApiError;

#[derive(ApiError)]
enum Error {
    #[api(status = 400, message = "gone")]
    Gone,
}

fn main() {}
