//! CreatePolicy.

use cloud::identity::ids;
use cloud::identity::record::{self, ManagedPolicy, PolicyVersion};
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::shapes::{self, PolicyShape};
use crate::tags::{self, Tag};
use crate::{entity, names, versions};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    policy_name: String,
    #[shape(len = 1..=512)]
    path: Option<String>,
    #[shape(len = 1..=131072)]
    policy_document: String,
    #[shape(len = 0..=1000)]
    description: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy: PolicyShape,
}

/// Makes a managed policy.
pub(crate) struct CreatePolicy;

impl Operation for CreatePolicy {
    const NAME: &'static str = "CreatePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "policy", input.path.as_deref().unwrap_or("/"), &input.policy_name).into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(tags::conditions(input.tags.as_ref()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        names::check("policyName", &input.policy_name)?;
        versions::check(&input.policy_document)?;
        let now = cx.now().millis();
        let policy = ManagedPolicy {
            account: cx.account().to_owned(),
            name: input.policy_name,
            path: names::path(input.path)?,
            id: ids::unique(cx.chance(), "ANPA"),
            description: input.description,
            created_at_millis: now,
            updated_at_millis: now,
            default_version: "v1".to_owned(),
            versions: vec![PolicyVersion {
                id: "v1".to_owned(),
                document: input.policy_document,
                created_at_millis: now,
            }],
            next_version: 2,
            tags: tags::new(input.tags)?,
        };
        if table::exists::<ManagedPolicy>(cx.tx(), record::key(&policy.account, &policy.name)).await? {
            let text =
                format!("A policy called {} already exists. Duplicate names are not allowed.", policy.name);
            return Err(Error::AlreadyExists(text));
        }
        entity::save(cx, &policy).await?;
        Ok(Output { policy: shapes::new_policy(&policy) })
    }
}
