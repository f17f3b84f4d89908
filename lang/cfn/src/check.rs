//! What can be said against a template before any value is known: names that nothing answers to, circles.

use std::collections::{BTreeSet, HashSet};

use crate::Invalid;
use crate::eval::{PSEUDO, undefined};
use crate::expr::{Expr, Function, Part};
use crate::graph::Graph;
use crate::template::Template;

pub(crate) fn template(template: &Template) -> Result<(), Invalid> {
    let names = Names {
        parameters: template.parameters.iter().map(|one| one.name.as_str()).collect(),
        resources: template.resources.iter().map(|one| one.name.as_str()).collect(),
        conditions: template.conditions.iter().map(|(name, _)| name.as_str()).collect(),
    };
    names.check_conditions(template)?;
    names.check_resources(template)?;
    names.check_outputs(template)?;
    for resource in &template.resources {
        names.check_values(template, &resource.properties)?;
        for policy in resource.deletion_policy.iter().chain(&resource.update_replace_policy) {
            names.check_values(template, policy)?;
        }
    }
    for output in &template.outputs {
        names.check_values(template, &output.value)?;
        if let Some(export) = &output.export {
            names.check_values(template, export)?;
            names.check_independent(export, "the Name in Export")?;
        }
    }
    Graph::of_template(template).map(|_| ())
}

struct Names<'a> {
    parameters: HashSet<&'a str>,
    resources: HashSet<&'a str>,
    conditions: HashSet<&'a str>,
}

