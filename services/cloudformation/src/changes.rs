//! What an update would change. Pure.

use std::collections::BTreeMap;

use cfn::Invalid;
use cfn::eval::text_of;
use cfn::expr::{Expr, Function};
use cfn::partial::has_functions;
use cfn::template::Resource;
use cloud::resource::{Property, Update};
use serde_json::{Map, Value};

use crate::keys::{Action, ChangeValue, DetailValue, Keep, Physical, ResourceRow};
use crate::plan::Plan;
use crate::world::World;

/// The properties that take the stack's tags.
const TAGS: &[&str] = &["Tags", "tags"];

/// The table of a resource type's properties, by the type's name.
pub(crate) type Tables<'a> = &'a dyn Fn(&str) -> Option<&'static [Property]>;

/// What a change of `old` to these properties and tags asks for; `None` when nothing changed.
pub(crate) fn action(
    table: &[Property],
    old: &Physical,
    properties: &Map<String, Value>,
    tags: &BTreeMap<String, String>,
) -> Option<Action> {
    let changed = changed(&old.wanted.properties, properties);
    let replaces = |name: &&str| {
        table.iter().any(|property| property.name == *name && property.update == Update::Replace)
    };
    if changed.iter().any(replaces) {
        return Some(Action::Replace);
    }
    let tags_changed = takes_tags(table) && old.wanted.tags != *tags;
    (!changed.is_empty() || tags_changed).then_some(Action::Update)
}

fn takes_tags(table: &[Property]) -> bool {
    table.iter().any(|property| TAGS.contains(&property.name))
}

/// The names of the properties that differ.
fn changed<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in new {
        if old.get(name).is_none_or(|old| !same(old, value)) {
            names.push(name);
        }
    }
    names.extend(old.keys().map(String::as_str).filter(|name| !new.contains_key(*name)));
    names
}

/// Whether two values are the same to CloudFormation, for which `1` and `"1"` are.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other || text_of(one).is_some_and(|one| Some(one) == text_of(other)),
    }
}

/// The changes from `rows` to `plan`, in the order in which they would be made.
pub(crate) fn between(
    rows: &BTreeMap<String, ResourceRow>,
    plan: &Plan,
    exports: &BTreeMap<String, String>,
    tags: &BTreeMap<String, String>,
    tables: Tables<'_>,
) -> Result<Vec<ChangeValue>, Invalid> {
    let mut world = World::new(rows, exports);
    let mut changes = Vec::new();
    let order = plan.graph.levels().unwrap_or_default();
    for name in order.into_iter().flatten() {
        let Some(resource) = plan.template.resource(name) else {
            continue;
        };
        let properties = plan.partial(&world, resource)?;
        let table = tables(&resource.type_name).unwrap_or_default();
        let old = rows.get(name).and_then(|row| row.current.as_ref());
        let Some(mut change) = change(resource, old, properties, tags, table) else {
            continue;
        };
        change.after = Some(plan.partial_shown(&world, resource));
        // Differs from AWS: an attribute of a resource that is changed in place counts as known.
        if change.action == "Add" || change.replacement.as_deref() != Some("False") {
            world.forget(name);
        }
        changes.push(change);
    }
    for row in rows.values() {
        let Some(old) = &row.current else {
            continue;
        };
        if !plan.resources().any(|resource| resource.name == row.logical_id) {
            changes.push(removal(row, old));
        }
    }
    Ok(changes)
}

fn removal(row: &ResourceRow, old: &Physical) -> ChangeValue {
    ChangeValue {
        action: "Remove".to_owned(),
        logical_id: row.logical_id.clone(),
        physical_id: Some(old.physical_id.clone()),
        type_name: row.type_name.clone(),
        replacement: None,
        policy_action: Some(policy_action(old.wanted.deletion_policy, "Delete", "Retain")),
        scope: Vec::new(),
        details: Vec::new(),
        before: Some(old.wanted.shown().clone()),
        after: None,
    }
}

fn policy_action(keep: Keep, delete: &str, retain: &str) -> String {
    let text = if keep == Keep::Delete { delete } else { retain };
    text.to_owned()
}

