//! Which resource must be made before which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Invalid;
use crate::check::{arguments, refuse_unresolved, sub_names};
use crate::expr::{Expr, Function};
use crate::template::{Resource, Template};

/// Resources and what they wait for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Logical id and the logical ids it depends on, in the template's order.
    pub nodes: Vec<(String, BTreeSet<String>)>,
}

impl Graph {
    /// The graph of all resources, whatever the conditions will say. Fails on circles.
    pub fn of_template(template: &Template) -> Result<Self, Invalid> {
        Self::build(&template.resources.iter().collect::<Vec<_>>(), None)
    }

    /// The graph of the resources that exist under these conditions. Fails when one names a resource that does not.
    pub fn of_conditions(template: &Template, conditions: &BTreeMap<String, bool>) -> Result<Self, Invalid> {
        let exists = |condition: &Option<String>| match condition {
            Some(name) => conditions.get(name).copied().unwrap_or(false),
            None => true,
        };
        let active: Vec<&Resource> =
            template.resources.iter().filter(|resource| exists(&resource.condition)).collect();
        let graph = Self::build(&active, Some(conditions))?;
        let parameters: BTreeSet<&str> = template.parameters.iter().map(|one| one.name.as_str()).collect();
        let absent: BTreeSet<&str> = template
            .resources
            .iter()
            .map(|resource| resource.name.as_str())
            .filter(|name| !active.iter().any(|resource| resource.name == *name))
            .filter(|name| !parameters.contains(name))
            .collect();
        let missing = |names: BTreeSet<String>| -> BTreeSet<String> {
            names.into_iter().filter(|name| absent.contains(name.as_str())).collect()
        };
        let mut unresolved = BTreeSet::new();
        for resource in &active {
            unresolved.extend(missing(named_by(resource, Some(conditions))));
        }
        refuse_unresolved(&unresolved, "Resources")?;
        let mut unresolved = BTreeSet::new();
        for output in &template.outputs {
            if exists(&output.condition) {
                let mut names = BTreeSet::new();
                collect(&output.value, Some(conditions), &mut names);
                unresolved.extend(missing(names));
            }
        }
        refuse_unresolved(&unresolved, "Outputs")?;
        Ok(graph)
    }

    fn build(resources: &[&Resource], conditions: Option<&BTreeMap<String, bool>>) -> Result<Self, Invalid> {
        let known: BTreeSet<&str> = resources.iter().map(|one| one.name.as_str()).collect();
        let mut nodes = Vec::with_capacity(resources.len());
        for resource in resources {
            let mut names = named_by(resource, conditions);
            // A DependsOn of a resource that the conditions leave out waits for nothing.
            names.extend(resource.depends_on.iter().cloned());
            names.retain(|name| known.contains(name.as_str()));
            nodes.push((resource.name.clone(), names));
        }
        let graph = Self { nodes };
        match graph.levels() {
            Ok(_) => Ok(graph),
            Err(circle) => {
                Err(Invalid::new(format!("Circular dependency between resources: [{}]", circle.join(", "))))
            }
        }
    }

    /// The logical ids in levels: each one's dependencies are in earlier levels. The error lists those in circles.
    pub fn levels(&self) -> Result<Vec<Vec<&str>>, Vec<&str>> {
        let mut waiting: HashMap<&str, usize> = HashMap::new();
        let mut followers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, needs) in &self.nodes {
            waiting.insert(name, needs.len());
            for need in needs {
                followers.entry(need).or_default().push(name);
            }
        }
        let mut level: Vec<&str> =
            self.nodes.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| name.as_str()).collect();
        let mut levels = Vec::new();
        let mut left = self.nodes.len();
        while !level.is_empty() {
            left -= level.len();
            let mut next = Vec::new();
            for name in &level {
                for follower in followers.get(name).into_iter().flatten() {
                    if let Some(count) = waiting.get_mut(follower) {
                        *count -= 1;
                        if *count == 0 {
                            next.push(*follower);
                        }
                    }
                }
            }
            levels.push(std::mem::replace(&mut level, next));
        }
        match left {
            0 => Ok(levels),
            _ => Err(self
                .nodes
                .iter()
                .map(|(name, _)| name.as_str())
                .filter(|name| waiting.get(name).is_some_and(|count| *count > 0))
                .collect()),
        }
    }
}

/// The names that a resource's properties speak of.
fn named_by(resource: &Resource, conditions: Option<&BTreeMap<String, bool>>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&resource.properties, conditions, &mut names);
    names
}

/// With the conditions known, only the branch that `Fn::If` takes counts.
fn collect(expr: &Expr, conditions: Option<&BTreeMap<String, bool>>, names: &mut BTreeSet<String>) {
    match expr {
        Expr::Plain(_) => {}
        Expr::List(items) => items.iter().for_each(|item| collect(item, conditions, names)),
        Expr::Map(entries) => entries.iter().for_each(|(_, item)| collect(item, conditions, names)),
        Expr::Call(function) => {
            match function.as_ref() {
                Function::Ref(name) | Function::GetAtt(name, _) => {
                    names.insert(name.clone());
                }
                Function::Sub(parts, own) => {
                    names.extend(sub_names(parts, own).map(str::to_owned));
                }
                Function::If(condition, yes, no) => {
                    if let Some(value) = conditions.and_then(|known| known.get(condition)) {
                        let taken = if *value { yes } else { no };
                        return collect(taken, conditions, names);
                    }
                }
                _ => {}
            }
            for argument in arguments(function) {
                collect(argument, conditions, names);
            }
        }
    }
}

/// The conditions ordered so that each comes after those that it names.
pub(crate) fn conditions_in_order(conditions: Vec<(String, Expr)>) -> Result<Vec<(String, Expr)>, Invalid> {
    let known: BTreeSet<&str> = conditions.iter().map(|(name, _)| name.as_str()).collect();
    let mut nodes = Vec::with_capacity(conditions.len());
    for (name, expr) in &conditions {
        let mut needs = BTreeSet::new();
        crate::check::walk(expr, &mut |function| match function {
            Function::Condition(other) | Function::If(other, ..) => match known.contains(other.as_str()) {
                true => {
                    needs.insert(other.clone());
                    Ok(())
                }
                false => Err(Invalid::new(format!(
                    "Template format error: Unresolved condition dependency {other} in the Conditions block of the template"
                ))),
            },
            _ => Ok(()),
        })?;
        nodes.push((name.clone(), needs));
    }
    let graph = Graph { nodes };
    let levels = graph.levels().map_err(|circle| {
        Invalid::new(format!(
            "Template error: Found circular condition dependency between {}",
            circle.join(" and ")
        ))
    })?;
    let mut rank: HashMap<&str, usize> = HashMap::new();
    for name in levels.into_iter().flatten() {
        rank.insert(name, rank.len());
    }
    let mut places: Vec<usize> =
        conditions.iter().map(|(name, _)| rank.get(name.as_str()).copied().unwrap_or(0)).collect();
    let mut slots: Vec<Option<(String, Expr)>> = vec![None; conditions.len()];
    for condition in conditions.into_iter().rev() {
        if let Some(place) = places.pop() {
            slots[place] = Some(condition);
        }
    }
    Ok(slots.into_iter().flatten().collect())
}
