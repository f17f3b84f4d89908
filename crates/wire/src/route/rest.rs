//! REST tables: method, URI template, and what must be in the query string or the headers.

use http::request::Parts;
use percent_encoding::percent_decode_str;
use shape::{Binding, Schema};

use crate::table::{OperationRoute, ServiceRoutes};

/// One operation's place.
#[derive(Debug)]
pub(super) struct Route {
    /// Index of the operation in its service.
    pub(super) operation: usize,
    name: &'static str,
    method: &'static str,
    segments: Vec<Segment>,
    /// Query parameters of the template, which must be there, with their values where it gives any.
    literals: Vec<(&'static str, Option<&'static str>)>,
    /// Query parameters that required members are bound to.
    required_parameters: Vec<&'static str>,
    /// Headers that required members are bound to.
    required_headers: Vec<&'static str>,
    /// Query parameters that other members are bound to.
    optional_parameters: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

impl Route {
    /// Whether the operation has something to do with the query parameter `name`.
    pub(super) fn knows_parameter(&self, name: &str) -> bool {
        self.literals.iter().any(|(n, _)| *n == name)
            || self.required_parameters.contains(&name)
            || self.optional_parameters.contains(&name)
    }

    /// How special the path is: each segment's kind, most telling first.
    fn specificity(&self) -> Vec<u8> {
        let weight = |segment: &Segment| match segment {
            Segment::Literal(_) => 2,
            Segment::Label(_) => 1,
            Segment::Greedy(_) => 0,
        };
        self.segments.iter().map(weight).collect()
    }
}

/// The query parameters of a request.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(split.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    fn fits(&self, literal: &(&'static str, Option<&'static str>)) -> bool {
        self.0.iter().any(|(name, value)| name == literal.0 && literal.1.is_none_or(|v| v == value))
    }
}

/// A route that fits a request.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) route: &'a Route,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) rank: Rank,
}

/// What makes one fitting route better than another, most important first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    path: Vec<u8>,
    literals: usize,
    /// Members that the operation requires and the request lacks: fewer is better, so this counts down from zero.
    lacking: i64,
    required: usize,
}

/// The REST routes of a service.
pub(super) fn routes(service: &ServiceRoutes) -> Vec<Route> {
    let mut all = Vec::new();
    for (operation, route) in service.operations.iter().enumerate() {
        let Some(http) = route.http else { continue };
        let (path, query) = http.uri.split_once('?').unwrap_or((http.uri, ""));
        let literals = query
            .split('&')
            // `x-id` only names the operation for logs; not every client sends it.
            .filter(|pair| !pair.is_empty() && !pair.starts_with("x-id="))
            .map(|pair| pair.split_once('=').map_or((pair, None), |(n, v)| (n, (!v.is_empty()).then_some(v))))
            .collect();
        let mut new = Route {
            operation,
            name: route.name,
            method: http.method,
            segments: path.split('/').filter(|s| !s.is_empty()).map(segment).collect(),
            literals,
            required_parameters: Vec::new(),
            required_headers: Vec::new(),
            optional_parameters: Vec::new(),
        };
        add_members(&mut new, route);
        all.push(new);
    }
    for (i, route) in all.iter().enumerate() {
        assert_apart(&all[..i], std::slice::from_ref(route));
    }
    all
}

fn segment(text: &'static str) -> Segment {
    match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        Some(label) => label.strip_suffix('+').map_or(Segment::Label(label), Segment::Greedy),
        None => Segment::Literal(text),
    }
}

fn add_members(route: &mut Route, operation: &OperationRoute) {
    let Schema::Structure(structure) = (operation.input)() else { return };
    for field in structure.fields {
        match field.binding {
            Binding::Querystring(name) if field.required => route.required_parameters.push(name),
            Binding::Querystring(name) => route.optional_parameters.push(name),
            Binding::Header(name) if field.required => route.required_headers.push(name),
            _ => {}
        }
    }
}

/// Panics when two routes would always fit the same requests equally well.
pub(super) fn assert_apart(some: &[Route], others: &[Route]) {
    for one in some {
        for other in others {
            let same_path = one.segments.len() == other.segments.len()
                && one.segments.iter().zip(&other.segments).all(|pair| match pair {
                    (Segment::Literal(a), Segment::Literal(b)) => a == b,
                    (Segment::Label(_), Segment::Label(_)) | (Segment::Greedy(_), Segment::Greedy(_)) => true,
                    _ => false,
                });
            let same = same_path
                && one.method == other.method
                && one.literals == other.literals
                && one.required_parameters == other.required_parameters
                && one.required_headers == other.required_headers;
            assert!(!same, "`{}` and `{}` have the same place", one.name, other.name);
        }
    }
}

/// Whether the operation's body stays a stream.
pub(super) fn is_streaming(operation: &OperationRoute) -> bool {
    let Schema::Structure(structure) = (operation.input)() else { return false };
    structure.fields.iter().any(|f| f.binding == Binding::Payload && matches!(f.schema.get(), Schema::Stream))
}

/// The route that fits best.
pub(super) fn find<'a>(routes: &'a [Route], parts: &Parts, path: &str, query: &Query) -> Option<Match<'a>> {
    let mut best: Option<Match<'a>> = None;
    for route in routes.iter().filter(|route| route.method == parts.method.as_str()) {
        if !route.literals.iter().all(|literal| query.fits(literal)) {
            continue;
        }
        let Some(labels) = match_path(&route.segments, path) else { continue };
        let parameters = route.required_parameters.iter().filter(|name| query.has(name)).count();
        let headers = route.required_headers.iter().filter(|name| parts.headers.contains_key(**name)).count();
        let all = route.required_parameters.len() + route.required_headers.len();
        let rank = Rank {
            path: route.specificity(),
            literals: route.literals.len(),
            lacking: (parameters + headers) as i64 - all as i64,
            required: parameters + headers,
        };
        if best.as_ref().is_none_or(|b| rank > b.rank) {
            best = Some(Match { route, labels, rank });
        }
    }
    best
}

/// Whether some operation has this path, with whatever method.
pub(super) fn path_exists(routes: &[Route], path: &str) -> bool {
    routes.iter().any(|route| match_path(&route.segments, path).is_some())
}

/// The raw texts of the labels, when `path` fits.
fn match_path(segments: &[Segment], path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut labels = Vec::new();
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    for (i, segment) in segments.iter().enumerate() {
        if let Segment::Greedy(name) = segment {
            let (taken, after) = split_greedy(rest, segments.len() - i - 1)?;
            if taken.is_empty() {
                return None;
            }
            labels.push((*name, taken.to_owned()));
            rest = after;
            continue;
        }
        let (part, after) = rest.split_once('/').unwrap_or((rest, ""));
        match segment {
            Segment::Literal(text) if part == *text => {}
            Segment::Label(name) if !part.is_empty() => labels.push((*name, part.to_owned())),
            _ => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some(labels)
}

/// What a greedy label takes when `after` more segments follow it.
fn split_greedy(rest: &str, after: usize) -> Option<(&str, &str)> {
    if after == 0 {
        return Some((rest, ""));
    }
    let (at, _) = rest.rmatch_indices('/').nth(after - 1)?;
    Some((&rest[..at], &rest[at + 1..]))
}
