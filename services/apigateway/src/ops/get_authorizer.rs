//! GetAuthorizer.

use cloud::prelude::*;

use crate::api::{access, part};
use crate::authorizers::Authorizer;
use crate::error::Error;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    authorizer_id: String,
}

/// Describes an authorizer.
pub(crate) struct GetAuthorizer;

impl Operation for GetAuthorizer {
    const NAME: &'static str = "GetAuthorizer";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("GET", "/restapis/{restApiId}/authorizers/{authorizerId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Authorizer;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/authorizers/{}", input.rest_api_id, input.authorizer_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Authorizer, Error> {
        let row = part(cx, &input.rest_api_id, &input.authorizer_id).await?;
        row.map(Authorizer::of).ok_or_else(Error::no_authorizer)
    }
}
