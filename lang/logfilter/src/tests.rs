use proptest::prelude::{any, prop, proptest};

use super::*;

/// Checks which of the messages a pattern matches.
fn check(pattern: &str, messages: &[&str], expected: &[&str]) {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let found: Vec<_> = messages.iter().copied().filter(|message| parsed.matches(message)).collect();
    assert_eq!(found, expected, "{pattern}");
}

fn fails(pattern: &str, expected: &str) {
    match Pattern::parse(pattern) {
        Ok(parsed) => panic!("{pattern} was taken as {parsed:?}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{pattern}"),
    }
}

// The examples below are those of the documentation page "Filter pattern syntax" unless said otherwise.

const ERRORS: [&str; 6] = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
    "[INFO 200] SUCCESS",
    "[ERROR 500] INTERNAL SERVER ERROR",
];

#[test]
fn single_and_several_terms() {
    check("ERROR", &ERRORS, &[ERRORS[0], ERRORS[1], ERRORS[2], ERRORS[3], ERRORS[5]]);
    check("error", &ERRORS, &[]);
    check("ERROR ARGUMENTS", &ERRORS, &[ERRORS[2], ERRORS[3]]);
    check("  ERROR\tBAD ", &ERRORS, &[ERRORS[0]]);
    check("", &ERRORS, &ERRORS);
    check("\" \"", &ERRORS, &ERRORS);
}

#[test]
fn terms_are_found_inside_words() {
    // LocalStack's validated test `test_filter_log_events_with_unstructured_pattern` asks the same question.
    check(
        "cat",
        &["cat", "cats", "CAT", "car", "c a t", "caterpillar", "baby-cat"],
        &["cat", "cats", "caterpillar", "baby-cat"],
    );
}

#[test]
fn optional_terms() {
    check("?ERROR ?SUCCESS", &ERRORS, &ERRORS);
    check("?SUCCESS ?BAD", &ERRORS, &[ERRORS[0], ERRORS[4]]);
    // Beside a term of another kind the optional ones do not count.
    check("?ERROR ?ARGUMENTS REQUEST", &ERRORS, &[ERRORS[0], ERRORS[1]]);
    check("?BAD -ERROR", &ERRORS, &[ERRORS[4]]);
}

#[test]
fn phrases_and_exclusions() {
    check("\"INTERNAL SERVER ERROR\"", &ERRORS, &[ERRORS[5]]);
    check("ERROR -ARGUMENTS", &ERRORS, &[ERRORS[0], ERRORS[1], ERRORS[5]]);
    check("ERROR -\"BAD REQUEST\" -ARGUMENTS", &ERRORS, &[ERRORS[1], ERRORS[5]]);
    check("\"say \\\"hi\\\"\"", &["say \"hi\" now", "say hi"], &["say \"hi\" now"]);
    check("\"a\\\\b\"", &["a\\b", "a\\\\b"], &["a\\b"]);
}

#[test]
fn regular_expressions_as_terms() {
    check(
        "%AUTHORIZED%",
        &["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST", "no"],
        &["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST"],
    );
    check("%4[0-9]{2}%", &ERRORS, &ERRORS[0..4]);
    check("-%4[0-9]{2}% ERROR", &ERRORS, &[ERRORS[5]]);
    check(
        "%gr[ae]y|colou?r%",
        &["grey", "gray", "color", "colour", "griy"],
        &["grey", "gray", "color", "colour"],
    );
    check("%10\\.10\\.0\\.1%", &["10.10.0.1", "10a10.0.1"], &["10.10.0.1"]);
    // LocalStack's validated `test_filter_log_events_with_regex`.
    check("%}$%", &["Successful message", "{\"Message\": Success}"], &["{\"Message\": Success}"]);
    check(
        "%[mM]essage%",
        &["Successful message", "{\"Message\": Success}", "Error"],
        &["Successful message", "{\"Message\": Success}"],
    );
    check("%{a}{2,3}%", &["{a}}", "{a}", "{a}{2,3}"], &["{a}}"]);
}

#[test]
fn characters_that_have_no_place() {
    // The text as several people met it: "Invalid character(s) in term ':'".
    fails("?Status: timeout", "Invalid character(s) in term ':'");
    fails("a,b", "Invalid character(s) in term ','");
    fails("foo-bar", "Invalid character(s) in term '-'");
    fails("(a)", "Invalid character(s) in term '('");
    fails("`x`", "Invalid character(s) in term '`'");
    fails("%some thing%", "Invalid character(s) in term ' '");
    fails("%(a|b)%", "Invalid character(s) in term '('");
    fails("%something!%", "Invalid character(s) in term '!'");
    fails("{ $.\"sc-status\" = 5* }", "Invalid character(s) in term '\"'");
    fails("[w1===ERROR, w2]", "Invalid character(s) in term '='");
    fails("\"abc", "Invalid filter pattern: a quotation mark is missing");
    fails("%abc", "Invalid regex in filter pattern: its closing % is missing");
    fails("%[%", "Invalid regex in filter pattern: %[%");
    fails("?", "Invalid filter pattern: it ends too early");
}

