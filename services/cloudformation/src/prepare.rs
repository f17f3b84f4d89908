//! A request to create or update a stack, checked in full before anything changes.

use std::collections::{BTreeMap, BTreeSet};

use cfn::eval::Pseudo;
use cfn::limits::DYNAMIC_REFERENCES_MAX;
use cfn::template::{DeletionPolicy, Template};
use cloud::prelude::*;
use cloud::resource::Property;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::keys::{ResourceRow, Spec};
use crate::kinds::{self, ANY, Kind};
use crate::limits::TAGS_MAX;
use crate::plan::Plan;
use crate::shapes::{Parameter, Tag};
use crate::world::{World, no_attribute};
use crate::{callers, capabilities, dynamic};

/// What a request says of the stack to be.
pub(crate) struct Request {
    pub(crate) stack_name: String,
    pub(crate) stack_id: String,
    /// None: the template that the stack has.
    pub(crate) text: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) tags: Option<Vec<Tag>>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) role_arn: Option<String>,
}

/// A request that can be carried out.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) text: String,
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
}

/// The pseudo parameters of a stack.
pub(crate) fn pseudo(account: &str, region: &str, stack_name: &str, stack_id: &str) -> Pseudo {
    Pseudo {
        account_id: account.to_owned(),
        region: region.to_owned(),
        partition: "aws".to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
        stack_id: stack_id.to_owned(),
        stack_name: stack_name.to_owned(),
        notification_arns: Vec::new(),
    }
}

/// Checks a request. `previous` is what the stack is made from now, with its template's text.
pub(crate) async fn prepare(
    cx: &mut Cx,
    request: Request,
    previous: Option<(&Spec, String)>,
    rows: &BTreeMap<String, ResourceRow>,
) -> Result<Prepared, Error> {
    let missing = || Error::invalid("Either Template URL or Template Body must be specified.");
    let (before, before_text) = previous.map_or((None, None), |(spec, text)| (Some(spec), Some(text)));
    let text = request.text.or(before_text).ok_or_else(missing)?;
    if let Some(role_arn) = &request.role_arn {
        callers::check_pass(cx, role_arn).await?;
    }
    let template = Template::parse(&text)?;
    capabilities::check(&template, &request.capabilities)?;
    let given = given_parameters(request.parameters, before)?;
    let mut spec = Spec {
        template: cx.new_id(),
        description: template.description.clone(),
        parameters: template.parameter_texts(&given)?,
        hidden: template.parameters.iter().filter(|one| one.no_echo).map(|one| one.name.clone()).collect(),
        ssm: BTreeMap::new(),
        tags: match request.tags {
            Some(tags) => checked_tags(tags)?,
            None => before.map(|spec| spec.tags.clone()).unwrap_or_default(),
        },
        capabilities: request.capabilities,
        role_arn: request.role_arn.or_else(|| before.and_then(|spec| spec.role_arn.clone())),
    };
    spec.ssm = ssm_values(cx, &template, &spec).await?;
    let pseudo = pseudo(cx.account(), cx.region(), &request.stack_name, &request.stack_id);
    let plan = Plan::new(template, &spec, pseudo)?;
    check_types(cx, &plan, rows)?;
    Ok(Prepared { text, spec, plan })
}

fn given_parameters(
    parameters: Vec<Parameter>,
    before: Option<&Spec>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut given = BTreeMap::new();
    let mut missing = Vec::new();
    for parameter in parameters {
        let Some(key) = parameter.parameter_key else {
            return Err(Error::invalid("Parameter Key must not be empty"));
        };
        let value = match (parameter.parameter_value, parameter.use_previous_value) {
            (Some(_), Some(true)) => {
                return Err(Error::invalid(format!(
                    "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and a value for the same parameter"
                )));
            }
            (Some(value), _) => value,
            (None, Some(true)) => match before.and_then(|spec| spec.parameters.get(&key)) {
                Some(value) => value.clone(),
                None => {
                    missing.push(key);
                    continue;
                }
            },
            (None, _) => {
                return Err(Error::invalid(format!(
                    "Invalid input for parameter key {key}. Either specify a value or usePreviousValue as true"
                )));
            }
        };
        if given.insert(key.clone(), value).is_some() {
            return Err(Error::invalid(format!("Duplicate parameter key {key}")));
        }
    }
    match missing.is_empty() {
        true => Ok(given),
        false => Err(Error::invalid(format!("Parameters: [{}] must have values", missing.join(", ")))),
    }
}

