//! CreateConnection.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::connection::{self, AuthParameters, AuthorizationType, Changed};
use crate::error::Error;
use crate::keys::ConnectionRow;
use crate::limits::CONNECTIONS_MAX;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    authorization_type: AuthorizationType,
    auth_parameters: AuthParameters,
    invocation_connectivity_parameters: Option<serde_json::Value>,
    #[shape(len = 0..=2048)]
    kms_key_identifier: Option<String>,
}

/// Makes a connection.
///
/// Differs from AWS: its secrets stay in the connection, there is no secret of Secrets Manager.
pub(crate) struct CreateConnection;

impl Operation for CreateConnection {
    const NAME: &'static str = "CreateConnection";
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
        let credentials = connection::credentials(input.authorization_type, &input.auth_parameters, None)?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page = Paging::first(CONNECTIONS_MAX);
        let present = table::list::<ConnectionRow>(cx.tx(), (&account, &region), &page).await?;
        if present.items.len() >= CONNECTIONS_MAX {
            return Err(Error::Limit);
        }
        let now_millis = cx.now().millis();
        let suffix = cx.chance().text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6);
        let mut row = ConnectionRow {
            account,
            region,
            name: input.name,
            id: cx.new_id(),
            secret_id: format!("{}-{suffix}", cx.new_id()),
            description: input.description,
            kind: input.authorization_type.as_str().to_owned(),
            state: String::new(),
            state_reason: None,
            kms_key: input.kms_key_identifier,
            credentials: Some(credentials),
            http: connection::http(&input.auth_parameters)?,
            version: 1,
            created_at_millis: now_millis,
            modified_at_millis: now_millis,
            authorized_at_millis: None,
        };
        connection::begin(cx, &mut row).await?;
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Exists(format!("Connection {} already exists.", row.name)));
        }
        Ok(Changed::of(&row, false))
    }
}