impl Names<'_> {
    fn answers(&self, name: &str) -> bool {
        self.parameters.contains(name) || self.resources.contains(name) || PSEUDO.contains(&name)
    }

    fn check_conditions(&self, template: &Template) -> Result<(), Invalid> {
        let mut unresolved = BTreeSet::new();
        for (_, expr) in &template.conditions {
            let mut visit = |function: &Function| {
                match function {
                    Function::Ref(name)
                        if !self.parameters.contains(name.as_str()) && !PSEUDO.contains(&name.as_str()) =>
                    {
                        unresolved.insert(name.clone());
                    }
                    Function::GetAtt(name, _) => {
                        unresolved.insert(name.clone());
                    }
                    Function::ImportValue(_) => {
                        return Err(Invalid::new(
                            "Template error: Cannot use Fn::ImportValue in Conditions.",
                        ));
                    }
                    Function::Sub(parts, own) => {
                        unresolved.extend(sub_names(parts, own).filter_map(|name| {
                            let known = self.parameters.contains(name) || PSEUDO.contains(&name);
                            (!known).then(|| name.to_owned())
                        }));
                    }
                    _ => {}
                }
                Ok(())
            };
            walk(expr, &mut visit)?;
        }
        if unresolved.is_empty() {
            return Ok(());
        }
        Err(Invalid::new(format!(
            "Template format error: Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template",
            joined(&unresolved)
        )))
    }

    fn check_resources(&self, template: &Template) -> Result<(), Invalid> {
        let mut unresolved = BTreeSet::new();
        for resource in &template.resources {
            for name in &resource.depends_on {
                if !self.resources.contains(name.as_str()) {
                    unresolved.insert(name.clone());
                }
            }
            self.unresolved(&resource.properties, &mut unresolved)?;
            for policy in resource.deletion_policy.iter().chain(&resource.update_replace_policy) {
                self.check_independent(policy, "a policy of a resource")?;
                self.unresolved(policy, &mut unresolved)?;
            }
            if let Some(name) = &resource.condition
                && !self.conditions.contains(name.as_str())
            {
                return Err(unknown_condition(name, "Resources"));
            }
        }
        refuse_unresolved(&unresolved, "Resources")
    }

    fn check_outputs(&self, template: &Template) -> Result<(), Invalid> {
        let mut unresolved = BTreeSet::new();
        for output in &template.outputs {
            self.unresolved(&output.value, &mut unresolved)?;
            if let Some(export) = &output.export {
                self.unresolved(export, &mut unresolved)?;
            }
            if let Some(name) = &output.condition
                && !self.conditions.contains(name.as_str())
            {
                return Err(unknown_condition(name, "Outputs"));
            }
        }
        refuse_unresolved(&unresolved, "Outputs")
    }

    /// Collects the names that nothing answers to. `Fn::GetAtt` has its own answer, at once.
    fn unresolved(&self, expr: &Expr, unresolved: &mut BTreeSet<String>) -> Result<(), Invalid> {
        walk(expr, &mut |function| {
            match function {
                Function::Ref(name) if !self.answers(name) => {
                    unresolved.insert(name.clone());
                }
                Function::GetAtt(name, _) if !self.resources.contains(name.as_str()) => {
                    return Err(undefined(name));
                }
                Function::Sub(parts, own) => {
                    for variable in variables(parts, own) {
                        match variable.split_once('.') {
                            Some((name, _)) if !self.resources.contains(name) => {
                                return Err(undefined(name));
                            }
                            None if !self.answers(variable) => {
                                unresolved.insert(variable.to_owned());
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
            Ok(())
        })
    }

    /// Conditions and mappings that functions name, and what `Fn::ImportValue` may depend on.
    fn check_values(&self, template: &Template, expr: &Expr) -> Result<(), Invalid> {
        walk(expr, &mut |function| match function {
            Function::If(name, ..) if !self.conditions.contains(name.as_str()) => {
                Err(Invalid::new(format!("Template error: unresolved condition dependency {name} in Fn::If")))
            }
            Function::FindInMap(map, ..) => match map.as_str() {
                Some(name) if !template.mappings.contains_key(name) => Err(Invalid::new(format!(
                    "Template error: Mapping named '{name}' is not present in the 'Mappings' section of template."
                ))),
                _ => Ok(()),
            },
            Function::ImportValue(name) => self.check_independent(name, "the attribute in Fn::ImportValue"),
            Function::Equals(..) | Function::And(_) | Function::Or(_) | Function::Not(_) => {
                Err(Invalid::new(
                    "Template error: Fn::Equals, Fn::And, Fn::Or and Fn::Not can be used only in the Conditions block of the template",
                ))
            }
            _ => Ok(()),
        })
    }

    fn check_independent(&self, expr: &Expr, what: &str) -> Result<(), Invalid> {
        walk(expr, &mut |function| {
            let depends = match function {
                Function::Ref(name) => self.resources.contains(name.as_str()),
                Function::GetAtt(..) | Function::ImportValue(_) | Function::GetAZs(_) => true,
                Function::Sub(parts, own) => sub_names(parts, own).any(|name| self.resources.contains(name)),
                _ => false,
            };
            match depends {
                true => Err(Invalid::new(format!(
                    "Template error: {what} must not depend on any resources, imported values, or Fn::GetAZs"
                ))),
                false => Ok(()),
            }
        })
    }
}

fn unknown_condition(name: &str, block: &str) -> Invalid {
    Invalid::new(format!(
        "Template format error: Unresolved condition dependency {name} in the {block} block of the template"
    ))
}

pub(crate) fn refuse_unresolved(names: &BTreeSet<String>, block: &str) -> Result<(), Invalid> {
    match names.is_empty() {
        true => Ok(()),
        false => Err(Invalid::new(format!(
            "Template format error: Unresolved resource dependencies [{}] in the {block} block of the template",
            joined(names)
        ))),
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(", ")
}

/// The variables of `Fn::Sub` that its own map does not define.
fn variables<'a>(parts: &'a [Part], own: &'a [(String, Expr)]) -> impl Iterator<Item = &'a str> + 'a {
    parts.iter().filter_map(move |part| match part {
        Part::Variable(name) if !own.iter().any(|(own, _)| own == name) => Some(name.as_str()),
        _ => None,
    })
}

/// The names that those variables begin with: of resources, parameters, pseudo parameters.
pub(crate) fn sub_names<'a>(
    parts: &'a [Part],
    own: &'a [(String, Expr)],
) -> impl Iterator<Item = &'a str> + 'a {
    variables(parts, own).map(|variable| variable.split('.').next().unwrap_or(variable))
}

/// Visits every function of an expression, outermost first.
pub(crate) fn walk(
    expr: &Expr,
    visit: &mut dyn FnMut(&Function) -> Result<(), Invalid>,
) -> Result<(), Invalid> {
    match expr {
        Expr::Plain(_) => Ok(()),
        Expr::List(items) => items.iter().try_for_each(|item| walk(item, visit)),
        Expr::Map(entries) => entries.iter().try_for_each(|(_, item)| walk(item, visit)),
        Expr::Call(function) => {
            visit(function)?;
            arguments(function).into_iter().try_for_each(|argument| walk(argument, visit))
        }
    }
}

pub(crate) fn arguments(function: &Function) -> Vec<&Expr> {
    match function {
        Function::Ref(_) | Function::Condition(_) => vec![],
        Function::GetAtt(_, one)
        | Function::Join(_, one)
        | Function::Split(_, one)
        | Function::ImportValue(one)
        | Function::Base64(one)
        | Function::GetAZs(one)
        | Function::Not(one) => vec![one],
        Function::Sub(_, variables) => variables.iter().map(|(_, value)| value).collect(),
        Function::Select(one, other) | Function::Equals(one, other) => vec![one, other],
        Function::If(_, yes, no) => vec![yes, no],
        Function::FindInMap(map, top, second) => vec![map, top, second],
        Function::Cidr(block, count, bits) => {
            let mut all = vec![block, count];
            all.extend(bits);
            all
        }
        Function::And(all) | Function::Or(all) => all.iter().collect(),
    }
}

/// Every resource attribute that the template asks for, in `Fn::GetAtt` and `Fn::Sub`, as resource and attribute.
/// An attribute that is not literal is left out.
pub fn attributes(template: &Template) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let outputs = template.outputs.iter().map(|output| &output.value);
    let resources = template.resources.iter().map(|resource| &resource.properties);
    for expr in resources.chain(outputs) {
        let visited = walk(expr, &mut |function| {
            match function {
                Function::GetAtt(resource, attribute) => {
                    found.extend(attribute.as_str().map(|name| (resource.clone(), name.to_owned())));
                }
                Function::Sub(parts, own) => found.extend(
                    variables(parts, own)
                        .filter_map(|name| name.split_once('.'))
                        .map(|(resource, attribute)| (resource.to_owned(), attribute.to_owned())),
                ),
                _ => {}
            }
            Ok(())
        });
        debug_assert!(visited.is_ok(), "the visitor refuses nothing");
    }
    found
}
