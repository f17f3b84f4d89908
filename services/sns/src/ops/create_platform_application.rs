//! CreatePlatformApplication.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    name: String,
    #[shape(default)]
    platform: String,
    #[shape(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    platform_application_arn: String,
}

/// Differs from AWS: mobile push is not there; what AWS finds wrong with a request is found here, too.
pub(crate) struct CreatePlatformApplication;

impl Operation for CreatePlatformApplication {
    const NAME: &'static str = "CreatePlatformApplication";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("sns", format_args!("app/{}/{}", input.platform, input.name)).into())
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::check_some(&input.attributes)?;
        // Texts recorded: test_create_platform_application_invalid_attributes.
        let missing = |given: &str, wanted: &str| {
            let half = input.attributes.contains_key(given) && !input.attributes.contains_key(wanted);
            half.then(|| {
                Error::invalid(format!("Attributes Reason: {given} attribute provided without {wanted}"))
            })
        };
        let half = missing("PlatformPrincipal", "PlatformCredential")
            .or_else(|| missing("PlatformCredential", "PlatformPrincipal"));
        Err(half.unwrap_or_else(|| Error::unsupported("Platform", "mobile push")))
    }
}
