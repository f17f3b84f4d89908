//! A template with its parameters: what a stack is to become. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cfn::Invalid;
use cfn::eval::{self, Pseudo, Scope};
use cfn::graph::Graph;
use cfn::template::{DeletionPolicy, Resource, Template};
use serde_json::{Map, Value};

use crate::keys::{Keep, Spec, Wanted};
use crate::world::World;

/// A template, its values, and what exists under its conditions.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) template: Template,
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) conditions: BTreeMap<String, bool>,
    pub(crate) graph: Graph,
    pub(crate) pseudo: Pseudo,
}

impl Plan {
    pub(crate) fn new(template: Template, spec: &Spec, pseudo: Pseudo) -> Result<Self, Invalid> {
        let parameters = template.parameter_values(&spec.parameters, &spec.ssm);
        let conditions = eval::conditions(&template, &parameters, &pseudo)?;
        let graph = Graph::of_conditions(&template, &conditions)?;
        Ok(Self { template, parameters, conditions, graph, pseudo })
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
        let properties = match scope.value(&resource.properties)? {
            Some(Value::Object(properties)) => properties,
            None => Map::new(),
            Some(_) => return Err(not_a_map(&resource.name)),
        };
        Ok(Wanted {
            properties,
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
        match self.scope(world).partial(&resource.properties)? {
            Some(Value::Object(properties)) => Ok(properties),
            None => Ok(Map::new()),
            Some(_) => Err(not_a_map(&resource.name)),
        }
    }
}

fn not_a_map(name: &str) -> Invalid {
    Invalid::new(format!(
        "Template format error: [/Resources/{name}/Properties] Properties must be an object"
    ))
}

fn keep(policy: DeletionPolicy) -> Keep {
    match policy {
        DeletionPolicy::Retain => Keep::Retain,
        DeletionPolicy::RetainExceptOnCreate => Keep::RetainExceptOnCreate,
        // Snapshots are refused before.
        DeletionPolicy::Delete | DeletionPolicy::Snapshot => Keep::Delete,
    }
}
