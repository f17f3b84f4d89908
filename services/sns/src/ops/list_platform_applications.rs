//! ListPlatformApplications.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    platform_applications: Vec<String>,
}

/// Lists the applications of mobile push: none.
pub(crate) struct ListPlatformApplications;

impl Operation for ListPlatformApplications {
    const NAME: &'static str = "ListPlatformApplications";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::no_more(input.next_token.as_ref())?;
        Ok(Output { platform_applications: Vec::new() })
    }
}
