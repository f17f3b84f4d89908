//! Whatever the text, reading and evaluating it ends, and not in a panic.

use std::collections::BTreeMap;

use cfn::eval;
use cfn::graph::Graph;
use cfn::template::Template;
use cfn::{dynamic, json, yaml};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value};

/// JSON that is often almost a template.
fn almost_template() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("A"),
        Just("B"),
        Just("P"),
        Just("C"),
        Just("Type"),
        Just("Properties"),
        Just("DependsOn"),
        Just("Condition"),
        Just("Ref"),
        Just("Fn::Sub"),
        Just("Fn::Join"),
        Just("Fn::GetAtt"),
        Just("Fn::If"),
        Just("Fn::Select"),
        Just("Fn::Split"),
        Just("Fn::Cidr"),
        Just("Fn::Equals"),
        Just("Fn::Not"),
        Just("Default"),
        Just("Value"),
        Just("Export"),
        Just("Name"),
        Just("${A}"),
        Just("${A.B}"),
        Just("String"),
        Just("-"),
        Just("10.0.0.0/8"),
        Just("::/0"),
        Just("{{resolve:ssm:x}}"),
        Just("AWS::Region"),
        Just(""),
    ]
    .prop_map(str::to_owned);
    let leaf = prop_oneof![
        word.clone().prop_map(Value::String),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let tree = leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((word.clone(), inner), 0..3)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    });
    let section = prop_oneof![
        Just("Resources"),
        Just("Resources"),
        Just("Parameters"),
        Just("Conditions"),
        Just("Mappings"),
        Just("Outputs"),
        Just("Metadata"),
        Just("Description"),
    ];
    prop::collection::vec((section.prop_map(str::to_owned), tree), 0..4)
        .prop_map(|sections| Value::Object(Map::from_iter(sections)))
}

fn exercise(template: &Template) {
    let Ok(texts) = template.parameter_texts(&BTreeMap::new()) else {
        return;
    };
    let values = template.parameter_values(&texts, &BTreeMap::new());
    let pseudo = eval::Pseudo {
        account_id: "1".to_owned(),
        region: "r".to_owned(),
        partition: "aws".to_owned(),
        url_suffix: "x".to_owned(),
        stack_id: "s".to_owned(),
        stack_name: "n".to_owned(),
        notification_arns: Vec::new(),
    };
    if let Ok(conditions) = eval::conditions(template, &values, &pseudo) {
        let _graph = Graph::of_conditions(template, &conditions);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _yaml = yaml::parse(&text).and_then(|node| node.to_json());
        let _json = json::parse(&text);
        let _template = Template::parse(&text);
    }

    #[test]
    fn yaml_like_text_is_read_or_refused(text in "[-a-c0-9:,&*!<>|{}\\[\\]\"'#%?~. \n\t]{0,80}") {
        let _yaml = yaml::parse(&text).and_then(|node| node.to_json());
        let _json = json::parse(&text);
    }

    #[test]
    fn json_reads_what_serde_reads(value in almost_template()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(json::parse(&text).unwrap().to_json().unwrap(), value.clone());
        // JSON is YAML, too.
        prop_assert_eq!(yaml::parse(&text).unwrap().to_json().unwrap(), value);
    }

    #[test]
    fn any_tree_is_a_template_or_refused(value in almost_template()) {
        dynamic::find(&value);
        if let Ok(template) = Template::from_json(&value) {
            exercise(&template);
        }
    }
}
