//! A stage, compiled: everything that a request needs, in the form in which it is needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cloud::caller::Caller;
use jsonschema::Validator;
use proxyevent::Request;
use proxyevent::router::{Router, Style};
use regex::Regex;

use crate::keys::{
    ApiRow, AuthorizerRow, GatewayResponseRow, Integration, Method, MethodSetting, ModelRow, ResourceRow,
    SnapshotPart, StageRow, Texts, ValidatorRow,
};
use crate::limits::{STREAM_IDLE, STREAM_IDLE_EDGE};
use crate::models;
use crate::responses::{ResponseType, TEMPLATE};
use crate::rules::CUSTOM;

use super::access_log::LogPlan;
use super::authorizer::AuthorizerPlan;
use super::mapping::{
    Source, Template, fill_stage_variables, function_of, streaming_function_of, target_header,
};
use super::throttle::Throttle;

/// The principal that functions are invoked by, as their policies name it.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// A stage.
pub(crate) struct StagePlan {
    pub(super) api_id: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) deployment_id: String,
    pub(super) variables: Vec<(String, String)>,
    pub(super) binary_media_types: Vec<String>,
    pub(super) minimum_compression_size: Option<i32>,
    pub(super) policy: Option<String>,
    pub(super) disabled: bool,
    pub(super) access_log: Option<LogPlan>,
    /// Whether the authorizer names the API key, and not a header.
    pub(super) key_of_authorizer: bool,
    /// Whether a method needs an API key.
    pub(super) needs_keys: bool,
    /// The API keys that open the stage, by their values.
    pub(super) keys: HashMap<String, KeyPlan>,
    pub(super) router: Router<MethodPlan>,
    pub(super) responses: HashMap<ResponseType, ResponsePlan>,
}

/// A method of a resource.
pub(super) struct MethodPlan {
    pub(super) resource_id: String,
    pub(super) resource_path: String,
    pub(super) operation_name: Option<String>,
    pub(super) guard: Guard,
    pub(super) throttle: Option<Throttle>,
    pub(super) api_key_required: bool,
    /// The names of required parameters, by the place that they are looked for in.
    pub(super) required: Vec<Required>,
    /// Schemas by media type, when bodies are validated. None for a model that is no JSON schema.
    pub(super) schemas: Option<Vec<(String, Option<Validator>)>>,
    pub(super) target: Target,
}

/// An API key that opens a stage.
pub(super) struct KeyPlan {
    pub(super) id: String,
    /// How often its usage plan lets it in.
    pub(super) throttle: Option<Throttle>,
}

/// Who may call a method.
pub(super) enum Guard {
    Open,
    Iam,
    /// Whom the authorizer lets in; nobody when the authorizer is missing.
    Custom(Option<Arc<AuthorizerPlan>>),
}

/// A parameter that must be there.
pub(super) struct Required {
    pub(super) place: Place,
    pub(super) name: String,
}

/// Where parameters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Query,
    Path,
}

/// What stands behind a method.
pub(super) enum Target {
    Lambda(LambdaPlan),
    Mock(MockPlan),
}

/// A Lambda function.
pub(super) struct LambdaPlan {
    /// None when the function cannot be named: a stage variable is missing, or the method is not POST.
    pub(super) function: Option<String>,
    /// The API as the function sees its caller.
    pub(super) invoker: Caller,
    pub(super) timeout: Duration,
    /// The longest pause of an answer that is passed on as it comes; none for one that is passed on whole.
    pub(super) idle: Option<Duration>,
}

/// A mock.
pub(super) struct MockPlan {
    pub(super) templates: Option<Texts>,
    pub(super) passthrough: String,
    pub(super) answers: Vec<MockAnswer>,
}

/// One answer of a mock.
pub(super) struct MockAnswer {
    pub(super) status: u16,
    pub(super) pattern: Option<Regex>,
    pub(super) parameters: Vec<(String, Source)>,
    pub(super) templates: Texts,
}

/// A gateway response.
pub(super) struct ResponsePlan {
    pub(super) status: Option<u16>,
    pub(super) parameters: Vec<(String, Source)>,
    templates: Vec<(String, Template)>,
}

impl ResponsePlan {
    /// The template for the media type that the client accepts, or the first one.
    pub(super) fn template(&self, request: &Request<'_>) -> Option<(&str, &Template)> {
        let accept = request.header_text("accept").unwrap_or("");
        let fitting = self.templates.iter().find(|(media_type, _)| accept.contains(media_type.as_str()));
        let json = || self.templates.iter().find(|(media_type, _)| media_type == "application/json");
        let chosen = fitting.or_else(json).or_else(|| self.templates.first())?;
        Some((&chosen.0, &chosen.1))
    }
}

