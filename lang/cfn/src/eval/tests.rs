use serde_json::json;

use super::*;

struct World;

impl Resolver for World {
    fn reference(&self, resource: &str) -> Option<Value> {
        (resource == "R").then(|| json!("r-1"))
    }
    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, Invalid> {
        match (resource, attribute) {
            ("R", "Arn") => Ok(json!("arn:r-1")),
            ("R", "Port") => Ok(json!(80)),
            _ => Err(Invalid::new(format!("no {resource}.{attribute}"))),
        }
    }
    fn import(&self, export: &str) -> Option<Value> {
        (export == "shared-x").then(|| json!("imported"))
    }
    fn zones(&self, region: &str) -> Vec<String> {
        ["a", "b"].map(|zone| format!("{region}{zone}")).into()
    }
}

fn evaluate(expr: Value) -> Result<Option<Value>, Invalid> {
    let template = Template::from_json(&json!({
        "Parameters": {
            "Env": {"Type": "String", "Default": "dev"},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "Port": {"Type": "Number", "Default": 80},
        },
        "Mappings": {"M": {"us-east-1": {"Ami": "ami-1", "Sizes": [1, 2]}, "eu": {"Ami": 3}}},
        "Conditions": {
            "IsBoth": {"Fn::And": [{"Condition": "IsDev"}, {"Fn::Not": [{"Condition": "IsProd"}]}]},
            "IsDev": {"Fn::Equals": [{"Ref": "Env"}, "dev"]},
            "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
            "IsPort": {"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Equals": [{"Ref": "Port"}, 80]}]},
        },
        "Resources": {"R": {"Type": "T"}, "S": {"Type": "T", "Properties": {"P": expr}}},
    }))?;
    let pseudo = Pseudo {
        account_id: "123456789012".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
        url_suffix: "amazonaws.com".into(),
        stack_id: "arn:stack".into(),
        stack_name: "demo".into(),
        notification_arns: vec!["arn:n".into()],
    };
    let texts = template.parameter_texts(&BTreeMap::new())?;
    let parameters = template.parameter_values(&texts, &BTreeMap::new());
    let conditions = conditions(&template, &parameters, &pseudo)?;
    let scope = Scope {
        template: &template,
        parameters: &parameters,
        conditions: &conditions,
        pseudo: &pseudo,
        resolver: &World,
    };
    let known = scope.value(&template.resources[1].properties)?;
    // Where everything is known, partial evaluation gives the same.
    assert_eq!(scope.partial(&template.resources[1].properties).ok(), Some(known.clone()));
    let properties = known;
    Ok(properties.and_then(|properties| properties.get("P").cloned()))
}

fn check(expr: Value, expected: Value) {
    assert_eq!(evaluate(expr.clone()), Ok(Some(expected)), "{expr}");
}

fn fails(expr: Value, expected: &str) {
    match evaluate(expr.clone()) {
        Err(Invalid(found)) => assert_eq!(found, expected, "{expr}"),
        Ok(found) => panic!("{expr}: {found:?}"),
    }
}

