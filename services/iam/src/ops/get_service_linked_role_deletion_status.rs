//! GetServiceLinkedRoleDeletionStatus.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1000)]
    deletion_task_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    status: String,
}

/// How the deletion of a role of a service is going.
pub(crate) struct GetServiceLinkedRoleDeletionStatus;

impl Operation for GetServiceLinkedRoleDeletionStatus {
    const NAME: &'static str = "GetServiceLinkedRoleDeletionStatus";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        // task/aws-service-role/<service>/<role>/<id>
        let missing =
            || Error::NoSuchEntity(format!("Deletion task {} does not exist.", input.deletion_task_id));
        let mut parts = input.deletion_task_id.split('/');
        let task = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some("task"), Some("aws-service-role"), Some(_), Some(name), Some(_)) = task else {
            return Err(missing());
        };
        let gone = entity::find::<Role>(cx, name).await?.is_none();
        Ok(Output { status: if gone { "SUCCEEDED" } else { "NOT_STARTED" }.to_owned() })
    }
}