/// Compiles a stage out of its row and the copy of the API that it serves.
pub(crate) fn compile(stage: StageRow, parts: Vec<SnapshotPart>) -> Option<StagePlan> {
    let mut api: Option<ApiRow> = None;
    let mut resources: Vec<ResourceRow> = Vec::new();
    let mut models: Vec<ModelRow> = Vec::new();
    let mut validators: Vec<ValidatorRow> = Vec::new();
    let mut responses: Vec<GatewayResponseRow> = Vec::new();
    let mut authorizers: Vec<AuthorizerRow> = Vec::new();
    for part in parts {
        match part {
            SnapshotPart::Api(row) => api = Some(row),
            SnapshotPart::Resource(row) => resources.push(row),
            SnapshotPart::Model(row) => models.push(row),
            SnapshotPart::Validator(row) => validators.push(row),
            SnapshotPart::GatewayResponse(row) => responses.push(row),
            SnapshotPart::Authorizer(row) => authorizers.push(row),
        }
    }
    let api = api?;
    let variables: Vec<_> = stage.variables.clone().unwrap_or_default().into_iter().collect();
    let authorizers = authorizers.into_iter().filter_map(|row| {
        let plan = AuthorizerPlan::of(&api, &variables, &row)?;
        Some((row.id, Arc::new(plan)))
    });
    let compiler = Compiler {
        api: &api,
        stage: &stage.name,
        variables: &variables,
        models: &models,
        validators: &validators,
        authorizers: authorizers.collect(),
        settings: &stage.method_settings,
    };
    let mut router = Router::new(Style::Rest);
    let mut needs_keys = false;
    for resource in resources {
        for (name, method) in resource.methods {
            needs_keys |= method.api_key_required;
            let plan = compiler.method(&resource.id, &resource.path, &name, method)?;
            router.insert(&name, &resource.path, plan);
        }
    }
    Some(StagePlan {
        access_log: stage
            .access_log
            .and_then(|settings| LogPlan::of(&settings, &api.account, &api.region, &api.id, &stage.name)),
        router,
        responses: responses.into_iter().filter_map(response).collect(),
        name: stage.name,
        deployment_id: stage.deployment_id,
        variables,
        api_id: api.id,
        account: api.account,
        region: api.region,
        binary_media_types: api.binary_media_types,
        minimum_compression_size: api.minimum_compression_size,
        policy: api.policy,
        disabled: api.disable_execute_api_endpoint,
        key_of_authorizer: api.api_key_source == "AUTHORIZER",
        needs_keys,
        keys: HashMap::new(),
    })
}

struct Compiler<'a> {
    api: &'a ApiRow,
    stage: &'a str,
    variables: &'a [(String, String)],
    models: &'a [ModelRow],
    validators: &'a [ValidatorRow],
    authorizers: HashMap<String, Arc<AuthorizerPlan>>,
    settings: &'a BTreeMap<String, MethodSetting>,
}

