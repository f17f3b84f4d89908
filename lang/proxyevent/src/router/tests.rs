use proptest::prelude::{any, prop, proptest};

use super::*;

fn router(style: Style, routes: &[&str]) -> Router<String> {
    let mut router = Router::new(style);
    for route in routes {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        router.insert(method, path, (*route).to_owned());
    }
    router
}

/// Shows what was found as `route name=value …`.
fn find(router: &Router<String>, method: &str, path: &str) -> String {
    match router.find(method, path) {
        None => "nothing".to_owned(),
        Some(found) => {
            let mut text = found.target.clone();
            for (name, value) in &found.parameters {
                text.push_str(&format!(" {name}={value}"));
            }
            text
        }
    }
}

fn check(router: &Router<String>, request: &str, expected: &str) {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    assert_eq!(find(router, method, path), expected, "{request}");
}

#[test]
fn the_example_of_the_documentation() {
    // "Create routes for HTTP APIs in API Gateway": the table of example routes.
    let routes = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}"];
    let router = router(Style::Http, &routes);
    check(&router, "GET /pets/dog/1", "GET /pets/dog/1");
    check(&router, "GET /pets/dog/2", "GET /pets/dog/{id} id=2");
    check(&router, "GET /pets/cat/1", "GET /pets/{proxy+} proxy=cat/1");
    check(&router, "POST /test/5", "ANY /{proxy+} proxy=test/5");
    check(&router, "POST /pets/dog/1", "ANY /{proxy+} proxy=pets/dog/1");
    check(&router, "GET /", "nothing");
}

#[test]
fn the_method_goes_before_any() {
    let router = router(Style::Rest, &["ANY /a", "POST /a", "GET /b"]);
    check(&router, "POST /a", "POST /a");
    check(&router, "GET /a", "ANY /a");
    check(&router, "POST /b", "nothing");
    check(&router, "GET /c", "nothing");
}

#[test]
fn the_root() {
    let router = router(Style::Rest, &["GET /", "ANY /{proxy+}"]);
    check(&router, "GET /", "GET /");
    check(&router, "GET ", "GET /");
    check(&router, "POST /", "nothing");
    check(&router, "POST /x", "ANY /{proxy+} proxy=x");
}

#[test]
fn slashes_in_rest_apis() {
    // Recorded: a slash at the end is not part of `proxy`, doubled slashes in front do not count
    // (LocalStack `test_lambda_aws_proxy_integration`).
    let router = router(Style::Rest, &["GET /hardcoded", "ANY /{proxy+}"]);
    check(&router, "GET //hardcoded", "GET /hardcoded");
    check(&router, "GET /test-path/", "ANY /{proxy+} proxy=test-path");
    check(&router, "GET /a//b", "ANY /{proxy+} proxy=a//b");
    check(&router, "GET /a%2Fb+c", "ANY /{proxy+} proxy=a%2Fb+c");
}

#[test]
fn http_apis_decode_values_and_count_slashes() {
    let router = router(Style::Http, &["GET /a b", "GET /x/{id}", "GET /y/{proxy+}"]);
    check(&router, "GET /a%20b", "GET /a b");
    check(&router, "GET /x/a%2Fb%20+", "GET /x/{id} id=a/b +");
    check(&router, "GET /x/1/", "nothing");
    check(&router, "GET /x/", "nothing");
    check(&router, "GET /y/", "nothing");
    check(&router, "GET /y", "nothing");
    check(&router, "GET /y/1/2%20/", "GET /y/{proxy+} proxy=1/2 /");
}

#[test]
fn variables_of_different_names_may_share_a_place() {
    let router = router(Style::Http, &["GET /a/{x}/b", "POST /a/{y}", "DELETE /a/{x}"]);
    check(&router, "GET /a/1/b", "GET /a/{x}/b x=1");
    check(&router, "POST /a/1", "POST /a/{y} y=1");
    check(&router, "DELETE /a/1", "DELETE /a/{x} x=1");
    check(&router, "GET /a/1", "nothing");
}

#[test]
fn a_dead_branch_falls_back_to_the_rest_of_the_path() {
    let router = router(Style::Rest, &["GET /a/b/c", "GET /a/{id}/d", "ANY /{proxy+}"]);
    check(&router, "GET /a/b/c", "GET /a/b/c");
    check(&router, "GET /a/b/d", "GET /a/{id}/d id=b");
    check(&router, "GET /a/b/e", "ANY /{proxy+} proxy=a/b/e");
    check(&router, "GET /a/b", "ANY /{proxy+} proxy=a/b");
}

#[test]
fn a_route_takes_the_place_of_its_like() {
    let mut router = router(Style::Http, &["GET /a"]);
    router.insert("GET", "/a", "second".to_owned());
    check(&router, "GET /a", "second");
}

proptest! {
    #[test]
    fn any_path_is_answered(path in any::<String>(), routes in prop::collection::vec("(/(a|b|\\{x\\})){0,6}(/\\{p\\+\\})?", 0..20)) {
        for style in [Style::Rest, Style::Http] {
            let mut router = Router::new(style);
            for route in &routes {
                router.insert("GET", if route.is_empty() { "/" } else { route }, ());
            }
            drop(router.find("GET", &path));
        }
    }

    #[test]
    fn a_fixed_route_finds_itself(segments in prop::collection::vec("[a-z]{1,3}", 1..6)) {
        let path = format!("/{}", segments.join("/"));
        let router = router(Style::Rest, &["ANY /{proxy+}", "GET /{x}", &format!("GET {path}")]);
        check(&router, &format!("GET {path}"), &format!("GET {path}"));
    }
}