fn change(
    resource: &Resource,
    old: Option<&Physical>,
    properties: Map<String, Value>,
    tags: &BTreeMap<String, String>,
    table: &[Property],
) -> Option<ChangeValue> {
    let base = ChangeValue {
        action: "Add".to_owned(),
        logical_id: resource.name.clone(),
        physical_id: None,
        type_name: resource.type_name.clone(),
        replacement: None,
        policy_action: None,
        scope: Vec::new(),
        details: Vec::new(),
        before: None,
        after: None,
    };
    let Some(old) = old else {
        return Some(base);
    };
    let mut replacement = "False";
    let mut details = Vec::new();
    for name in changed(&old.wanted.properties, &properties) {
        let known = properties.get(name).is_none_or(|value| !has_functions(value));
        let replaces = table.iter().any(|one| one.name == name && one.update == Update::Replace);
        replacement = match (replaces, known) {
            (true, true) => "True",
            (true, false) if replacement == "False" => "Conditional",
            _ => replacement,
        };
        details.push(detail(resource, name, replaces, known));
    }
    let tags_changed = takes_tags(table) && old.wanted.tags != *tags;
    if details.is_empty() && !tags_changed {
        return None;
    }
    let mut scope = Vec::new();
    if !details.is_empty() {
        scope.push("Properties".to_owned());
    }
    if tags_changed {
        scope.push("Tags".to_owned());
        details.push(DetailValue {
            property: None,
            recreation: "Never".to_owned(),
            known: true,
            cause: None,
            source: "DirectModification".to_owned(),
        });
    }
    let replace = |keep| policy_action(keep, "ReplaceAndDelete", "ReplaceAndRetain");
    Some(ChangeValue {
        action: "Modify".to_owned(),
        physical_id: Some(old.physical_id.clone()),
        replacement: Some(replacement.to_owned()),
        policy_action: (replacement == "True").then(|| replace(old.wanted.replace_policy)),
        scope,
        details,
        before: Some(old.wanted.shown().clone()),
        ..base
    })
}

fn detail(resource: &Resource, name: &str, replaces: bool, known: bool) -> DetailValue {
    let expr = match &resource.properties {
        Expr::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    };
    let (source, cause) = match expr {
        Some(Expr::Call(call)) => match call.as_ref() {
            Function::Ref(name) if known => ("ParameterReference", Some(name.clone())),
            Function::Ref(name) => ("ResourceReference", Some(name.clone())),
            Function::GetAtt(name, attribute) => {
                ("ResourceAttribute", attribute.as_str().map(|attribute| format!("{name}.{attribute}")))
            }
            _ => ("DirectModification", None),
        },
        _ => ("DirectModification", None),
    };
    DetailValue {
        property: Some(name.to_owned()),
        recreation: if replaces { "Always" } else { "Never" }.to_owned(),
        known,
        cause,
        source: source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::Wanted;

    const TABLE: &[Property] =
        &[Property::new("Name").replace(), Property::new("Size"), Property::new("Tags")];

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn check(old: Value, new: Value, tags: &[(&str, &str)], expected: Option<Action>) {
        let physical = Physical {
            physical_id: "p".into(),
            attributes: BTreeMap::new(),
            wanted: Wanted {
                properties: object(old.clone()),
                shown: None,
                tags: BTreeMap::new(),
                token: String::new(),
                depends_on: Default::default(),
                deletion_policy: Keep::Delete,
                replace_policy: Keep::Delete,
            },
        };
        let tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(action(TABLE, &physical, &object(new.clone()), &tags), expected, "{old} {new}");
    }

    #[test]
    fn changes_ask_for_what_the_table_says() {
        check(json!({"Size": 1}), json!({"Size": "1"}), &[], None);
        check(json!({"Size": true}), json!({"Size": "true"}), &[], None);
        check(json!({"Size": 1}), json!({"Size": 2}), &[], Some(Action::Update));
        check(json!({"Size": [1, {"a": 2}]}), json!({"Size": ["1", {"a": "2"}]}), &[], None);
        check(json!({"Size": 1}), json!({}), &[], Some(Action::Update));
        check(json!({"Name": "a", "Size": 1}), json!({"Name": "b", "Size": 2}), &[], Some(Action::Replace));
        check(json!({}), json!({"Name": "b"}), &[], Some(Action::Replace));
        check(json!({}), json!({}), &[("k", "v")], Some(Action::Update));
        check(json!({"Size": null}), json!({"Size": "null"}), &[], Some(Action::Update));
    }
}
