//! A stage, compiled: everything that a request needs, in the form in which it is needed.

use std::time::Duration;

use cloud::caller::Caller;
use proxyevent::router::{Router, Style};

use crate::keys::{ApiRow, Cors, IntegrationRow, RouteRow, StageRow};
use crate::rules;

use super::access_log::LogPlan;

/// The principal that functions are invoked by, as their policies name it.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// A stage.
pub(super) struct StagePlan {
    pub(super) api_id: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) variables: Vec<(String, String)>,
    pub(super) cors: Option<Cors>,
    pub(super) access_log: Option<LogPlan>,
    pub(super) router: Router<RoutePlan>,
    /// The route for what no other one takes.
    pub(super) default: Option<RoutePlan>,
}

/// A route with what stands behind it.
pub(super) struct RoutePlan {
    pub(super) key: String,
    /// The path with its variables, `$default` for the route without one.
    pub(super) path: String,
    pub(super) iam: bool,
    /// None when the route has no target, or its stage variables are missing.
    pub(super) function: Option<String>,
    /// The API as the function sees its caller.
    pub(super) invoker: Caller,
    pub(super) payload_format: Format,
    pub(super) timeout: Duration,
}

/// The format of events and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    One,
    Two,
}

/// Compiles a stage; none when the API is closed to the world.
pub(super) fn compile(
    api: ApiRow,
    stage: StageRow,
    routes: Vec<RouteRow>,
    integrations: &[IntegrationRow],
) -> Option<StagePlan> {
    if api.disabled {
        return None;
    }
    let settings = stage.access_log.as_ref();
    let mut plan = StagePlan {
        access_log: settings
            .and_then(|settings| LogPlan::of(settings, &api.account, &api.region, &api.id, &stage.name)),
        variables: stage.variables.into_iter().collect(),
        name: stage.name,
        api_id: api.id,
        account: api.account,
        region: api.region,
        cors: api.cors,
        router: Router::new(Style::Http),
        default: None,
    };
    for row in routes {
        // Keys were checked when the route was made.
        match rules::route(&row.key).ok()? {
            None => plan.default = Some(route(&plan, &row, "$default", integrations)),
            Some((method, path)) => {
                let compiled = route(&plan, &row, path, integrations);
                plan.router.insert(method, path, compiled);
            }
        }
    }
    Some(plan)
}

fn route(stage: &StagePlan, row: &RouteRow, path: &str, integrations: &[IntegrationRow]) -> RoutePlan {
    let id = row.target.as_deref().and_then(|target| rules::target(target).ok());
    let integration = id.and_then(|id| integrations.iter().find(|integration| integration.id == id));
    let function = integration.and_then(|integration| rules::function(&integration.uri));
    // The permission of a function names the stage and the route's path: .../<api>/<stage>/<path>, or .../$default.
    let StagePlan { api_id, account, region, name, .. } = stage;
    let tail = if path == "$default" { "/$default" } else { path };
    let method =
        row.key.split_once(' ').map_or("*", |(method, _)| if method == "ANY" { "*" } else { method });
    let source_arn = if path == "$default" {
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{name}{tail}")
    } else {
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{name}/{method}{tail}")
    };
    RoutePlan {
        key: row.key.clone(),
        path: path.to_owned(),
        iam: row.iam,
        function: function.and_then(|function| fill(function, &stage.variables)),
        invoker: Caller::service(PRINCIPAL, account.as_str(), region.as_str(), Some(&source_arn)),
        payload_format: match integration.map(|integration| integration.payload_format.as_str()) {
            Some("1.0") => Format::One,
            _ => Format::Two,
        },
        timeout: Duration::from_millis(
            integration.and_then(|integration| u64::try_from(integration.timeout_millis).ok()).unwrap_or(0),
        ),
    }
}

/// Puts stage variables in: `${stageVariables.name}`.
fn fill(text: &str, variables: &[(String, String)]) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${stageVariables.") {
        let (name, after) = behind.split_once('}')?;
        out.push_str(before);
        out.push_str(&variables.iter().find(|(known, _)| known == name)?.1);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