/// The JSON event of the documentation, shortened.
const EVENT: &str = r#"{
    "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": null, "cluster.name": "c", "bandwidth": 90, "latency": 20.5, "errorCode": 400, "refreshRate": 60,
    "small": 0.001, "flag": true, "off": false, "detail-type": "x", "empty": {}, "text": "400"
}"#;

fn json(condition: &str, expected: bool) {
    let pattern = Pattern::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
    assert_eq!(pattern.matches(EVENT), expected, "{condition}");
}

#[test]
fn json_texts() {
    json("{ $.eventType = \"UpdateTrail\" }", true);
    json("{$.eventType=UpdateTrail}", true);
    json("{ $.eventType = \"updatetrail\" }", false);
    json("{ $.eventType = Update* }", true);
    json("{ $.eventType = \"*Trail\" }", true);
    json("{ $.eventType = \"*\" }", true);
    json("{ $.eventType = %Trail$% }", true);
    json("{ $.eventType != %Trail$% }", false);
    json("{ $.sourceIPAddress != 123.123.* }", true);
    json("{ $.sourceIPAddress = 111.111.* }", true);
    json("{ $.arrayKey[0] = \"value\" }", true);
    json("{ $.arrayKey[1] = \"value\" }", false);
    json("{ $.arrayKey[*] = \"another value\" }", true);
    json("{ $.objectList[1].id = 2 }", true);
    json("{ $.objectList[*].name = \"b\" }", true);
    json("{ $.objectList[5].id = 2 }", false);
    json("{ $.* = \"UpdateTrail\" }", true);
    json("{ $.detail-type = \"x\" }", true);
    json("{ $.missing != \"x\" }", false);
    json("{ $.empty = \"*\" }", true);
    json("{ $.missing = \"*\" }", false);
}

#[test]
fn json_numbers() {
    json("{ $.bandwidth > 75 }", true);
    json("{ $.latency < 50 }", true);
    json("{ $.latency < 20.5 }", false);
    json("{ $.latency <= 20.5 }", true);
    json("{ $.refreshRate >= 60 }", true);
    json("{ $.errorCode = 400 }", true);
    json("{ $.errorCode = 4* }", true);
    json("{ $.errorCode != 500 }", true);
    json("{ $.small = 1e-3 }", true);
    json("{ $.small != 1e+3 }", true);
    json("{ $.text = 400 }", true);
    json("{ $.text > 300 }", false);
    json("{ $.eventType > 1 }", false);
    fails("{ $.a > \"x\" }", "Invalid filter pattern: a comparison of order needs a number");
}

#[test]
fn json_properties() {
    json("{ $.SomeObject IS NULL }", true);
    json("{ $.SomeObject NOT EXISTS }", false);
    json("{ $.Other NOT EXISTS }", true);
    json("{ $.Other IS NULL }", false);
    json("{ $.flag IS TRUE }", true);
    json("{ $.flag IS FALSE }", false);
    json("{ $.off IS FALSE }", true);
    json("{ $.flag = true }", true);
    fails("{ $.a IS }", "Invalid character(s) in term '}'");
    fails("{ $.a EXISTS }", "Invalid character(s) in term 'E'");
}

#[test]
fn json_joined() {
    let user = r#"{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"}],
        "actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}"#;
    let cases = [
        ("{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", true),
        ("{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", false),
        // && binds tighter than ||.
        (
            "{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\" && $.actions[2] = \"nonmatch\" }",
            true,
        ),
        (
            "{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\") && $.actions[2] = \"nonmatch\" }",
            false,
        ),
        ("{ $.coordinates[1][2] = 6 }", true),
    ];
    for (pattern, expected) in cases {
        check(pattern, &[user], &[user][..usize::from(expected)]);
    }
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(40), ")".repeat(40));
    fails(&deep, "Invalid filter pattern: parentheses go deeper than 32");
}

#[test]
fn messages_that_are_no_objects_match_no_json_pattern() {
    check("{ $.a NOT EXISTS }", &["text", "[1]", "{broken", "\"x\"", "{}"], &["{}"]);
}

