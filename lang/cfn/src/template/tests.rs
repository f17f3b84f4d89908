use serde_json::json;

use super::*;
use crate::graph::Graph;

fn check(text: &str, expected: &str) {
    let found = Template::parse(text).err().map_or_else(String::new, |error| error.0);
    assert_eq!(found, expected, "{text}");
}

const R: &str = "Resources: {R: {Type: T}}\n";

#[test]
fn reads_every_section() {
    let template = Template::parse(
        "AWSTemplateFormatVersion: 2010-09-09\nDescription: d\nMetadata: {a: null}\nParameters: {P: {Type: String, NoEcho: true}}\n\
         Mappings: {M: {a: {b: c}}}\nConditions: {C: !Equals [!Ref P, x]}\n\
         Resources:\n  R: {Type: T, Condition: C, DependsOn: S, DeletionPolicy: Retain, UpdateReplacePolicy: Delete, Metadata: {x: null}}\n  S: {Type: T, Properties: {A: !Sub '${P}'}}\n\
         Outputs: {O: {Value: !GetAtt R.Arn, Description: d, Export: {Name: !Sub '${AWS::StackName}-o'}, Condition: C}}\n",
    )
    .unwrap();
    assert_eq!(template.description.as_deref(), Some("d"));
    assert!(template.parameters[0].no_echo);
    assert_eq!(template.resources[0].depends_on, ["S"]);
    assert_eq!(template.resources[0].deletion_policy.as_ref().and_then(Expr::as_str), Some("Retain"));
    assert_eq!(template.mappings["M"]["a"]["b"], json!("c"));
    assert_eq!(template.outputs[0].condition.as_deref(), Some("C"));
    let graph = Graph::of_template(&template).unwrap();
    assert_eq!(graph.levels().unwrap(), [["S"], ["R"]]);
}

/// Recorded at AWS in LocalStack's snapshots (`test_validations`, `test_templates`, `test_changesets`,
/// `test_references`), unless a comment says otherwise.
#[test]
fn faults_are_told_in_aws_words() {
    check(
        "{\"Resources\": {\"R\": {\"Type\" 1}}}",
        "Template format error: JSON not well-formed. (line 1, column 29): expected `:`, found `1`",
    );
    check("- a", "Template format error: unsupported structure.");
    check("", "Template format error: unsupported structure.");
    check("Resources: {}", "Template format error: At least one Resources member must be defined.");
    check("Description: x", "Template format error: At least one Resources member must be defined.");
    check(&format!("{R}Resource: 1\nFoo: 2\n"), "Invalid template property or properties [Resource, Foo]");
    check(
        &format!("{R}AWSTemplateFormatVersion: 2011-01-01"),
        "Template format error: unsupported value for AWSTemplateFormatVersion.",
    );
    check(
        &format!("{R}Transform: AWS::Serverless-2016-10-31"),
        "Template error: Transform [AWS::Serverless-2016-10-31] is not supported here",
    );
    check(&format!("{R}Rules: {{}}"), "Template error: the Rules section is not supported here");
    check(
        &format!("{R}Description: {}", "x".repeat(1025)),
        "Template format error: 'Description' length is greater than 1024",
    );
    check(
        "Resources: {A: {Properties: {}}}",
        "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
    );
    check(
        "Resources: {A: {Type: T, 'Fn::Transform': {Name: X}}}",
        "Template error: Fn::Transform is not supported here",
    );
    check("Resources: {A: {Type: T, Invalid: {}}}", "Invalid template resource property 'Invalid'");
    check(
        "Resources: {'AWS::NoValue': {Type: T}}",
        "Template format error: Resource name AWS::NoValue is non alphanumeric.",
    );
    check(
        &format!("{R}Parameters: {{'AWS::NoValue': {{Type: String}}}}"),
        "Template format error: Parameter name AWS::NoValue is non alphanumeric.",
    );
    check(
        &format!("{R}Outputs: {{MyOutput: {{Value: null}}}}"),
        "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates",
    );
    check(
        &format!("{R}Outputs: {{O: {{Description: x}}}}"),
        "Template format error: Every Outputs member must contain a Value object",
    );
    check(
        "Resources: {R: {Type: T, Properties: {A: !Ref InvalidRef, B: !Sub '${Also}'}}}",
        "Template format error: Unresolved resource dependencies [Also, InvalidRef] in the Resources block of the template",
    );
    check(
        "Resources: {R: {Type: T, DependsOn: [X]}}",
        "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
    );
    check(
        &format!("{R}Outputs: {{O: {{Value: !Ref X}}}}"),
        "Template format error: Unresolved resource dependencies [X] in the Outputs block of the template",
    );
    check(
        "Resources: {R: {Type: T, Properties: {A: !GetAtt X.Arn}}}",
        "Template error: instance of Fn::GetAtt references undefined resource X",
    );
    check(
        "Resources: {R: {Type: T, Condition: X}}",
        "Template format error: Unresolved condition dependency X in the Resources block of the template",
    );
    check(
        "Resources: {R: {Type: T, Properties: {A: !If [X, 1, 2]}}}",
        "Template error: unresolved condition dependency X in Fn::If",
    );
    check(
        &format!("{R}Conditions: {{C: !Equals [!Ref R, x]}}"),
        "Template format error: Unresolved dependencies [R]. Cannot reference resources in the Conditions block of the template",
    );
    check(
        &format!("{R}Conditions: {{C: 'yes'}}"),
        "Template format error: Conditions can only be boolean operations on parameters and other conditions",
    );
    check(
        &format!("{R}Conditions: {{C: !And [!Equals [a, a]]}}"),
        "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
    );
    check(
        &format!("{R}Conditions: {{A: !Not [!Condition B], B: !Not [!Condition A]}}"),
        "Template error: Found circular condition dependency between A and B",
    );
    check(
        "Resources: {A: {Type: T, Properties: {X: !Ref B}}, B: {Type: T, DependsOn: A}, C: {Type: T}}",
        "Circular dependency between resources: [A, B]",
    );
    check("Resources: {A: {Type: T, Properties: {X: !Ref A}}}", "Circular dependency between resources: [A]");
    check(
        "Resources: {R: {Type: T, DeletionPolicy: !Ref R}}",
        "Template error: a policy of a resource must not depend on any resources, imported values, or Fn::GetAZs",
    );
    check(
        "Resources: {R: {Type: T, DeletionPolicy: Keep}}",
        "Template error: Unrecognized DeletionPolicy Keep for resource R",
    );
    check(
        "Resources: {R: {Type: T, Properties: {A: !ImportValue {Ref: R}}}}",
        "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs",
    );
    check(
        &format!("{R}Mappings: {{M: {{a: b}}}}"),
        "Template format error: Every Mappings member a must be a map",
    );
    check(
        "Resources: {R: {Type: T}, R: {Type: T}}",
        "Template format error: YAML not well-formed. (line 1, column 27): duplicate key `R`",
    );
    check(
        "Resources: {R: {Type: !Nope T}}",
        "Template format error: YAML not well-formed. (line 1, column 23): unknown tag `!Nope`",
    );
}

