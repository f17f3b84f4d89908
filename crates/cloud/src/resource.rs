//! CloudFormation resource types: each service brings its own, the engine finds them in the registry.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::failure::Failure;

/// What CloudFormation does when a property changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Changes the resource in place (no interruption, or some).
    InPlace,
    /// Makes a new resource, then deletes the old one.
    Replace,
}

/// A top-level property of a resource type.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Whether a template must give it.
    pub required: bool,
    /// What a change of it means.
    pub update: Update,
}

impl Property {
    /// An optional property that changes in place.
    pub const fn new(name: &'static str) -> Self {
        Self { name, required: false, update: Update::InPlace }
    }

    /// The same, but a template must give it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, but a change replaces the resource.
    #[must_use]
    pub const fn replace(mut self) -> Self {
        self.update = Update::Replace;
        self
    }
}

/// A resource in a stack, with all intrinsic functions already evaluated.
#[derive(Clone, Debug)]
pub struct ResourceRequest {
    /// The stack's name.
    pub stack_name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's identity; none before it is created.
    pub physical_id: Option<String>,
    /// A random text that stays the same when the engine repeats a creation after a crash: generated names and
    /// client tokens come from it, so that the repetition finds what the first try made.
    pub token: String,
    /// Whether this creation may have been tried before, by a process that ended meanwhile: a thing that is there
    /// already under the wanted name is then taken for what that try made.
    pub repeated: bool,
    /// The properties.
    pub properties: Map<String, Value>,
    /// The stack's tags, for types that take tags.
    pub tags: BTreeMap<String, String>,
}

/// What creating or updating a resource gives.
#[derive(Clone, Debug, Default)]
pub struct ResourceOutcome {
    /// What `Ref` gives.
    pub physical_id: String,
    /// What `Fn::GetAtt` gives, by attribute name.
    pub attributes: BTreeMap<String, Value>,
}

impl ResourceOutcome {
    /// One with this id and these attributes.
    pub fn new<const N: usize>(physical_id: impl Into<String>, attributes: [(&str, Value); N]) -> Self {
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        Self { physical_id: physical_id.into(), attributes: attributes.into() }
    }

    /// One whose id is its only attribute, too.
    pub fn of_id(physical_id: impl Into<String>, attribute: &str) -> Self {
        let physical_id = physical_id.into();
        let id = Value::String(physical_id.clone());
        Self::new(physical_id, [(attribute, id)])
    }
}

/// A CloudFormation resource type.
///
/// The handlers run in a Free context whose caller is the stack's: they act through `cx.call` on operations of
/// their own service, so that permissions, validation and audit are those of the API. Each must be repeatable:
/// after a crash the engine may call it again with the same request.
#[async_trait]
pub trait ResourceType: Send + Sync {
    /// `AWS::SQS::Queue`.
    fn name(&self) -> &'static str;

    /// The properties that are supported; any other one fails the stack before anything is created.
    fn properties(&self) -> &'static [Property];

    /// The attributes that `Fn::GetAtt` can ask for.
    fn attributes(&self) -> &'static [&'static str];

    /// Refuses values that are not supported, before anything is created. Intrinsic functions whose values are
    /// not known yet are still in their `Fn::` form.
    fn check(&self, _properties: &Map<String, Value>) -> Result<(), String> {
        Ok(())
    }

    /// Creates the resource.
    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure>;

    /// Changes the resource from the properties `old` to those of `request`.
    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure>;

    /// Deletes the resource; one that is gone already is fine.
    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure>;
}

/// Random part of generated names: CloudFormation uses 12 upper-case letters and digits.
const SUFFIX_LENGTH: usize = 12;
const SUFFIX_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl ResourceRequest {
    /// A property.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.get(name)
    }

    /// A property as text; numbers and booleans are written out, as CloudFormation does.
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.properties.get(name)?)
    }

    /// The physical id; an error for a resource that was never created.
    pub fn physical(&self) -> Result<&str, Failure> {
        self.physical_id
            .as_deref()
            .ok_or_else(|| Failure::internal(format!("resource `{}` has no physical id", self.logical_id)))
    }

    /// Whether a thing that is there already under the name in `property` (or under the generated name, when the
    /// template gives none) counts as made by this request.
    pub fn adopts(&self, property: &str) -> bool {
        self.repeated || !self.properties.contains_key(property)
    }

    /// A property that is a document, as the text that operations take; empty when there is none.
    pub fn document(&self, name: &str) -> String {
        self.property(name).map(document).unwrap_or_default()
    }

    /// The tags of the resource over those of the stack. Types write `Tags` as a list of keys and values or as a map;
    /// numbers and booleans are written out.
    pub fn all_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        match self.property("Tags") {
            Some(Value::Object(own)) => {
                tags.extend(own.iter().filter_map(|(key, value)| Some((key.clone(), text(value)?))));
            }
            Some(Value::Array(own)) => {
                tags.extend(
                    own.iter().filter_map(|tag| Some((text(tag.get("Key")?)?, text(tag.get("Value")?)?))),
                );
            }
            _ => {}
        }
        tags
    }

    /// [`Self::all_tags`] and those of [`Self::system_tags`].
    pub fn marked_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.all_tags();
        tags.extend(self.system_tags());
        tags
    }

    /// The tags by which CloudFormation marks what it makes, for the types that AWS marks with them.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
    pub fn system_tags(&self) -> [(String, String); 3] {
        [("stack-name", &self.stack_name), ("stack-id", &self.stack_id), ("logical-id", &self.logical_id)]
            .map(|(name, value)| (format!("aws:cloudformation:{name}"), value.clone()))
    }

    /// A name that CloudFormation would generate: `stack-LogicalId-RANDOM`, shortened in front of the random
    /// part to `length_max` characters. The same request always gives the same name.
    pub fn generated_name(&self, length_max: usize) -> String {
        let suffix = self.suffix();
        let room = length_max.saturating_sub(SUFFIX_LENGTH + 1);
        let stem = format!("{}-{}", self.stack_name, self.logical_id);
        if stem.chars().count() <= room {
            return format!("{stem}-{suffix}");
        }
        // CloudFormation shortens both parts, the stack's name more.
        let logical_room = room.saturating_sub(1) / 2;
        let logical: String = self.logical_id.chars().take(logical_room.max(1)).collect();
        let stack: String = self.stack_name.chars().take(room.saturating_sub(logical.len() + 1)).collect();
        format!("{stack}-{logical}-{suffix}")
    }

    /// Letters and digits drawn from the token (FNV-1a: spread is all that is asked for).
    fn suffix(&self) -> String {
        let mut state: u64 = 0xcbf2_9ce4_8422_2325;
        let mut step = |byte: u8| {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            state
        };
        for byte in self.token.bytes() {
            step(byte);
        }
        let letters = SUFFIX_ALPHABET.len() as u64;
        (0..SUFFIX_LENGTH as u8)
            .map(|at| SUFFIX_ALPHABET[((step(at) >> 32) % letters) as usize] as char)
            .collect()
    }
}

