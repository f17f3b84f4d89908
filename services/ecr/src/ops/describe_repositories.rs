//! DescribeRepositories.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(pattern = "[0-9]{12}")]
    registry_id: Option<String>,
    #[shape(len = 1..=100, each(len = 2..=256))]
    repository_names: Option<Vec<String>>,
    #[shape(range = 1..=1000)]
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    repositories: Vec<Repository>,
}

/// What there never is.
#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct Repository {
    repository_arn: String,
    registry_id: String,
    repository_name: String,
}

/// Tells the repositories of an account: there are none.
pub(crate) struct DescribeRepositories;

impl Operation for DescribeRepositories {
    const NAME: &'static str = "DescribeRepositories";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let names = input.repository_names.iter().flatten();
        let arns: Vec<Arn> = names.map(|name| cx.arn("ecr", format!("repository/{name}"))).collect();
        Ok(if arns.is_empty() { cx.arn("ecr", "repository/*").into() } else { Resource::All(arns) })
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let registry = input.registry_id.unwrap_or_else(|| cx.account().to_owned());
        match input.repository_names.and_then(|names| names.into_iter().next()) {
            Some(name) => Err(Error::RepositoryNotFound(name, registry)),
            None => Ok(Output { repositories: Vec::new() }),
        }
    }
}