const ACCESS: [&str; 3] = [
    "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534",
    "127.0.0.1 Prod frank [10/Oct/2000:13:35:22 -0700] \"GET /index.html HTTP/1.0\" 200 500",
    "127.0.0.9 Prod frank [10/Oct/2000:13:50:35 -0700] \"GET /a.css HTTP/1.0\" 410 5324",
];

#[test]
fn fields() {
    let named = |condition: &str| format!("[ip, server, username, timestamp, request, {condition}]");
    check(&named("status_code, bytes"), &ACCESS, &ACCESS);
    check(&named("status_code = 4*, bytes > 1000"), &ACCESS, &[ACCESS[0], ACCESS[2]]);
    check(&named("status_code = 404 || status_code = 410, bytes"), &ACCESS, &[ACCESS[0], ACCESS[2]]);
    check(
        "[ip, server, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        &ACCESS,
        &[ACCESS[0]],
    );
    check(
        "[ip=%127\\.0\\.0\\.[1-9]%, server, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        &ACCESS,
        &[ACCESS[0]],
    );
    check("[..., status_code = 2*, bytes]", &ACCESS, &[ACCESS[1]]);
    check("[ip, server, username, ..., status_code = 4*, bytes > 1000]", &ACCESS, &[ACCESS[0], ACCESS[2]]);
    check("[ip = 127.0.0.9, ...]", &ACCESS, &[ACCESS[2]]);
    check("[a, b, c, d, e, f, g, h]", &ACCESS, &[]);
    check("[timestamp = *Oct*, ...]", &["[10/Oct 1] x", "x"], &["[10/Oct 1] x"]);
}

#[test]
fn the_last_field_takes_the_rest() {
    // The questions of LocalStack's validated `test_filter_log_events_with_whitespace_delimited_list`.
    let messages = [
        "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200",
        "WARNING 09/25/2014 12:00:02 Invalid user request",
        "ERROR 09/25/2014 12:00:02 Failed to process request",
    ];
    check("[log_level = INFO, rest]", &messages, &messages[..1]);
    check("[log_level = INFO]", &messages, &[]);
    check("[log_level = IN*]", &messages, &messages[..1]);
    check("[log_level = %^IN[fF][oO]%]", &messages, &messages[..1]);
    check("[w1=ERROR || w1=WARNING, w2]", &messages, &messages[1..]);
    check("[w1!=ERROR&&w1!=WARNING, w2]", &messages, &messages[..1]);
    check("[w1 = ERROR && (w1 != FOO || w1 = WARNING), w2]", &messages, &messages[2..]);
    check(
        "[level, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
        &messages,
        &messages[..1],
    );
}

#[test]
fn broken_field_patterns() {
    fails("[w1!=ERROR AND w1!=WARNING, w2]", "Invalid character(s) in term 'A'");
    fails("[w1=ERROR && || w1=WARNING, w2]", "Invalid character(s) in term '|'");
    fails("[w1==ERROR || w1!=WARNING, w2]", "Invalid character(s) in term '='");
    fails("[w1=ERROR, w2", "Invalid filter pattern: it ends too early");
    fails("[]", "Invalid character(s) in term ']'");
    fails("[a,]", "Invalid character(s) in term ']'");
    fails("[..., a, ...]", "Invalid filter pattern: only one ... is allowed");
    fails("[a = 1 || b = 2]", "Invalid filter pattern: `b` is not the name of its field");
    fails("[a IS NULL]", "Invalid filter pattern: a field can only be compared with a value");
    fails("[a] b", "Invalid character(s) in term ' '");
}

proptest! {
    #[test]
    fn no_text_panics(pattern in any::<String>(), message in any::<String>()) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            pattern.matches(&message);
        }
    }

    #[test]
    fn no_likely_text_panics(
        parts in prop::collection::vec("\\{|\\}|\\[|\\]|\\.\\.\\.|,|\\$\\.a|\\$|=|!=|<|>=|&&|\\|\\||\\(|\\)|\"x\"|%a*%|%|\\?|-|IS|NULL|NOT EXISTS|[a-z*0-9]{1,3}| |\\\\", 0..30),
        message in "(\\{\"a\": ?(1|null|\"x\")\\})|[a-z \\[\\]\"]{0,40}",
    ) {
        if let Ok(pattern) = Pattern::parse(&parts.concat()) {
            pattern.matches(&message);
        }
    }

    #[test]
    fn a_quoted_text_finds_itself(text in "[^\\\\\"]{1,20}", before in any::<String>(), after in any::<String>()) {
        let pattern = Pattern::parse(&format!("\"{text}\"")).expect("a quoted term");
        assert!(pattern.matches(&format!("{before}{text}{after}")));
    }
}
