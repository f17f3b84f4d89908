//! `functions` and `resources` may be lists of objects, which are merged into one.

use serde_json::{Map, Value};

use crate::model::Source;
use crate::problem::Problem;

/// Merges the list at a top-level key, if there is one.
pub(crate) fn list(config: &mut Map<String, Value>, places: &mut Source, key: &str) -> Result<(), Problem> {
    let Some(Value::Array(items)) = config.get(key) else { return Ok(()) };
    let mut merged = Map::new();
    let items = items.clone();
    for (index, item) in items.into_iter().enumerate() {
        let index = index.to_string();
        match item {
            Value::Object(map) => {
                into(&mut merged, map);
                places.alias(&[key, &index], &[key]);
            }
            Value::Null | Value::Bool(false) => {}
            other => {
                let message = format!("Non-object value specified in {key} array: {other}");
                return Err(Problem::at(places.locate(&[key, &index]), message));
            }
        }
    }
    config.insert(key.to_owned(), Value::Object(merged));
    Ok(())
}

/// Merges a map into another: maps by key and lists by index, anything else is replaced.
pub(crate) fn into(target: &mut Map<String, Value>, source: Map<String, Value>) {
    for (key, value) in source {
        match target.get_mut(&key) {
            Some(known) => one(known, value),
            None => {
                target.insert(key, value);
            }
        }
    }
}

fn one(target: &mut Value, source: Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => into(target, source),
        (Value::Array(target), Value::Array(source)) => {
            for (index, value) in source.into_iter().enumerate() {
                match target.get_mut(index) {
                    Some(known) => one(known, value),
                    None => target.push(value),
                }
            }
        }
        (target, source) => *target = source,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::problem::Location;

    #[test]
    fn lists_become_one_object_and_places_follow() {
        let mut config = json!({"resources": [
            {"Resources": {"A": {"Type": "x"}}},
            null,
            {"Resources": {"B": {"Type": "y"}, "A": {"P": [1]}}, "Outputs": {}},
        ]});
        let mut places = Source::new("s.yml");
        places.note(
            &["resources", "2", "Resources", "B"],
            Location { file: "r.yml".into(), line: 7, column: 1 },
        );
        list(config.as_object_mut().unwrap(), &mut places, "resources").unwrap();
        let expected =
            json!({"Resources": {"A": {"Type": "x", "P": [1]}, "B": {"Type": "y"}}, "Outputs": {}});
        assert_eq!(config["resources"], expected);
        assert_eq!(places.locate(&["resources", "Resources", "B", "Type"]).to_string(), "r.yml:7:1");
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        let mut config = json!({"functions": [["a"]]});
        let problem =
            list(config.as_object_mut().unwrap(), &mut Source::new("s.yml"), "functions").unwrap_err();
        assert_eq!(problem.message, "Non-object value specified in functions array: [\"a\"]");
    }
}
