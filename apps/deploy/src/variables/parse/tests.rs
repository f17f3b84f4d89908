use serde_json::json;

use super::*;

/// Shows a template: text in quotes, variables in angle brackets with their sources.
fn show(Template(pieces): &Template) -> String {
    pieces.iter().map(show_piece).collect::<Vec<_>>().join(" ")
}

fn show_piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => format!("{text:?}"),
        Piece::Variable(sources) => {
            format!("<{}>", sources.iter().map(show_source).collect::<Vec<_>>().join(" | "))
        }
    }
}

fn show_source(source: &Source) -> String {
    match source {
        Source::Literal(value) => format!("={value}"),
        Source::Place { kind, params, address } => {
            let params = params.as_ref().map(|params| {
                let params: Vec<String> = params
                    .iter()
                    .map(|param| match param {
                        Param::Literal(value) => value.to_string(),
                        Param::Template(template) => show(template),
                    })
                    .collect();
                format!("({})", params.join(";"))
            });
            let address = address.as_ref().map(|address| format!(":{}", show(address)));
            format!("{kind}{}{}", params.unwrap_or_default(), address.unwrap_or_default())
        }
    }
}

fn check(text: &str, expected: &str) {
    let shown = match parse(text) {
        Ok(None) => "plain".to_owned(),
        Ok(Some(template)) => show(&template),
        Err(message) => format!("error {message}"),
    };
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn sources_have_types_addresses_and_fallbacks() {
    check("no variable", "plain");
    check("${self:}", "<self>");
    check("${self:custom.a}", r#"<self:"custom.a">"#);
    check("a-${opt:stage}-b", r#""a-" <opt:"stage"> "-b""#);
    check("${opt:stage, self:provider.stage, 'dev'}", r#"<opt:"stage" | self:"provider.stage" | ="dev">"#);
    check(r#"${env:A, "x\ty"}"#, r#"<env:"A" | ="x\ty">"#);
    check("${env:A, 10}", r#"<env:"A" | =10>"#);
    check("${env:A, -1.5}", r#"<env:"A" | =-1.5>"#);
    check("${env:A, null}", r#"<env:"A" | =null>"#);
    check("${env:A, true }", r#"<env:"A" | =true>"#);
    check("${env: A , ''}", r#"<env:"A" | ="">"#);
}

#[test]
fn brackets_hold_parameters() {
    check("${file(./a.yml)}", r#"<file("./a.yml")>"#);
    check("${file(a.json):b.c, ''}", r#"<file("a.json"):"b.c" | ="">"#);
    check("${cf(eu-west-1):stack.Out}", r#"<cf("eu-west-1"):"stack.Out">"#);
    check("${ssm(raw, noDecrypt):/a/b}", r#"<ssm("raw";"noDecrypt"):"/a/b">"#);
    check("${strToBool(1)}", "<strToBool(1)>");
    check("${strToBool('true')}", r#"<strToBool("true")>"#);
    check("${x(, 2)}", "<x(null;2)>");
    check("${x()}", "<x()>");
}

#[test]
fn variables_nest_in_addresses_and_parameters() {
    check("${self:custom.${opt:stage, 'dev'}.x}", r#"<self:"custom." <opt:"stage" | ="dev"> ".x">"#);
    check("${file(./${sls:stage}.yml):a}", r#"<file("./" <sls:"stage"> ".yml"):"a">"#);
    check("${strToBool(${env:A})}", r#"<strToBool(<env:"A">)>"#);
}

#[test]
fn names_of_cloudformation_stay_but_variables_inside_them_are_found() {
    check("arn:${AWS::Region}:x", "plain");
    check("${Name}", "plain");
    check("${name}", "plain");
    check("${aws::region}", "plain");
    check("${}", "plain");
    check("${AWS::Region}-${sls:stage}", r#""${AWS::Region}-" <sls:"stage">"#);
    check("${Foo${sls:stage}}", r#""${Foo" <sls:"stage"> "}""#);
    check("$$${sls:stage}", r#""$$" <sls:"stage">"#);
}

#[test]
fn a_backslash_takes_the_meaning_away() {
    check(r"\${self:a}", r#""${" "self:a}""#);
    check(r"a\\${self:a}", r#""a" "\\" <self:"a">"#);
    check(r"\\\${self:a}", r#""\\" "${" "self:a}""#);
    check(r"C:\temp", "plain");
}

#[test]
fn mistakes_are_named_as_the_framework_names_them() {
    check("${self:a", "error Missing variable closing bracket in ${self:a");
    check("${self:a, foo}", r#"error Invalid literal source "foo" at index 10 in "${self:a, foo}""#);
    check("${self:a, ${b}}", r#"error Invalid variable source at index 10 in "${self:a, ${b}}""#);
    check("${self:${Foo}}", r#"error Invalid variable type at index 9 in "${self:${Foo}}""#);
    check("${file(a}", r#"error Invalid variable param at index 7 in "${file(a}""#);
    check("${file(a)x}", r#"error Invalid variable address at index 9 in "${file(a)x}""#);
    check("${env:A, 'x' b}", r#"error Invalid variable source at index 9 in "${env:A, 'x' b}""#);
}

#[test]
fn deep_nesting_is_refused_and_no_text_breaks_the_reader() {
    let deep = format!("{}x{}", "${self:".repeat(5_000), "}".repeat(5_000));
    assert!(parse(&deep).unwrap_err().starts_with("Excessive variables nest depth"));
    for text in ["${é:}", "${self:é}", "é${self:é, 'é'}é", "${a(\"", "\\", "\\${", "${", "$", "${a:\"\\"]
    {
        drop(parse(text));
    }
    assert_eq!(literal("1e3"), Some(json!(1000)));
    assert_eq!(literal("inf"), None);
}
