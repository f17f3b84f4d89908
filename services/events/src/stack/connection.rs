//! `AWS::Events::Connection`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, members};

/// `AWS::Events::Connection`.
pub(crate) struct Connection;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;
/// Properties that are members under the same name.
const MEMBERS: [(&str, &str); 4] = [
    ("AuthParameters", "AuthParameters"),
    ("AuthorizationType", "AuthorizationType"),
    ("Description", "Description"),
    ("KmsKeyIdentifier", "KmsKeyIdentifier"),
];

#[async_trait]
impl ResourceType for Connection {
    fn name(&self) -> &'static str {
        "AWS::Events::Connection"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AuthParameters"),
            Property::new("AuthorizationType"),
            Property::new("Description"),
            Property::new("KmsKeyIdentifier"),
            Property::new("Name").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "ArnForPolicy", "SecretArn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let made = call(cx, "CreateConnection", &input(request, &name)).await;
        adopt(made, PRESENT, request.adopts("Name"))?;
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        call(cx, "UpdateConnection", &input(request, &name)).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteConnection", &json!({"Name": request.physical()?})).await, MISSING)
    }
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = members(request, &MEMBERS);
    input["Name"] = json!(name);
    truths(&mut input);
    input
}

/// Truth values of templates may be texts.
fn truths(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let truth = member.as_str().and_then(|text| text.parse::<bool>().ok());
                match truth.filter(|_| name == "IsValueSecret") {
                    Some(truth) => *member = json!(truth),
                    None => truths(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(truths),
        _ => {}
    }
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let shown = call(cx, "DescribeConnection", &json!({"Name": name})).await?;
    let arn = shown["ConnectionArn"].clone();
    let for_policy = cx.arn("events", format_args!("connection/{name}")).to_string();
    let attributes =
        [("Arn", arn), ("ArnForPolicy", json!(for_policy)), ("SecretArn", shown["SecretArn"].clone())];
    Ok(ResourceOutcome::new(name, attributes))
}