/// A value as text; numbers and booleans are written out.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A document (a policy, a filter) as text: templates hold it as JSON or as a text.
pub fn document(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number, which templates may write as a text.
pub fn number(value: &Value) -> Value {
    let number = value.as_str().and_then(|text| text.parse::<i64>().ok());
    number.map_or_else(|| value.clone(), Value::from)
}

/// Makes the members with these `names` numbers, at every depth.
pub fn make_numbers(value: &mut Value, names: &[&str]) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        if names.contains(&name.as_str()) {
            *member = number(member);
        } else {
            make_numbers(member, names);
        }
    }
}

/// What a creation answered: that the thing is there already, which the service says with `code`, is fine when it is
/// `ours` ([`ResourceRequest::adopts`]).
pub fn adopt(answer: Result<Value, Failure>, code: &str, ours: bool) -> Result<(), Failure> {
    if ours { unless(answer, code) } else { answer.map(drop) }
}

/// What an operation answered: to be refused with `code` is fine, as it is for a deletion to hear that the thing is gone.
pub fn unless(answer: Result<Value, Failure>, code: &str) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() == code => Ok(()),
        answer => answer.map(drop),
    }
}

/// The keys of tags that are `present`, in a list of keys and values or as a map, and not `wanted`.
pub fn tags_gone(present: &Value, wanted: &BTreeMap<String, String>) -> Vec<String> {
    let listed = present.as_array().into_iter().flatten().filter_map(|tag| tag["Key"].as_str());
    let keys = listed.chain(present.as_object().into_iter().flat_map(Map::keys).map(String::as_str));
    keys.filter(|key| !wanted.contains_key(*key)).map(str::to_owned).collect()
}

/// Tags as most APIs take them: objects with `Key` and `Value`.
pub fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(stack: &str, logical: &str, token: &str, length_max: usize) -> String {
        let request = ResourceRequest {
            stack_name: stack.into(),
            stack_id: String::new(),
            logical_id: logical.into(),
            physical_id: None,
            token: token.into(),
            repeated: false,
            properties: Map::new(),
            tags: BTreeMap::new(),
        };
        request.generated_name(length_max)
    }

    #[test]
    fn generated_names_are_stable_and_fit() {
        let one = name("demo", "Queue", "t1", 80);
        assert!(one.starts_with("demo-Queue-") && one.len() == "demo-Queue-".len() + SUFFIX_LENGTH, "{one}");
        assert_eq!(one, name("demo", "Queue", "t1", 80));
        assert_ne!(one, name("demo", "Queue", "t2", 80));
        let short = name(&"s".repeat(100), &"L".repeat(100), "t", 64);
        assert_eq!(short.len(), 64, "{short}");
    }

    #[test]
    fn numbers_may_be_texts() {
        let mut value =
            json!({"Name": "7", "Policy": {"Tries": "3", "Most": "many", "Hours": 2}, "Tries": null});
        make_numbers(&mut value, &["Tries", "Most", "Hours"]);
        assert_eq!(
            value,
            json!({"Name": "7", "Policy": {"Tries": 3, "Most": "many", "Hours": 2}, "Tries": null})
        );
    }

    #[test]
    fn some_refusals_are_fine() {
        let refused = || Err(Failure::new("Present", 400, ""));
        assert!(adopt(refused(), "Present", true).is_ok());
        assert!(adopt(refused(), "Present", false).is_err());
        assert!(adopt(refused(), "Other", true).is_err());
        assert!(adopt(Ok(Value::Null), "Present", false).is_ok());
        assert!(unless(refused(), "Present").is_ok());
        assert!(unless(refused(), "Other").is_err());
    }

    #[test]
    fn tags_that_are_not_wanted_go() {
        let wanted = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        let listed = json!([{"Key": "a", "Value": "0"}, {"Key": "b", "Value": "2"}]);
        assert_eq!(tags_gone(&listed, &wanted), ["b"]);
        assert_eq!(tags_gone(&json!({"a": "0", "c": "2"}), &wanted), ["c"]);
        assert!(tags_gone(&Value::Null, &wanted).is_empty());
    }
}
