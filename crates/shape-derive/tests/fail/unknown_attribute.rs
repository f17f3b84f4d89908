use shape::Shape;

#[derive(Shape)]
struct Input {
    #[shape(lenght = 1..=2)]
    name: String,
    #[shape(len = 1..2)]
    other: String,
}

fn main() {}
