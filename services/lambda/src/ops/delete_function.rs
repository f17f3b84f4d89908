//! DeleteFunction.

use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::function;
use crate::keys::{self, AliasRow, FunctionRow, ProvisionedRow, UrlRow, VersionRow};
use crate::names::{FunctionRef, LATEST, is_number};
use crate::runner::Runner;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(status)]
    status_code: i32,
}

/// Versions and aliases read at once.
const PAGE: usize = 1000;

/// Deletes a function with everything that belongs to it, or one version of it.
pub(crate) struct DeleteFunction;

impl Operation for DeleteFunction {
    const NAME: &'static str = "DeleteFunction";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/2015-03-31/functions/{FunctionName}", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let now = cx.now().millis();
        let target = function.clone();
        cx.transact(|tx| {
            let target = target.clone();
            Box::pin(async move {
                match target.qualifier.as_deref() {
                    None => delete_all(tx, &target, now).await,
                    Some(LATEST) => Err(Error::invalid(
                        "$LATEST version cannot be deleted without deleting the function.",
                    )),
                    Some(version) => delete_version(tx, &target, version, now).await,
                }
            })
        })
        .await?;
        if function.qualifier.is_none() {
            Runner::of(cx).forget(&function);
        }
        Ok(Output { status_code: 204 })
    }
}

async fn delete_all(tx: &mut Tx, function: &FunctionRef, now: i64) -> Result<(), Error> {
    let row = function::open(tx, function).await?;
    function::disown(tx, &row.latest, now).await?;
    loop {
        let page = table::list::<VersionRow>(tx, keys::of(function), &Paging::first(PAGE)).await?;
        for version in &page.items {
            function::disown(tx, &version.config, now).await?;
            table::delete::<VersionRow>(tx, (&row.account, &row.region, &row.name, version.number)).await?;
        }
        if page.next.is_none() {
            break;
        }
    }
    table::delete_under::<AliasRow>(tx, keys::of(function), PAGE).await?;
    table::delete_under::<ProvisionedRow>(tx, keys::of(function), PAGE).await?;
    for url in row.urls.values() {
        table::delete::<UrlRow>(tx, &url.id).await?;
    }
    table::delete::<FunctionRow>(tx, keys::of(function)).await?;
    Ok(())
}

async fn delete_version(tx: &mut Tx, function: &FunctionRef, version: &str, now: i64) -> Result<(), Error> {
    let mut row = function::open(tx, function).await?;
    if !is_number(version) {
        return Err(Error::invalid("Deletion of aliases is not currently supported."));
    }
    let aliases = table::list::<AliasRow>(tx, keys::of(function), &Paging::first(PAGE)).await?;
    let uses = |alias: &&AliasRow| {
        alias.version == version || alias.routing.as_ref().is_some_and(|(other, _)| other == version)
    };
    if let Some(alias) = aliases.items.iter().find(uses) {
        return Err(Error::Conflict(format!(
            "Version {version} is currently referenced by alias {}:{}. Please remove the alias first.",
            function.arn().as_str().rsplit_once(":function:").map_or("", |(_, name)| name),
            alias.alias
        )));
    }
    let Ok(number) = version.parse::<u64>() else { return Err(function.not_found()) };
    let gone: Option<VersionRow> =
        table::delete(tx, (&function.account, &function.region, &function.name, number)).await?;
    let gone = gone.ok_or_else(|| function.not_found())?;
    function::disown(tx, &gone.config, now).await?;
    table::delete::<ProvisionedRow>(tx, (&function.account, &function.region, &function.name, version))
        .await?;
    row.policies.remove(version);
    row.event_invoke.remove(version);
    table::put(tx, &row).await?;
    Ok(())
}
