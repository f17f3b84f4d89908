use shape::Shape;

struct Attribute;

#[derive(Shape)]
struct Input {
    attribute: Attribute,
}

fn main() {}