/// Behaviour from the AWS documentation, "Intrinsic function reference", one page per function.
#[test]
fn functions_give_values() {
    check(json!({"Ref": "Env"}), json!("dev"));
    check(json!({"Ref": "Port"}), json!("80"));
    check(json!({"Ref": "List"}), json!(["a", "b"]));
    check(json!({"Ref": "R"}), json!("r-1"));
    check(json!({"Ref": "AWS::StackName"}), json!("demo"));
    check(json!({"Ref": "AWS::URLSuffix"}), json!("amazonaws.com"));
    check(json!({"Ref": "AWS::NotificationARNs"}), json!(["arn:n"]));
    check(json!({"Fn::GetAtt": ["R", "Arn"]}), json!("arn:r-1"));
    check(json!({"Fn::GetAtt": "R.Arn"}), json!("arn:r-1"));
    check(
        json!({"Fn::Sub": "${Env}-${ AWS::Region}-${R}-${R.Port}-${!Env}-$x-${"}),
        json!("dev-us-east-1-r-1-80-${Env}-$x-${"),
    );
    check(json!({"Fn::Sub": ["${A}/${Env}", {"A": {"Fn::GetAtt": ["R", "Port"]}}]}), json!("80/dev"));
    check(json!({"Fn::Join": ["-", ["a", 1, true, {"Ref": "Env"}]]}), json!("a-1-true-dev"));
    check(json!({"Fn::Join": ["|", {"Ref": "List"}]}), json!("a|b"));
    check(json!({"Fn::Join": ["", []]}), json!(""));
    check(json!({"Fn::Select": ["1", {"Ref": "List"}]}), json!("b"));
    check(json!({"Fn::Select": [0, {"Fn::GetAZs": ""}]}), json!("us-east-1a"));
    check(json!({"Fn::GetAZs": {"Ref": "AWS::Region"}}), json!(["us-east-1a", "us-east-1b"]));
    check(json!({"Fn::Split": [",", "a,b,,c"]}), json!(["a", "b", "", "c"]));
    check(json!({"Fn::If": ["IsDev", "yes", "no"]}), json!("yes"));
    check(json!({"Fn::If": ["IsProd", "yes", "no"]}), json!("no"));
    check(json!({"Fn::If": ["IsBoth", "yes", "no"]}), json!("yes"));
    check(json!({"Fn::If": ["IsPort", "yes", "no"]}), json!("yes"));
    check(json!({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Ami"]}), json!("ami-1"));
    check(json!({"Fn::FindInMap": ["M", "us-east-1", "Sizes"]}), json!([1, 2]));
    check(json!({"Fn::ImportValue": {"Fn::Sub": "shared-x"}}), json!("imported"));
    check(json!({"Fn::Base64": {"Fn::Sub": "${Env}-x"}}), json!("ZGV2LXg="));
    check(json!({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}), json!(["10.0.0.0/24", "10.0.1.0/24"]));
    check(json!({"Condition": "x", "Ref": "y"}), json!({"Condition": "x", "Ref": "y"}));
    check(json!({"Condition": "x"}), json!({"Condition": "x"}));
}

#[test]
fn no_value_removes_what_it_stands_for() {
    let nothing = json!({"Ref": "AWS::NoValue"});
    assert_eq!(evaluate(nothing.clone()), Ok(None));
    check(json!(["a", nothing, "b"]), json!(["a", "b"]));
    check(json!({"k": {"Fn::If": ["IsProd", 1, nothing]}, "l": 2}), json!({"l": 2}));
    check(json!({"Fn::Join": ["-", ["a", nothing, "b"]]}), json!("a-b"));
}

/// Texts: the answers quoted in cloudtools/troposphere issues 479 and 1483, aws-samples/ecs-refarch-cloudformation
/// issue 55, ittus/aws-lambda-vpc-nat-examples issue 28, serverless-step-functions pull request 550.
#[test]
fn misuse_is_told_in_aws_words() {
    let join = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    fails(json!({"Fn::Join": ["-", "a"]}), join);
    fails(json!({"Fn::Join": ["-", [["a"]]]}), join);
    fails(json!({"Fn::Join": ["-", {"Ref": "Env"}]}), join);
    fails(
        json!({"Fn::Select": [3, ["a", "b"]]}),
        "Template error: Fn::Select  cannot select nonexistent value at index 3",
    );
    fails(
        json!({"Fn::GetAtt": ["R"]}),
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    );
    fails(
        json!({"Fn::GetAtt": "R"}),
        "Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format <LogicalId>.<Attribute>",
    );
    fails(
        json!({"Fn::FindInMap": ["M", {"Fn::If": ["IsDev", "a", "b"]}, "c"]}),
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
    );
    fails(
        json!({"Fn::FindInMap": ["M", "eu", "Nope"]}),
        "Template error: Unable to get mapping for M::eu::Nope",
    );
    fails(
        json!({"Fn::FindInMap": ["Nope", "a", "b"]}),
        "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of template.",
    );
    fails(
        json!({"Fn::Sub": ["a"]}),
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
    fails(
        json!({"Fn::Sub": "${a b}"}),
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
    );
    fails(
        json!({"Fn::Sub": "${List}"}),
        "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string",
    );
    fails(json!({"Fn::ImportValue": "nope"}), "No export named nope found.");
    fails(
        json!({"Fn::Equals": ["a", "b"]}),
        "Template error: Fn::Equals, Fn::And, Fn::Or and Fn::Not can be used only in the Conditions block of the template",
    );
    fails(json!({"Fn::Sub": "x", "a": 1}), "Template error: Fn::Sub must be the only member of its object");
    fails(json!({"Fn::Nope": 1}), "Template error: Fn::Nope is not a supported intrinsic function");
    fails(json!({"Fn::Transform": {"Name": "x"}}), "Template error: Fn::Transform is not supported here");
}

#[test]
fn built_texts_are_bounded() {
    let mut expr = json!("0123456789abcdef".repeat(1000));
    for _ in 0..20 {
        expr = json!({"Fn::Sub": ["${A}${A}", {"A": expr}]});
    }
    fails(expr, "Template error: a text may not exceed 1000000 bytes in size.");
}

/// A world without resources.
struct Empty;

impl Resolver for Empty {
    fn reference(&self, _resource: &str) -> Option<Value> {
        None
    }
    fn attribute(&self, resource: &str, _attribute: &str) -> Result<Value, Invalid> {
        Err(undefined(resource))
    }
    fn import(&self, _export: &str) -> Option<Value> {
        None
    }
    fn zones(&self, _region: &str) -> Vec<String> {
        vec!["z".into()]
    }
}

#[test]
fn what_is_not_known_yet_stays_a_function() {
    let template = Template::from_json(&json!({
        "Parameters": {"P": {"Type": "String", "Default": "p"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "p"]}},
        "Resources": {"R": {"Type": "T"}, "S": {"Type": "T", "Properties": {
            "A": {"Ref": "P"}, "B": {"Ref": "R"}, "C": {"Fn::Sub": "${P}-${R.Arn}-${!x}"},
            "D": {"Fn::If": ["C", {"Fn::Join": ["-", ["a", {"Ref": "P"}]]}, {"Ref": "R"}]},
            "E": {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, 1]},
            "F": [{"Fn::Join": ["-", [{"Ref": "P"}, {"Fn::GetAtt": ["R", "Arn"]}]]}],
        }}},
    }))
    .unwrap();
    let pseudo = Pseudo {
        account_id: String::new(),
        region: "r".into(),
        partition: String::new(),
        url_suffix: String::new(),
        stack_id: String::new(),
        stack_name: String::new(),
        notification_arns: vec![],
    };
    let texts = template.parameter_texts(&BTreeMap::new()).unwrap();
    let parameters = template.parameter_values(&texts, &BTreeMap::new());
    let conditions = conditions(&template, &parameters, &pseudo).unwrap();
    let scope = Scope {
        template: &template,
        parameters: &parameters,
        conditions: &conditions,
        pseudo: &pseudo,
        resolver: &Empty,
    };
    let found = scope.partial(&template.resources[1].properties).unwrap().unwrap();
    assert_eq!(
        found,
        json!({
            "A": "p", "B": {"Ref": "R"}, "C": {"Fn::Sub": ["${P}-${R.Arn}-${!x}", {}]}, "D": "a-p",
            "F": [{"Fn::Join": ["-", ["p", {"Fn::GetAtt": ["R", "Arn"]}]]}],
        })
    );
    assert!(crate::partial::has_functions(&found));
    assert!(!crate::partial::has_functions(&json!({"A": "p"})));
}
