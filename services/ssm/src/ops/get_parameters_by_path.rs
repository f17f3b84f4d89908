//! GetParametersByPath.

use cloud::prelude::*;
use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::filter::{ParameterStringFilter, under};
use crate::keys;
use crate::limits::BY_PATH_RESULTS;
use crate::parameter::{self, Parameter, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    path: String,
    recursive: Option<bool>,
    parameter_filters: Option<Vec<ParameterStringFilter>>,
    /// Nothing here is encrypted; AWS ignores it for these types, too.
    with_decryption: Option<bool>,
    #[shape(range = 1..=10)]
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<Parameter>,
    next_token: Option<String>,
}

pub(crate) struct GetParametersByPath;

impl Operation for GetParametersByPath {
    const NAME: &'static str = "GetParametersByPath";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(parameter::arn(cx.region(), cx.account(), &input.path).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if !input.path.starts_with('/') {
            return Err(Error::Validation(
                "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a \
                 forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use \
                 only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special \
                 characters are not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". \
                 Valid example: /get/parameters2-/by1./path0_."
                    .to_owned(),
            ));
        }
        let filters = input.parameter_filters.unwrap_or_default();
        for filter in &filters {
            filter.check()?;
        }
        let limit =
            input.max_results.and_then(|count| usize::try_from(count).ok()).unwrap_or(BY_PATH_RESULTS);
        let recursive = input.recursive.unwrap_or(false);
        let path = input.path.trim_end_matches('/').to_owned();
        // Names of one level are stored without their slash, and lie under the root.
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut after = Cursor::of_token(input.next_token.as_deref(), || Error::InvalidNextToken)?;
        let mut parameters = Vec::new();
        loop {
            // One row at a time keeps the cursor exact; pages are at most ten results.
            let page = keys::starting(cx, &prefix, &Paging::after(1, after)).await?;
            for row in &page.items {
                if under(&row.name, &path, recursive) && filters.iter().all(|filter| filter.matches(row)) {
                    parameters.push(Parameter::of(row, &row.current, &Reference::parse(&row.name)));
                }
            }
            after = page.next;
            if after.is_none() || parameters.len() == limit {
                return Ok(Output { parameters, next_token: after.map(|cursor| cursor.to_text()) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    fn names(answer: &Value) -> Vec<&str> {
        answer["Parameters"].as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap()).collect()
    }

    async fn world() -> World {
        let world = World::new(&[&crate::SSM]).await;
        for name in ["/a/1", "/a/2", "/a/b/3", "/ab/4", "top"] {
            world.ok("ssm", "PutParameter", json!({"Name": name, "Value": "v", "Type": "String"})).await;
        }
        world
    }

    #[tokio::test]
    async fn one_level_or_all() {
        let world = world().await;
        let answer = world.ok("ssm", "GetParametersByPath", json!({"Path": "/a"})).await;
        assert_eq!(names(&answer), ["/a/1", "/a/2"]);
        let answer = world.ok("ssm", "GetParametersByPath", json!({"Path": "/a/", "Recursive": true})).await;
        assert_eq!(names(&answer), ["/a/1", "/a/2", "/a/b/3"]);
        let answer = world.ok("ssm", "GetParametersByPath", json!({"Path": "/"})).await;
        assert_eq!(names(&answer), ["top"]);
    }

    #[tokio::test]
    async fn pages_join_without_gaps() {
        let world = world().await;
        let first = json!({"Path": "/", "Recursive": true, "MaxResults": 3});
        let answer = world.ok("ssm", "GetParametersByPath", first).await;
        assert_eq!(names(&answer), ["/a/1", "/a/2", "/a/b/3"]);
        let rest = json!({"Path": "/", "Recursive": true, "MaxResults": 3, "NextToken": answer["NextToken"]});
        let answer = world.ok("ssm", "GetParametersByPath", rest).await;
        assert_eq!(names(&answer), ["/ab/4", "top"]);
        assert_eq!(answer.get("NextToken"), None);
    }

    #[tokio::test]
    async fn paths_begin_with_a_slash() {
        let world = world().await;
        assert_eq!(
            world.error("ssm", "GetParametersByPath", json!({"Path": "a"})).await.0,
            "ValidationException"
        );
    }
}
