//! `AWS::Lambda::EventSourceMapping`.

use store::layer::table;

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, number, unless,
};
use crate::keys::{MappingRow, MappingState};
use crate::mappings;

/// How long a stack waits for a mapping to run: LATEST means from then on.
const SETTLED_MILLIS: i64 = 60_000;

/// Properties that are numbers.
const NUMBERS: [&str; 6] = [
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
];
/// Properties that are taken as they are.
const PLAIN: [&str; 3] = ["FilterCriteria", "FunctionName", "FunctionResponseTypes"];
/// What a property that is no longer there goes back to.
const DEFAULTS: [(&str, i64); 5] = [
    ("MaximumBatchingWindowInSeconds", 0),
    ("MaximumRecordAgeInSeconds", -1),
    ("MaximumRetryAttempts", -1),
    ("ParallelizationFactor", 1),
    ("TumblingWindowInSeconds", 0),
];

/// An event source mapping.
///
/// Differs from AWS: the properties for Kafka, Amazon MQ, DocumentDB, KmsKeyArn, LoggingConfig, MetricsConfig and
/// ProvisionedPollerConfig are not listed, so they fail the stack before anything is created.
pub(crate) struct EventSourceMapping;

#[async_trait]
impl ResourceType for EventSourceMapping {
    fn name(&self) -> &'static str {
        "AWS::Lambda::EventSourceMapping"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("BatchSize"),
            Property::new("BisectBatchOnFunctionError"),
            Property::new("DestinationConfig"),
            Property::new("Enabled"),
            Property::new("EventSourceArn").required().replace(),
            Property::new("FilterCriteria"),
            Property::new("FunctionName").required(),
            Property::new("FunctionResponseTypes"),
            Property::new("MaximumBatchingWindowInSeconds"),
            Property::new("MaximumRecordAgeInSeconds"),
            Property::new("MaximumRetryAttempts"),
            Property::new("ParallelizationFactor"),
            Property::new("ScalingConfig"),
            Property::new("StartingPosition").replace(),
            Property::new("StartingPositionTimestamp").replace(),
            Property::new("Tags"),
            Property::new("TumblingWindowInSeconds"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["EventSourceMappingArn", "Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let mut input = input(request)?;
        for name in ["EventSourceArn", "StartingPosition"] {
            if let Some(value) = request.text(name) {
                input[name] = json!(value);
            }
        }
        if let Some(time) = request.text("StartingPositionTimestamp") {
            let seconds = time.parse::<f64>().map_err(|_| wrong("StartingPositionTimestamp", "Double"))?;
            input["StartingPositionTimestamp"] = json!(seconds);
        }
        let tags = request.marked_tags();
        if !tags.is_empty() {
            input["Tags"] = json!(tags);
        }
        let id = match call(cx, "CreateEventSourceMapping", &input).await {
            Err(failure) if failure.code() == "ResourceConflictException" && request.repeated => {
                // Made by the try that was interrupted.
                let id = failure.message().rsplit(' ').next().map(str::to_string);
                id.ok_or(failure)?
            }
            answer => answer?["UUID"].as_str().unwrap_or_default().to_string(),
        };
        settled(cx, &id).await?;
        Ok(made(cx, &id))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_string();
        let mut input = input(request)?;
        input["UUID"] = json!(id);
        let gone = |name: &str| old.contains_key(name) && !request.properties.contains_key(name);
        for (name, value) in DEFAULTS.iter().filter(|(name, _)| gone(name)) {
            input[*name] = json!(value);
        }
        if gone("BatchSize") {
            let is_queue = request.text("EventSourceArn").is_some_and(|arn| arn.contains(":sqs:"));
            input["BatchSize"] = json!(if is_queue { 10 } else { 100 });
        }
        for (name, value) in [
            ("BisectBatchOnFunctionError", json!(false)),
            ("Enabled", json!(true)),
            ("FilterCriteria", json!({"Filters": []})),
            ("FunctionResponseTypes", json!([])),
            ("ScalingConfig", json!({})),
            ("DestinationConfig", json!({"OnFailure": {}})),
        ] {
            if gone(name) {
                input[name] = value;
            }
        }
        call(cx, "UpdateEventSourceMapping", &input).await?;
        tag(cx, request, &id).await?;
        settled(cx, &id).await?;
        Ok(made(cx, &id))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let id = request.physical()?.to_string();
        match call(cx, "DeleteEventSourceMapping", &json!({"UUID": id})).await {
            Err(failure) if failure.code() == "ResourceInUseException" => {}
            answer => unless(answer, MISSING)?,
        }
        // The queue or stream may be deleted next: nothing reads it any more then.
        settled(cx, &id).await
    }
}

fn made(cx: &Cx, id: &str) -> ResourceOutcome {
    ResourceOutcome::new(
        id,
        [("Id", json!(id)), ("EventSourceMappingArn", json!(mappings::arn(cx, id).as_str()))],
    )
}

fn wrong(name: &str, kind: &str) -> Failure {
    Failure::new("ValidationError", 400, format!("Value of property {name} must be of type {kind}"))
}

/// What creation and change have in common.
fn input(request: &ResourceRequest) -> Result<Value, Failure> {
    let mut input = copy(request, &PLAIN);
    for name in NUMBERS {
        if let Some(value) = number(request, name)? {
            input[name] = json!(value);
        }
    }
    for name in ["BisectBatchOnFunctionError", "Enabled"] {
        match request.text(name).as_deref() {
            None => {}
            Some("true") => input[name] = json!(true),
            Some("false") => input[name] = json!(false),
            Some(_) => return Err(wrong(name, "Boolean")),
        }
    }
    if let Some(config) = request.property("DestinationConfig") {
        input["DestinationConfig"] = config.clone();
    }
    if let Some(scaling) = request.property("ScalingConfig") {
        let most = super::plain(&scaling["MaximumConcurrency"]);
        let most = most.as_str().and_then(|most| most.parse::<i64>().ok());
        input["ScalingConfig"] = most.map_or(json!({}), |most| json!({"MaximumConcurrency": most}));
    }
    // Patterns may be written as objects, which CloudFormation hands on as texts. What has another form is refused by the
    // operation.
    match input.pointer_mut("/FilterCriteria/Filters") {
        Some(Value::Array(filters)) => {
            for pattern in filters.iter_mut().filter_map(|filter| filter.get_mut("Pattern")) {
                if pattern.is_object() {
                    *pattern = json!(pattern.to_string());
                }
            }
        }
        Some(_) => {}
        None => {
            if let Some(members) = input.as_object_mut() {
                members.retain(|name, value| name != "FilterCriteria" || !value.is_object());
            }
        }
    }
    Ok(input)
}

async fn tag(cx: &mut Cx, request: &ResourceRequest, id: &str) -> Result<(), Failure> {
    let arn = mappings::arn(cx, id).to_string();
    let wanted = request.all_tags();
    let current = call(cx, "ListTags", &json!({"Resource": arn})).await?;
    let current = current["Tags"].as_object().cloned().unwrap_or_default();
    let gone: Vec<&String> =
        current.keys().filter(|name| !wanted.contains_key(*name) && !name.starts_with("aws:")).collect();
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"Resource": arn, "TagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", &json!({"Resource": arn, "Tags": wanted})).await?;
    }
    Ok(())
}

/// Waits until a mapping has become what it was asked to be.
async fn settled(cx: &mut Cx, id: &str) -> Result<(), Failure> {
    let key = (cx.account().to_string(), cx.region().to_string(), id.to_string());
    let mut news = cx.cloud().store().watch(table::watch_key::<MappingRow>(&key));
    let end = cx.now().plus_millis(SETTLED_MILLIS);
    loop {
        news.borrow_and_update();
        let row = cx.get::<MappingRow>(&key).await?;
        let is_settled =
            row.is_none_or(|row| matches!(row.state, MappingState::Enabled | MappingState::Disabled));
        if is_settled || cx.now() >= end {
            return Ok(());
        }
        tokio::select! {
            changed = news.changed() => changed.map_err(Failure::internal)?,
            () = cx.sleep_until(end) => {}
        }
    }
}
