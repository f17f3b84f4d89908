//! UpdateConnection.

use cloud::prelude::*;
use store::layer::table;

use crate::connection::{self, AuthParameters, AuthorizationType, Changed};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    authorization_type: Option<AuthorizationType>,
    auth_parameters: Option<AuthParameters>,
    invocation_connectivity_parameters: Option<serde_json::Value>,
    #[shape(len = 0..=2048)]
    kms_key_identifier: Option<String>,
}

/// Changes a connection. What is not given stays.
pub(crate) struct UpdateConnection;

impl Operation for UpdateConnection {
    const NAME: &'static str = "UpdateConnection";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(connection::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        if input.invocation_connectivity_parameters.is_some() {
            return Err(Error::unsupported("InvocationConnectivityParameters"));
        }
        let mut row = connection::open(cx, &input.name).await?;
        row.description = input.description.or(row.description);
        row.kms_key = input.kms_key_identifier.or(row.kms_key);
        row.modified_at_millis = cx.now().millis();
        if input.auth_parameters.is_some() || input.authorization_type.is_some() {
            let kind = input.authorization_type.unwrap_or_else(|| AuthorizationType::of(&row.kind));
            let given = input.auth_parameters.unwrap_or_default();
            row.credentials = Some(connection::credentials(kind, &given, row.credentials.as_ref())?);
            row.http = connection::http(&given)?.or(row.http);
            row.kind = kind.as_str().to_owned();
            row.version += 1;
            connection::begin(cx, &mut row).await?;
        }
        table::put(cx.tx(), &row).await?;
        Ok(Changed::of(&row, true))
    }
}
