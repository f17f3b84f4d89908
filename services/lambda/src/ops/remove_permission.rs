//! RemovePermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(label, len = 1..=100, pattern = "([a-zA-Z0-9-_.]+)")]
    statement_id: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    #[shape(querystring = "RevisionId")]
    revision_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes a permission back.
pub(crate) struct RemovePermission;

impl Operation for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let revision = cx.new_id();
        let mut row = function::find(cx.tx(), &function).await?.row;
        let key = function.qualifier.clone().unwrap_or_default();
        let none = || Error::NotFound("No policy is associated with the given resource.".to_string());
        let policy = row.policies.get_mut(&key).ok_or_else(none)?;
        if let Some(wanted) = &input.revision_id {
            function::check_revision(Some(wanted), &policy.revision_id)?;
        }
        policy.remove(&input.statement_id, revision)?;
        if policy.statements.is_empty() {
            row.policies.remove(&key);
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