impl Compiler<'_> {
    fn method(&self, resource_id: &str, path: &str, name: &str, row: Method) -> Option<MethodPlan> {
        let validator =
            row.request_validator_id.as_ref().and_then(|id| self.validators.iter().find(|row| row.id == *id));
        let required = match validator.is_some_and(|validator| validator.parameters) {
            true => required(row.request_parameters.iter().flatten()),
            false => Vec::new(),
        };
        let schemas = validator
            .is_some_and(|validator| validator.body)
            .then(|| self.schemas(row.request_models.as_ref()));
        let integration = row.integration?;
        let target = match integration.kind.as_str() {
            "MOCK" => Target::Mock(mock(integration)),
            _ => Target::Lambda(self.lambda(path, name, &integration)),
        };
        Some(MethodPlan {
            resource_id: resource_id.to_owned(),
            resource_path: path.to_owned(),
            operation_name: row.operation_name,
            throttle: self.throttle(path, name),
            guard: self.guard(&row.authorization_type, row.authorizer_id.as_deref()),
            api_key_required: row.api_key_required,
            required,
            schemas,
            target,
        })
    }

    /// The limits of a method, or those that the stage has for all.
    fn throttle(&self, path: &str, method: &str) -> Option<Throttle> {
        let own = self.settings.get(&format!("{}/{method}", path.trim_start_matches('/')));
        [own, self.settings.get("*/*")]
            .into_iter()
            .flatten()
            .find_map(|setting| Throttle::new(setting.rate_limit, setting.burst_limit))
    }

    fn guard(&self, authorization_type: &str, authorizer_id: Option<&str>) -> Guard {
        match authorization_type {
            "AWS_IAM" => Guard::Iam,
            CUSTOM => Guard::Custom(authorizer_id.and_then(|id| self.authorizers.get(id)).cloned()),
            _ => Guard::Open,
        }
    }

    fn schemas(&self, models: Option<&Texts>) -> Vec<(String, Option<Validator>)> {
        let compiled = models.into_iter().flatten().map(|(media_type, name)| {
            let validator = models::resolved(name, self.models).and_then(|schema| {
                jsonschema::draft4::options()
                    .build(&schema)
                    .inspect_err(|error| tracing::warn!(api = %self.api.id, model = %name, %error, "a model is no schema"))
                    .ok()
            });
            (media_type.to_ascii_lowercase(), validator)
        });
        compiled.collect()
    }

    /// The permission of the function is asked with the declared method and the path with its variables.
    fn lambda(&self, path: &str, method: &str, integration: &Integration) -> LambdaPlan {
        let function_of = if integration.streams { streaming_function_of } else { function_of };
        let named = integration.uri.as_deref().and_then(function_of);
        let function = named.and_then(|function| fill_stage_variables(function, self.variables));
        let posted =
            integration.http_method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("POST"));
        let ApiRow { id, region, account, .. } = self.api;
        LambdaPlan {
            function: function.filter(|_| posted),
            invoker: invoker(
                self.api,
                &format!("arn:aws:execute-api:{region}:{account}:{id}/{}/{method}{path}", self.stage),
            ),
            timeout: Duration::from_millis(u64::try_from(integration.timeout_millis).unwrap_or(0)),
            idle: integration.streams.then_some(
                match self.api.endpoint_types.iter().any(|kind| kind == "EDGE") {
                    true => STREAM_IDLE_EDGE,
                    false => STREAM_IDLE,
                },
            ),
        }
    }
}

/// An API as a function sees its caller.
pub(super) fn invoker(api: &ApiRow, source_arn: &str) -> Caller {
    Caller::service(PRINCIPAL, api.account.as_str(), api.region.as_str(), Some(source_arn))
}

fn required<'a>(parameters: impl Iterator<Item = (&'a String, &'a bool)>) -> Vec<Required> {
    let needed = parameters.filter(|(_, needed)| **needed).filter_map(|(name, _)| {
        let (place, name) = name.strip_prefix("method.request.")?.split_once('.')?;
        let place = match place {
            "header" => Place::Header,
            "querystring" => Place::Query,
            _ => Place::Path,
        };
        Some(Required { place, name: name.to_owned() })
    });
    needed.collect()
}

fn mock(integration: Integration) -> MockPlan {
    let answers = integration.responses.into_iter().filter_map(|(status, row)| {
        let pattern = row.selection_pattern.filter(|pattern| !pattern.is_empty());
        Some(MockAnswer {
            status: status.parse().ok()?,
            pattern: match pattern {
                // AWS wants the whole text to match.
                Some(pattern) => Some(Regex::new(&format!("^(?:{pattern})$")).ok()?),
                None => None,
            },
            parameters: parameters(row.response_parameters.iter().flatten(), "method.response.header."),
            templates: row.response_templates.unwrap_or_default(),
        })
    });
    MockPlan {
        answers: answers.collect(),
        templates: integration.request_templates,
        passthrough: integration.passthrough_behavior,
    }
}

fn parameters<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
    prefix: &str,
) -> Vec<(String, Source)> {
    pairs
        .filter_map(|(name, source)| Some((target_header(name, prefix)?.to_owned(), Source::parse(source)?)))
        .collect()
}

fn response(row: GatewayResponseRow) -> Option<(ResponseType, ResponsePlan)> {
    let kind = *ResponseType::ALL.iter().find(|kind| kind.as_str() == row.kind)?;
    let usual = row.templates.is_empty().then(|| ("application/json".to_owned(), TEMPLATE.to_owned()));
    let templates = row.templates.into_iter().chain(usual);
    Some((
        kind,
        ResponsePlan {
            status: row.status.and_then(|status| status.parse().ok()),
            parameters: parameters(row.parameters.iter(), "gatewayresponse.header."),
            templates: templates.filter_map(|(media, text)| Some((media, Template::parse(&text)?))).collect(),
        },
    ))
}
