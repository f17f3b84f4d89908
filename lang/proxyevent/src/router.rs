//! The choice of the resource (REST APIs) or route (HTTP APIs) that serves a path.
//!
//! A tree of path segments. The more specific wins, segment by segment: a fixed name before a variable (`{id}`)
//! before the rest of the path (`{proxy+}`). A branch that ends without the asked method is left for the next best,
//! as the worked example of AWS does with `POST /pets/dog/1`:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::query;

/// The method that stands for all methods.
pub const ANY: &str = "ANY";

/// A compiled table of paths and methods.
#[derive(Debug)]
pub struct Router<T> {
    root: Node<T>,
    style: Style,
}

/// How a kind of API reads paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// REST APIs: doubled slashes in front and one slash at the end do not count; values stay encoded.
    Rest,
    /// HTTP APIs: each slash counts; values are decoded.
    Http,
}

/// What a path was found to be.
#[derive(Debug)]
pub struct Match<'r, 'p, T> {
    /// The target of the route.
    pub target: &'r T,
    /// The values of the variables, in the order of the path.
    pub parameters: Vec<(&'r str, Cow<'p, str>)>,
}

/// Targets by method.
type Methods<T> = Vec<(Box<str>, T)>;

#[derive(Debug)]
struct Node<T> {
    fixed: BTreeMap<Box<str>, Node<T>>,
    variable: Vec<(Box<str>, Node<T>)>,
    greedy: Vec<(Box<str>, Methods<T>)>,
    methods: Methods<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { fixed: BTreeMap::new(), variable: Vec::new(), greedy: Vec::new(), methods: Vec::new() }
    }
}

impl<T> Router<T> {
    /// An empty table.
    pub fn new(style: Style) -> Self {
        Self { root: Node::default(), style }
    }

    /// Adds a route: a method or [`ANY`], and a path such as `/pets/{id}` or `/files/{proxy+}`. A second target of
    /// the same method and path takes the place of the first.
    pub fn insert(&mut self, method: &str, path: &str, target: T) {
        let mut node = &mut self.root;
        for segment in path.split('/').skip(1).filter(|_| path != "/") {
            let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            match variable {
                Some(name) if name.ends_with('+') => {
                    let name = &name[..name.len() - 1];
                    let methods = named(&mut node.greedy, name);
                    return put(methods, method, target);
                }
                Some(name) => node = named(&mut node.variable, name),
                None => node = node.fixed.entry(segment.into()).or_default(),
            }
        }
        put(&mut node.methods, method, target);
    }

    /// The target for a method and an encoded path, if any.
    pub fn find<'r, 'p>(&'r self, method: &str, path: &'p str) -> Option<Match<'r, 'p, T>> {
        let path = match self.style {
            Style::Rest => {
                let path = path.trim_start_matches('/');
                path.strip_suffix('/').unwrap_or(path)
            }
            Style::Http => path.strip_prefix('/').unwrap_or(path),
        };
        let mut parameters = Vec::new();
        let rest = (!path.is_empty()).then_some(path);
        let target = self.descend(&self.root, method, rest, &mut parameters)?;
        Some(Match { target, parameters })
    }

    /// Depth is bounded by the depth of the table, work by its size.
    fn descend<'r, 'p>(
        &'r self,
        node: &'r Node<T>,
        method: &str,
        rest: Option<&'p str>,
        parameters: &mut Vec<(&'r str, Cow<'p, str>)>,
    ) -> Option<&'r T> {
        let Some(rest) = rest else { return pick(&node.methods, method) };
        let (segment, after) = match rest.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        let plain = self.plain(segment);
        let fixed = node.fixed.get(plain.as_ref());
        if let Some(target) = fixed.and_then(|child| self.descend(child, method, after, parameters)) {
            return Some(target);
        }
        if !segment.is_empty() {
            for (name, child) in &node.variable {
                let mark = parameters.len();
                parameters.push((name, plain.clone()));
                if let Some(target) = self.descend(child, method, after, parameters) {
                    return Some(target);
                }
                parameters.truncate(mark);
            }
        }
        if !rest.is_empty() {
            for (name, methods) in &node.greedy {
                if let Some(target) = pick(methods, method) {
                    parameters.push((name, self.plain(rest)));
                    return Some(target);
                }
            }
        }
        None
    }

    fn plain<'p>(&self, text: &'p str) -> Cow<'p, str> {
        match self.style {
            Style::Rest => Cow::Borrowed(text),
            Style::Http => query::decode(text, false),
        }
    }
}

fn named<'a, V: Default>(list: &'a mut Vec<(Box<str>, V)>, name: &str) -> &'a mut V {
    let at = match list.iter().position(|(known, _)| known.as_ref() == name) {
        Some(at) => at,
        None => {
            list.push((name.into(), V::default()));
            list.len() - 1
        }
    };
    &mut list[at].1
}

fn put<T>(methods: &mut Methods<T>, method: &str, target: T) {
    match methods.iter_mut().find(|(known, _)| known.as_ref() == method) {
        Some((_, old)) => *old = target,
        None => methods.push((method.into(), target)),
    }
}

/// The target of the method itself, or of [`ANY`].
fn pick<'a, T>(methods: &'a [(Box<str>, T)], method: &str) -> Option<&'a T> {
    let of =
        |wanted: &str| methods.iter().find(|(known, _)| known.as_ref() == wanted).map(|(_, target)| target);
    of(method).or_else(|| of(ANY))
}

#[cfg(test)]
mod tests;
