//! PutParameter.
//!
//! Differs from AWS: SecureString is refused until KMS is there; parameter policies are refused.

use cloud::access;
use cloud::prelude::*;

use super::tagging::Tag;
use crate::error::Error;
use crate::keys::{self, ParameterRow, Version};
use crate::limits::{TAGS_MAX, VERSIONS_MAX};
use crate::parameter::{self, Reference, Tier};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    name: String,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    value: String,
    #[shape(name = "Type")]
    kind: Option<parameter::Kind>,
    #[shape(len = 1..=256, pattern = "^([a-zA-Z0-9:/_-]+)$")]
    key_id: Option<String>,
    overwrite: Option<bool>,
    #[shape(len = 0..=1024)]
    allowed_pattern: Option<String>,
    #[shape(len = 0..=1000)]
    tags: Option<Vec<Tag>>,
    tier: Option<Tier>,
    #[shape(len = 1..=4096)]
    policies: Option<String>,
    #[shape(len = 0..=128)]
    data_type: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    version: i64,
    tier: Tier,
}

pub(crate) struct PutParameter;

impl Operation for PutParameter {
    const NAME: &'static str = "PutParameter";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(parameter::arn(cx.region(), cx.account(), &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten().map(|tag| (&tag.key, &tag.value)))])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        parameter::check_name(&input.name)?;
        refuse_unsupported(&input)?;
        let stored = Reference::parse(&input.name).stored;
        let existing = keys::get(cx, &stored).await?;
        let overwrite = input.overwrite.unwrap_or(false);
        if existing.is_some() && !overwrite {
            return Err(Error::ParameterAlreadyExists);
        }
        let (version, tier) = next_version(cx, &input, existing.as_ref())?;
        let tags = match &existing {
            Some(row) => row.tags.clone(),
            None => tags(input.tags)?,
        };
        let row = ParameterRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: stored,
            current: version,
            tags,
        };
        keys::put(cx.tx(), &row, VERSIONS_MAX).await?;
        Ok(Output { version: row.current.number, tier })
    }
}

fn refuse_unsupported(input: &Input) -> Result<(), Error> {
    if input.kind == Some(parameter::Kind::SecureString) || input.key_id.is_some() {
        return Err(Error::UnsupportedType(
            "SecureString parameters need KMS, which this cloud does not have yet; use String".to_owned(),
        ));
    }
    if input.policies.is_some() {
        return Err(Error::Validation("parameter policies are not supported by this cloud yet".to_owned()));
    }
    if !matches!(input.data_type.as_deref(), None | Some("text")) {
        return Err(Error::Validation("this cloud supports the data type `text` only".to_owned()));
    }
    if input.value.is_empty() {
        return Err(Error::Validation(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: \
             Member must have length greater than or equal to 1."
                .to_owned(),
        ));
    }
    if input.overwrite == Some(true) && input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        return Err(Error::Validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please \
             remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
             RemoveTagsFromResource."
                .to_owned(),
        ));
    }
    Ok(())
}

fn next_version(cx: &Cx, input: &Input, existing: Option<&ParameterRow>) -> Result<(Version, Tier), Error> {
    let current = existing.map(|row| &row.current);
    let kind = match (input.kind, current) {
        (Some(kind), Some(current)) if kind.as_str() != current.kind => return Err(Error::TypeMismatch),
        (Some(kind), _) => kind.as_str().to_owned(),
        (None, Some(current)) => current.kind.clone(),
        (None, None) => {
            return Err(Error::Validation(
                "A parameter type is required when you create a parameter.".to_owned(),
            ));
        }
    };
    // What an overwrite leaves out stays as it was.
    let kept = |asked: &Option<String>, old: Option<&Option<String>>| {
        asked.clone().or_else(|| old.cloned().flatten())
    };
    let allowed_pattern = kept(&input.allowed_pattern, current.map(|version| &version.allowed_pattern));
    parameter::check_pattern(allowed_pattern.as_deref(), &input.value)?;
    let tier = parameter::tier(input.tier, current.map(|version| version.tier.as_str()), &input.value)?;
    let version = Version {
        number: current.map_or(1, |version| version.number + 1),
        kind,
        value: input.value.clone(),
        description: kept(&input.description, current.map(|version| &version.description)),
        allowed_pattern,
        tier: tier.as_str().to_owned(),
        data_type: "text".to_owned(),
        modified_at_millis: cx.now().millis(),
        modified_by: cx.caller().arn(),
    };
    Ok((version, tier))
}

fn tags(tags: Option<Vec<Tag>>) -> Result<std::collections::BTreeMap<String, String>, Error> {
    let tags = tags.unwrap_or_default();
    if tags.len() > TAGS_MAX {
        return Err(Error::TooManyTags);
    }
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{World, nobody};

    #[tokio::test]
    async fn versions_count_up() {
        let world = World::new(&[&crate::SSM]).await;
        let put = json!({"Name": "key", "Value": "1", "Type": "String"});
        assert_eq!(world.ok("ssm", "PutParameter", put).await, json!({"Version": 1, "Tier": "Standard"}));
        let put = json!({"Name": "/key", "Value": "2", "Overwrite": true});
        assert_eq!(world.ok("ssm", "PutParameter", put).await, json!({"Version": 2, "Tier": "Standard"}));
    }

    #[tokio::test]
    async fn existing_parameters_stay_without_overwrite() {
        let world = World::new(&[&crate::SSM]).await;
        let put = json!({"Name": "key", "Value": "1", "Type": "String"});
        world.ok("ssm", "PutParameter", put.clone()).await;
        assert_eq!(world.error("ssm", "PutParameter", put).await.0, "ParameterAlreadyExists");
    }

    #[tokio::test]
    async fn bad_requests_change_nothing() {
        let world = World::new(&[&crate::SSM]).await;
        let cases = [
            (json!({"Name": "a", "Value": "1"}), "ValidationException"),
            (json!({"Name": "a", "Value": "1", "Type": "SecureString"}), "UnsupportedParameterType"),
            (json!({"Name": "a", "Value": "", "Type": "String"}), "ValidationException"),
            (json!({"Name": "aws-a", "Value": "1", "Type": "String"}), "ValidationException"),
            (
                json!({"Name": "a", "Value": "x", "Type": "String", "AllowedPattern": "^[0-9]+$"}),
                "ParameterPatternMismatchException",
            ),
        ];
        for (input, code) in cases {
            assert_eq!(world.error("ssm", "PutParameter", input.clone()).await.0, code, "{input}");
        }
        assert_eq!(world.error("ssm", "GetParameter", json!({"Name": "a"})).await.0, "ParameterNotFound");
    }

    #[tokio::test]
    async fn nobody_is_denied() {
        let world = World::new(&[&crate::SSM]).await;
        let put = json!({"Name": "a", "Value": "1", "Type": "String"});
        let failure = world.call_as(nobody(), "ssm", "PutParameter", put).await.unwrap_err();
        assert_eq!(failure.code(), "AccessDeniedException");
        // docs: IAM User Guide, "Troubleshoot access denied error messages"
        assert_eq!(
            failure.message(),
            "User: arn:aws:iam::000000000000:user/nobody is not authorized to perform: ssm:PutParameter on resource: \
             arn:aws:ssm:us-east-1:000000000000:parameter/a because no identity-based policy allows the \
             ssm:PutParameter action"
        );
    }
}
