//! AuthorizeConnection: gets the first token of a connection. It has no place in the API: the outbox calls it.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{ConnectionRow, CredentialsRow};
use crate::oauth::Tokens;

/// The attempt after which an endpoint that cannot be reached counts as one that refuses.
const ATTEMPTS_MAX: u32 = 8;

#[derive(Shape)]
pub(crate) struct Input {
    name: String,
    id: String,
    version: i64,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Authorizes a connection, or says why it is not.
pub(crate) struct AuthorizeConnection;

impl Operation for AuthorizeConnection {
    const NAME: &'static str = "AuthorizeConnection";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let key = (cx.account().to_owned(), cx.region().to_owned(), input.name.clone());
        let row = cx.get::<ConnectionRow>(key.clone()).await?;
        let Some(row) = row.filter(|row| is_same(row, &input)) else { return Ok(Output) };
        let Some(CredentialsRow::Oauth(oauth)) = &row.credentials else { return Ok(Output) };
        let refused = match cx.state::<Tokens>().header(cx, &row, oauth).await {
            Ok(_) => None,
            Err(failure) if failure.status() >= 500 && cx.attempt() < ATTEMPTS_MAX => {
                return Err(failure.into());
            }
            Err(failure) => Some(failure.message().to_owned()),
        };
        let now_millis = cx.now().millis();
        let input = std::sync::Arc::new(input);
        cx.transact(move |tx| {
            let (key, refused, input) = (key.clone(), refused.clone(), input.clone());
            Box::pin(async move {
                let row = table::get::<ConnectionRow>(tx, key).await?;
                let Some(mut row) = row.filter(|row| is_same(row, &input)) else { return Ok::<_, Error>(()) };
                row.state = if refused.is_none() { "AUTHORIZED" } else { "DEAUTHORIZED" }.to_owned();
                row.authorized_at_millis =
                    refused.is_none().then_some(now_millis).or(row.authorized_at_millis);
                row.state_reason = refused;
                Ok(table::put(tx, &row).await?)
            })
        })
        .await?;
        Ok(Output)
    }
}

/// Whether nothing was changed meanwhile.
fn is_same(row: &ConnectionRow, input: &Input) -> bool {
    row.id == input.id && u64::try_from(input.version).is_ok_and(|version| version == row.version)
}
