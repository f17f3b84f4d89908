//! Mistakes in the derives' attributes: what the compiler says, word for word.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