/// Text quoted from AWS in the search for "greater than maximum allowed"; the numbers are the documented quotas.
#[test]
fn sections_are_bounded() {
    let many =
        |count: usize, one: &str| -> String { (0..count).map(|at| format!("  N{at}: {one}\n")).collect() };
    check(
        &format!("Resources:\n{}", many(501, "{Type: T}")),
        "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
    );
    check(&format!("Resources:\n{}", many(500, "{Type: T}")), "");
    check(
        &format!("{R}Outputs:\n{}", many(201, "{Value: x}")),
        "Template format error: Number of outputs, 201, is greater than maximum allowed, 200",
    );
    check(
        &format!("{R}Parameters:\n{}", many(201, "{Type: String}")),
        "Template format error: Number of parameters, 201, is greater than maximum allowed, 200",
    );
}

#[test]
fn parameters_must_be_given_and_known() {
    let template = Template::parse(&format!(
        "{R}Parameters: {{A: {{Type: String}}, B: {{Type: String, Default: b}}, C: {{Type: Number}}}}"
    ))
    .unwrap();
    let given = |pairs: &[(&str, &str)]| {
        let given = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        template.parameter_texts(&given).map(|texts| texts.into_values().collect::<Vec<_>>())
    };
    assert_eq!(given(&[]).unwrap_err().0, "Parameters: [A, C] must have values");
    assert_eq!(given(&[("X", "1")]).unwrap_err().0, "Parameters: [X] do not exist in the template");
    assert_eq!(given(&[("A", "a"), ("C", "c")]).unwrap_err().0, "Parameter 'C' must be a number");
    assert_eq!(given(&[("A", "a"), ("C", "1")]).unwrap(), ["a", "b", "1"]);
}

#[test]
fn conditions_decide_what_exists() {
    let template = Template::parse(
        "Parameters: {E: {Type: String}}\nConditions: {Prod: !Equals [!Ref E, prod]}\nResources:\n  P: {Type: T, Condition: Prod}\n  Q: {Type: T, DependsOn: P, Properties: {A: !If [Prod, !Ref P, x]}}\nOutputs: {O: {Value: !Ref P, Condition: Prod}}\n",
    )
    .unwrap();
    let graph = |prod| Graph::of_conditions(&template, &BTreeMap::from([("Prod".to_owned(), prod)])).unwrap();
    assert_eq!(graph(true).levels().unwrap(), [["P"], ["Q"]]);
    assert_eq!(graph(false).levels().unwrap(), [["Q"]]);
    let template = Template::parse(
        "Conditions: {No: !Equals [a, b]}\nResources:\n  P: {Type: T, Condition: No}\n  Q: {Type: T, Properties: {A: !Ref P}}\n",
    )
    .unwrap();
    let error = Graph::of_conditions(&template, &BTreeMap::from([("No".to_owned(), false)])).unwrap_err();
    assert_eq!(
        error.0,
        "Template format error: Unresolved resource dependencies [P] in the Resources block of the template"
    );
}
