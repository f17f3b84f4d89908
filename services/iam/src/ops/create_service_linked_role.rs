//! CreateServiceLinkedRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, RoleShape};
use crate::{entity, service_role};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "AWSServiceName", len = 1..=128)]
    service: String,
    #[shape(len = 0..=1000)]
    description: Option<String>,
    #[shape(len = 1..=64)]
    custom_suffix: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    role: RoleShape,
}

/// Makes the role of a service.
pub(crate) struct CreateServiceLinkedRole;

impl Operation for CreateServiceLinkedRole {
    const NAME: &'static str = "CreateServiceLinkedRole";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", &service_role::path(&input.service), "*").into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![("iam:AWSServiceName", vec![input.service.clone()])])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let role = service_role::new(cx, &input.service, input.description, input.custom_suffix)?;
        if entity::find::<Role>(cx, &role.name).await?.is_some() {
            return Err(Error::InvalidInput(format!(
                "Service role name {} has been taken in this account, please try a different suffix.",
                role.name
            )));
        }
        entity::create(cx, &role).await?;
        Ok(Output { role: shapes::listed_role(&role) })
    }
}
