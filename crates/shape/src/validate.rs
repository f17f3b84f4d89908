//! Constraint checks in AWS's words.
//!
//! AWS reports all violations of a request at once, with paths such as
//! `publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType` (recorded from SNS; also seen
//! from EventBridge and API Gateway).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use fancy_regex::Regex;

use crate::doc::Doc;
use crate::schema::{Check, Field, Schema};

/// Deeper values are refused by the protocols before they reach validation; this guards against our own cycles.
const DEPTH_MAX: usize = 128;

/// AWS shortens what it quotes; longer values are cut here.
const QUOTE_CHARS_MAX: usize = 1024;

/// Violations that are looked for; a request of some megabytes can have millions, and an answer of hundreds of
/// megabytes helps nobody.
const VIOLATIONS_MAX: usize = 100;

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The member's path as AWS writes it.
    pub path: String,
    /// The value as AWS quotes it: `'x'` in quotes, or `null`.
    pub value: String,
    /// What the member must be, for example `Member must not be null`.
    pub constraint: String,
}

/// All violations of `doc` against `schema` (the first hundred of them), in the order of the schema's members.
pub fn validate(schema: Schema, doc: &Doc) -> Vec<Violation> {
    let mut found = Vec::new();
    visit(schema, doc, &Path::ROOT, DEPTH_MAX, &mut found);
    found.truncate(VIOLATIONS_MAX);
    found
}

/// Where a value stands: the way from the root, told from its end. It becomes text only for a violation, because
/// nearly all requests have none.
struct Path<'p> {
    before: Option<&'p Path<'p>>,
    step: Step<'p>,
}

/// One step of a path.
enum Step<'p> {
    Root,
    /// A member, by its name in the schema.
    Member(&'p str),
    /// An element of a list, counted from zero.
    Element(usize),
    /// The value under a key of a map.
    Value(&'p str),
}

impl Path<'_> {
    const ROOT: Path<'static> = Path { before: None, step: Step::Root };

    fn then<'p>(&'p self, step: Step<'p>) -> Path<'p> {
        Path { before: Some(self), step }
    }

    fn text(&self) -> String {
        let mut text = self.before.map_or_else(String::new, Path::text);
        if !text.is_empty() {
            text.push('.');
        }
        match self.step {
            Step::Root => {}
            Step::Member(name) => text.push_str(&lower_first(name)),
            Step::Element(index) => text.push_str(&format!("{}.member", index + 1)),
            Step::Value(key) => text.push_str(&format!("{key}.member")),
        }
        text
    }
}

/// The message that AWS's validation gives for `violations`.
pub fn violations_text(violations: &[Violation]) -> String {
    let plural = if violations.len() == 1 { "error" } else { "errors" };
    let each: Vec<String> = violations
        .iter()
        .map(|v| format!("Value {} at '{}' failed to satisfy constraint: {}", v.value, v.path, v.constraint))
        .collect();
    format!("{} validation {plural} detected: {}", violations.len(), each.join("; "))
}

fn visit(schema: Schema, doc: &Doc, path: &Path<'_>, depth: usize, found: &mut Vec<Violation>) {
    if depth == 0 || found.len() >= VIOLATIONS_MAX {
        return;
    }
    match (schema, doc) {
        (Schema::Structure(structure), Doc::Structure(_)) => {
            for (index, field) in structure.fields.iter().enumerate() {
                visit_field(field, doc.member(index), path, depth, found);
            }
        }
        (Schema::Union(structure), Doc::Union(index, value)) => {
            if let Some(field) = structure.fields.get(*index) {
                visit_field(field, value, path, depth, found);
            }
        }
        (Schema::List(list), Doc::List(elements)) => {
            let element_schema = list.element.get();
            for (index, element) in elements.iter().enumerate() {
                visit(element_schema, element, &path.then(Step::Element(index)), depth - 1, found);
            }
        }
        (Schema::Map(map), Doc::Map(entries)) => {
            let value_schema = map.value.get();
            for (key, value) in entries {
                visit(value_schema, value, &path.then(Step::Value(key)), depth - 1, found);
            }
        }
        (Schema::Enum(enumeration), Doc::Text(text)) if !enumeration.values.contains(&text.as_str()) => {
            let constraint =
                format!("Member must satisfy enum value set: [{}]", enumeration.values.join(", "));
            found.push(Violation { path: path.text(), value: quote(doc, false), constraint });
        }
        _ => {}
    }
}

fn visit_field(
    field: &'static Field,
    value: &Doc,
    path: &Path<'_>,
    depth: usize,
    found: &mut Vec<Violation>,
) {
    let path = path.then(Step::Member(field.name));
    if value.is_null() {
        if field.required {
            let constraint = "Member must not be null".to_owned();
            found.push(Violation { path: path.text(), value: "null".to_owned(), constraint });
        }
        return;
    }
    check_all(field.checks, value, &path, field.sensitive, found);
    check_each(field, value, &path, found);
    visit(field.schema.get(), value, &path, depth - 1, found);
}

