//! A template with its parameters: what a stack is to become. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cfn::Invalid;
use cfn::eval::{self, Pseudo, Scope};
use cfn::graph::Graph;
use cfn::template::{DeletionPolicy, Resource, Template};
use serde_json::{Map, Value};

use crate::keys::{Keep, Spec, Wanted};
use crate::world::World;

/// What is shown of a hidden parameter.
pub(crate) const HIDDEN: &str = "****";

/// A template, its values, and what exists under its conditions.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) template: Template,
    pub(crate) parameters: BTreeMap<String, Value>,
    /// The same with stars in place of hidden ones, when there are any.
    shown: Option<BTreeMap<String, Value>>,
    pub(crate) conditions: BTreeMap<String, bool>,
    pub(crate) graph: Graph,
    pub(crate) pseudo: Pseudo,
}

impl Plan {
    pub(crate) fn new(template: Template, spec: &Spec, pseudo: Pseudo) -> Result<Self, Invalid> {
        let parameters = template.parameter_values(&spec.parameters, &spec.ssm);
        let conditions = eval::conditions(&template, &parameters, &pseudo)?;
        let graph = Graph::of_conditions(&template, &conditions)?;
        let stars = |(name, value): (&String, &Value)| match spec.hidden.contains(name) {
            true => (name.clone(), Value::from(HIDDEN)),
            false => (name.clone(), value.clone()),
        };
        let shown = (!spec.hidden.is_empty()).then(|| parameters.iter().map(stars).collect());
        Ok(Self { template, parameters, shown, conditions, graph, pseudo })
    }

    pub(crate) fn scope<'a>(&'a self, world: &'a World<'a>) -> Scope<'a> {
        Scope {
            template: &self.template,
            parameters: &self.parameters,
            conditions: &self.conditions,
            pseudo: &self.pseudo,
            resolver: world,
        }
    }

    /// As [`Plan::scope`], with stars in place of hidden parameters; `None` when nothing is hidden.
    fn shown_scope<'a>(&'a self, world: &'a World<'a>) -> Option<Scope<'a>> {
        let parameters = self.shown.as_ref()?;
        Some(Scope { parameters, ..self.scope(world) })
    }

    /// Whether something with this condition exists.
    pub(crate) fn holds(&self, condition: Option<&String>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    /// The resources that exist.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.template.resources.iter().filter(|resource| self.holds(resource.condition.as_ref()))
    }

    /// What a resource waits for.
    pub(crate) fn needs(&self, name: &str) -> BTreeSet<String> {
        let node = self.graph.nodes.iter().find(|(node, _)| node == name);
        node.map(|(_, needs)| needs.clone()).unwrap_or_default()
    }

    /// What the thing behind `resource` is to be made from.
    pub(crate) fn wanted(
        &self,
        world: &World<'_>,
        resource: &Resource,
        tags: &BTreeMap<String, String>,
        token: String,
    ) -> Result<Wanted, Invalid> {
        let scope = self.scope(world);
        let properties = object(resource, scope.value(&resource.properties)?)?;
        let shown = match self.shown_scope(world) {
            // What cannot be evaluated with stars (an item of a hidden list, say) is not shown at all.
            Some(scope) => {
                let value = scope.value(&resource.properties);
                Some(value.and_then(|value| object(resource, value)).unwrap_or_default())
            }
            None => None,
        };
        Ok(Wanted {
            properties,
            shown,
            tags: tags.clone(),
            token,
            depends_on: self.needs(&resource.name),
            deletion_policy: keep(scope.policy(
                "DeletionPolicy",
                &resource.deletion_policy,
                &resource.name,
            )?),
            replace_policy: keep(scope.policy(
                "UpdateReplacePolicy",
                &resource.update_replace_policy,
                &resource.name,
            )?),
        })
    }

    /// The properties of `resource` as far as they are known.
    pub(crate) fn partial(
        &self,
        world: &World<'_>,
        resource: &Resource,
    ) -> Result<Map<String, Value>, Invalid> {
        object(resource, self.scope(world).partial(&resource.properties)?)
    }

    /// As [`Plan::partial`], as it may be shown.
    pub(crate) fn partial_shown(&self, world: &World<'_>, resource: &Resource) -> Map<String, Value> {
        let scope = self.shown_scope(world).unwrap_or_else(|| self.scope(world));
        let value = scope.partial(&resource.properties);
        value.and_then(|value| object(resource, value)).unwrap_or_default()
    }
}

fn object(resource: &Resource, value: Option<Value>) -> Result<Map<String, Value>, Invalid> {
    match value {
        Some(Value::Object(properties)) => Ok(properties),
        None => Ok(Map::new()),
        Some(_) => Err(Invalid::new(format!(
            "Template format error: [/Resources/{}/Properties] Properties must be an object",
            resource.name
        ))),
    }
}

fn keep(policy: DeletionPolicy) -> Keep {
    match policy {
        DeletionPolicy::Retain => Keep::Retain,
        DeletionPolicy::RetainExceptOnCreate => Keep::RetainExceptOnCreate,
        // Snapshots are refused before.
        DeletionPolicy::Delete | DeletionPolicy::Snapshot => Keep::Delete,
    }
}
