//! Models: JSON schemas of draft 4.

use cloud::cx::Cx;
use serde_json::{Map, Value, json};

use crate::api::parts;
use crate::error::Error;
use crate::keys::{ModelRow, ResourceRow};
use crate::limits::MODEL_BYTES_MAX;

/// What AWS calls a schema without content.
const EMPTY: &str = "Model schema must have at least 1 property or array items defined";

/// The models that every API has from its beginning.
pub(crate) fn defaults(api_id: &str, mut id: impl FnMut() -> String) -> [ModelRow; 2] {
    let mut model = |name: &str, description: &str, schema: Value| ModelRow {
        api_id: api_id.to_owned(),
        name: name.to_owned(),
        id: id(),
        description: Some(description.to_owned()),
        schema: format!("{schema:#}"),
        content_type: "application/json".to_owned(),
    };
    let draft = "http://json-schema.org/draft-04/schema#";
    [
        model(
            "Empty",
            "This is a default empty schema model",
            json!({"$schema": draft, "title": "Empty Schema", "type": "object"}),
        ),
        model(
            "Error",
            "This is a default error schema model",
            json!({
                "$schema": draft, "title": "Error Schema", "type": "object",
                "properties": {"message": {"type": "string"}},
            }),
        ),
    ]
}

/// Checks a schema when it is stored. Models of other media types than JSON are never used to check bodies.
pub(crate) fn check(schema: &str, content_type: &str) -> Result<(), Error> {
    if schema.trim().is_empty() {
        return Err(Error::bad(EMPTY));
    }
    if schema.len() > MODEL_BYTES_MAX {
        return Err(Error::bad(format!("Model schema is larger than {MODEL_BYTES_MAX} bytes")));
    }
    if !content_type.contains("json") {
        return Ok(());
    }
    let invalid = |why: String| {
        Error::bad(format!(
            "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified. {why}]"
        ))
    };
    let value: Value = serde_json::from_str(schema).map_err(|error| invalid(error.to_string()))?;
    if !value.is_object() {
        return Err(invalid("Unsupported keyword(s)".to_owned()));
    }
    // References to other models are resolved when the API is deployed.
    if !schema.contains("$ref") {
        jsonschema::draft4::options().build(&value).map_err(|error| invalid(error.to_string()))?;
    }
    Ok(())
}

/// A model in use cannot be deleted.
pub(crate) async fn check_unused(cx: &mut Cx, model: &ModelRow) -> Result<(), Error> {
    let resources: Vec<ResourceRow> = parts(cx.tx(), &model.api_id).await?;
    for resource in resources {
        for (name, method) in &resource.methods {
            let uses = |models: &Option<crate::keys::Texts>| {
                models.iter().flatten().any(|(_, used)| *used == model.name)
            };
            let place = format!("{}/{name}", resource.path);
            if uses(&method.request_models) {
                let place = if resource.path == "/" { format!("/{place}") } else { place };
                return Err(Error::conflict(format!(
                    "Cannot delete model '{}', is referenced in method request: {}",
                    model.name,
                    place.replacen("///", "//", 1)
                )));
            }
            if method.responses.values().any(|response| uses(&response.response_models)) {
                return Err(Error::conflict(format!(
                    "Cannot delete model '{}', is referenced in method response: {place}",
                    model.name
                )));
            }
        }
    }
    Ok(())
}

/// The schema of a model with the models that it refers to put in place as definitions; none when it is no JSON.
pub(crate) fn resolved(name: &str, models: &[ModelRow]) -> Option<Value> {
    let find = |name: &str| {
        let row = models.iter().find(|row| row.name == name)?;
        serde_json::from_str::<Value>(&row.schema).ok()
    };
    let mut root = find(name)?;
    let mut wanted = Vec::new();
    redirect(&mut root, &mut wanted);
    let mut definitions = Map::new();
    while let Some(name) = wanted.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let mut schema = find(&name)?;
        redirect(&mut schema, &mut wanted);
        definitions.insert(name, schema);
    }
    if !definitions.is_empty() {
        let object = root.as_object_mut()?;
        let own = object.entry("definitions").or_insert_with(|| json!({})).as_object_mut()?;
        own.extend(definitions);
    }
    Some(root)
}

/// Points references of the form `https://apigateway.amazonaws.com/restapis/<id>/models/<name>` at the definitions.
fn redirect(schema: &mut Value, wanted: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                let name = (key == "$ref")
                    .then(|| value.as_str().and_then(|text| text.split_once("/models/")))
                    .flatten();
                match name.map(|(_, name)| name.to_owned()) {
                    Some(name) => {
                        *value = Value::String(format!("#/definitions/{name}"));
                        wanted.push(name);
                    }
                    None => redirect(value, wanted),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| redirect(value, wanted)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, schema: &Value) -> ModelRow {
        ModelRow {
            api_id: "a".to_owned(),
            name: name.to_owned(),
            id: name.to_owned(),
            description: None,
            schema: schema.to_string(),
            content_type: "application/json".to_owned(),
        }
    }

    #[test]
    fn models_may_refer_to_each_other_and_to_themselves() {
        let reference = |name: &str| format!("https://apigateway.amazonaws.com/restapis/a/models/{name}");
        let models = [
            model(
                "Tree",
                &json!({"type": "object", "required": ["leaf"], "properties": {"leaf": {"$ref": reference("Leaf")}}}),
            ),
            model(
                "Leaf",
                &json!({"type": "object", "properties": {"next": {"$ref": reference("Leaf")}, "n": {"type": "number"}}}),
            ),
        ];
        let schema = resolved("Tree", &models).expect("a schema");
        let validator = jsonschema::draft4::options().build(&schema).expect("a good schema");
        assert!(validator.is_valid(&json!({"leaf": {"next": {"n": 1}}})));
        assert!(!validator.is_valid(&json!({"leaf": {"next": {"n": "x"}}})));
        assert!(!validator.is_valid(&json!({})));
        assert!(resolved("Other", &models).is_none());
    }

    #[test]
    fn schemas_are_checked_when_they_come() {
        assert!(check(r#"{"type": "object"}"#, "application/json").is_ok());
        assert!(check("foo", "text/plain").is_ok());
        for broken in ["", "  ", "{", "[]", r#"{"type": "nonsense"}"#] {
            assert!(matches!(check(broken, "application/json"), Err(Error::BadRequest(_))), "{broken}");
        }
    }
}