fn check_each(field: &'static Field, value: &Doc, path: &Path<'_>, found: &mut Vec<Violation>) {
    if field.each.is_empty() {
        return;
    }
    match value {
        Doc::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                if found.len() >= VIOLATIONS_MAX {
                    return;
                }
                check_all(field.each, element, &path.then(Step::Element(index)), field.sensitive, found);
            }
        }
        Doc::Map(entries) => {
            for (key, element) in entries {
                if found.len() >= VIOLATIONS_MAX {
                    return;
                }
                check_all(field.each, element, &path.then(Step::Value(key)), field.sensitive, found);
            }
        }
        _ => {}
    }
}

fn check_all(checks: &[Check], value: &Doc, path: &Path<'_>, sensitive: bool, found: &mut Vec<Violation>) {
    for check in checks {
        if let Some(constraint) = broken(check, value) {
            found.push(Violation { path: path.text(), value: quote(value, sensitive), constraint });
        }
    }
}

/// The constraint's text if `value` breaks it.
fn broken(check: &Check, value: &Doc) -> Option<String> {
    match check {
        Check::Len(min, max) => {
            let len = length(value)?;
            if min.is_some_and(|min| len < min) {
                return Some(format!("Member must have length greater than or equal to {}", (*min)?));
            }
            let max = max.filter(|max| len > *max)?;
            Some(format!("Member must have length less than or equal to {max}"))
        }
        Check::Range(min, max) => {
            let number = value.as_int()?;
            if min.is_some_and(|min| number < min) {
                return Some(format!("Member must have value greater than or equal to {}", (*min)?));
            }
            let max = max.filter(|max| number > *max)?;
            Some(format!("Member must have value less than or equal to {max}"))
        }
        Check::Pattern(pattern) => {
            let text = value.as_text()?;
            (!matches(pattern, text))
                .then(|| format!("Member must satisfy regular expression pattern: {pattern}"))
        }
    }
}

fn length(value: &Doc) -> Option<u64> {
    Some(match value {
        Doc::Text(text) => text.chars().count() as u64,
        Doc::Blob(bytes) => bytes.len() as u64,
        Doc::List(elements) => elements.len() as u64,
        Doc::Map(entries) => entries.len() as u64,
        _ => return None,
    })
}

/// Whether the whole of `text` matches AWS's `pattern`. Patterns come from our own tables, so a broken one, or
/// one that needs more backtracking than the engine allows, counts as a mismatch.
fn matches(pattern: &'static str, text: &str) -> bool {
    // Shared, not cloned: a clone of a regex begins with empty tables and builds them again at each call.
    static CACHE: LazyLock<RwLock<HashMap<&'static str, Arc<Regex>>>> = LazyLock::new(RwLock::default);
    let cached = CACHE.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(pattern).cloned();
    let regex = match cached {
        Some(regex) => regex,
        None => {
            let Ok(regex) = Regex::new(&format!("^(?:{pattern})\\z")) else {
                return false;
            };
            let regex = Arc::new(regex);
            let mut cache = CACHE.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            cache.insert(pattern, regex.clone());
            regex
        }
    };
    regex.is_match(text).unwrap_or(false)
}

/// A value as AWS quotes it, in the manner of Java's `toString`.
fn quote(value: &Doc, sensitive: bool) -> String {
    if sensitive {
        return "'***Sensitive Data Redacted***'".to_owned();
    }
    let mut text = String::new();
    plain(value, &mut text);
    if text.chars().count() > QUOTE_CHARS_MAX {
        text = text.chars().take(QUOTE_CHARS_MAX).collect::<String>() + "...";
    }
    format!("'{text}'")
}

fn plain(value: &Doc, out: &mut String) {
    // What is longer is cut anyway; a character has at most four bytes.
    if out.len() > QUOTE_CHARS_MAX * 4 {
        return;
    }
    match value {
        Doc::Null => out.push_str("null"),
        Doc::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Doc::Int(value) => out.push_str(&value.to_string()),
        Doc::Float(value) => out.push_str(&value.to_string()),
        Doc::Text(text) => out.push_str(text),
        Doc::Blob(bytes) => {
            out.push_str(&format!("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", bytes.len()))
        }
        Doc::Time(time) => out.push_str(&time.millis().to_string()),
        Doc::List(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                plain(element, out);
            }
            out.push(']');
        }
        Doc::Map(entries) => {
            out.push('{');
            for (index, (key, element)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(key);
                out.push('=');
                plain(element, out);
            }
            out.push('}');
        }
        Doc::Structure(_) | Doc::Union(..) | Doc::Document(_) | Doc::Stream(_) => out.push_str(value.kind()),
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests;
