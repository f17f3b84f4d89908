use shape::Shape;

#[derive(Shape)]
struct Paging {
    next_token: Option<String>,
}

#[derive(Shape)]
struct Named {
    #[shape(flatten, name = "Page")]
    paging: Paging,
}

#[derive(Shape)]
enum Choice {
    #[shape(flatten)]
    Page(Paging),
}

#[derive(Shape)]
struct OfText {
    #[shape(flatten)]
    text: String,
}

fn main() {}
