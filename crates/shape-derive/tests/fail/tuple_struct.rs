use shape::Shape;

#[derive(Shape)]
struct Input(String);

fn main() {}
