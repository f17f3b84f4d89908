//! DescribeConnection.

use cloud::prelude::*;

use crate::connection::{self, AuthParameters};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    connection_arn: String,
    name: String,
    description: Option<String>,
    connection_state: String,
    state_reason: Option<String>,
    authorization_type: String,
    secret_arn: String,
    kms_key_identifier: Option<String>,
    auth_parameters: AuthParameters,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
    last_authorized_time: Option<Timestamp>,
}

/// Shows a connection without its secrets.
pub(crate) struct DescribeConnection;

impl Operation for DescribeConnection {
    const NAME: &'static str = "DescribeConnection";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(connection::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = connection::open(cx, &input.name).await?;
        let secret = format!("secret:events!connection/{}/{}", row.name, row.secret_id);
        Ok(Output {
            connection_arn: row.arn(),
            secret_arn: cx.arn("secretsmanager", secret).to_string(),
            name: row.name,
            description: row.description,
            connection_state: row.state,
            state_reason: row.state_reason,
            authorization_type: row.kind,
            kms_key_identifier: row.kms_key,
            auth_parameters: connection::shown(row.credentials, row.http),
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            last_authorized_time: row.authorized_at_millis.map(Timestamp::from_millis),
        })
    }
}