fn checked_tags(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Error> {
    if tags.len() > TAGS_MAX {
        return Err(Error::invalid(format!("Stack tags exceed the maximum of {TAGS_MAX}")));
    }
    let mut checked = BTreeMap::new();
    for tag in tags {
        if tag.key.starts_with("aws:") {
            return Err(Error::invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        if checked.insert(tag.key, tag.value).is_some() {
            return Err(Error::invalid(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    Ok(checked)
}

/// The values of the SSM parameters that the template's parameters name.
async fn ssm_values(
    cx: &mut Cx,
    template: &Template,
    spec: &Spec,
) -> Result<BTreeMap<String, String>, Error> {
    let mut values = BTreeMap::new();
    for parameter in &template.parameters {
        let Some(name) = spec.parameters.get(&parameter.name).filter(|_| parameter.kind.is_ssm()) else {
            continue;
        };
        let caller = cx.caller().via("cloudformation.amazonaws.com");
        let value = dynamic::ssm_parameter(cx, caller, name, false).await.map_err(|failure| match failure
            .code()
        {
            "ParameterNotFound" | "ParameterVersionNotFound" => Error::invalid(format!(
                "Unable to fetch parameters [{name}] from parameter store for this account."
            )),
            _ => Error::Internal(failure),
        })?;
        values.insert(parameter.name.clone(), value);
    }
    Ok(values)
}

/// Refuses what the resource types of this cloud cannot do, all of it at once.
fn check_types(cx: &Cx, plan: &Plan, rows: &BTreeMap<String, ResourceRow>) -> Result<(), Error> {
    let mut unknown = BTreeSet::new();
    for resource in &plan.template.resources {
        if kinds::find(cx.cloud(), &resource.type_name).is_none() {
            unknown.insert(resource.type_name.as_str());
        }
    }
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.into_iter().collect();
        return Err(Error::invalid(format!(
            "Template format error: Unrecognized resource types: [{}]",
            names.join(", ")
        )));
    }
    let retyped: Vec<&str> = plan
        .resources()
        .filter(|resource| {
            let row = rows.get(&resource.name).filter(|row| row.current.is_some());
            row.is_some_and(|row| row.type_name != resource.type_name)
        })
        .map(|resource| resource.name.as_str())
        .collect();
    if !retyped.is_empty() {
        return Err(Error::invalid(format!(
            "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
            retyped.join(", ")
        )));
    }
    check_attributes(cx, &plan.template)?;
    check_resources(cx, plan, rows)
}

/// Refuses attributes that resource types do not have.
fn check_attributes(cx: &Cx, template: &Template) -> Result<(), Error> {
    for (resource, attribute) in cfn::check::attributes(template) {
        let type_name = template.resource(&resource).map(|it| it.type_name.as_str()).unwrap_or_default();
        let kind = kinds::find(cx.cloud(), type_name);
        if !kind.is_some_and(|kind| kind.has_attribute(&attribute)) {
            return Err(no_attribute(&resource, &attribute).into());
        }
    }
    Ok(())
}

/// Refuses properties and policies that resource types do not have, all of them at once.
fn check_resources(cx: &Cx, plan: &Plan, rows: &BTreeMap<String, ResourceRow>) -> Result<(), Error> {
    let exports = BTreeMap::new();
    let world = World::new(rows, &exports);
    let mut faults = Vec::new();
    let mut references = BTreeSet::new();
    for resource in plan.resources() {
        let Some(kind) = kinds::find(cx.cloud(), &resource.type_name) else {
            continue;
        };
        let mut fault = |text: String| {
            faults.push(format!("Resource {} ({}): {text}", resource.name, resource.type_name));
        };
        let properties = plan.partial(&world, resource)?;
        for text in check_properties(kind.properties(), &properties) {
            fault(text);
        }
        if let Err(text) = kind.check(&properties) {
            fault(text);
        }
        let scope = plan.scope(&world);
        let policies = [
            scope.policy("DeletionPolicy", &resource.deletion_policy, &resource.name)?,
            scope.policy("UpdateReplacePolicy", &resource.update_replace_policy, &resource.name)?,
        ];
        if policies.contains(&DeletionPolicy::Snapshot) {
            fault("the policy Snapshot is not supported by this resource type".to_owned());
        }
        if resource.has_creation_policy || resource.has_update_policy {
            fault("CreationPolicy and UpdatePolicy are not supported here".to_owned());
        }
        references.extend(cfn::dynamic::find(&Value::Object(properties)));
    }
    for reference in &references {
        if let Err(text) = dynamic::check(reference) {
            faults.push(text);
        }
    }
    if references.len() > DYNAMIC_REFERENCES_MAX {
        faults.push(format!("a template may have at most {DYNAMIC_REFERENCES_MAX} dynamic references"));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(format!("Template error: {}", faults.join("; ")))),
    }
}

/// Texts: AWS answers the same for a resource, but only when it comes to make it.
fn check_properties(table: &[Property], properties: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    for name in properties.keys() {
        if !table.iter().any(|property| property.name == name || property.name == ANY) {
            faults.push(format!("Encountered unsupported property {name}"));
        }
    }
    for property in table {
        if property.required && !properties.contains_key(property.name) {
            faults.push(format!("Property {} cannot be empty.", property.name));
        }
    }
    faults
}

/// The tables of the registry, for [`crate::changes`].
pub(crate) fn tables(cx: &Cx) -> impl Fn(&str) -> Option<&'static [Property]> + '_ {
    |name| kinds::find(cx.cloud(), name).map(Kind::properties)
}

/// The parts of a plan that matter when no resource changes: outputs, metadata.
pub(crate) fn fingerprint(text: &str) -> Option<Value> {
    let node = cfn::template::read(text).ok()?; // stored texts were read before; a doubt counts as a change
    let json = node.to_json().ok()?; // as above
    let metadata: Map<String, Value> = json
        .get("Resources")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, resource)| Some((name.clone(), resource.get("Metadata")?.clone())))
        .collect();
    Some(json!({"outputs": json.get("Outputs"), "metadata": metadata}))
}
