//! `AWS::Scheduler::Schedule`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, make_numbers, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call};

/// `AWS::Scheduler::Schedule`.
pub(crate) struct Schedule;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;
/// Members whose values may be texts in a template.
const NUMBERS: [&str; 3] = ["MaximumWindowInMinutes", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"];

#[async_trait]
impl ResourceType for Schedule {
    fn name(&self) -> &'static str {
        "AWS::Scheduler::Schedule"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description"),
            Property::new("EndDate"),
            Property::new("FlexibleTimeWindow").required(),
            Property::new("GroupName").replace(),
            Property::new("KmsKeyArn"),
            Property::new("Name").replace(),
            Property::new("ScheduleExpression").required(),
            Property::new("ScheduleExpressionTimezone"),
            Property::new("StartDate"),
            Property::new("State"),
            Property::new("Target").required(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let input = input(request, &name)?;
        match call(cx, "CreateSchedule", &input).await {
            Err(failure) if failure.code() == PRESENT && request.adopts("Name") => {
                let shown = call(cx, "UpdateSchedule", &input).await?;
                Ok(outcome(&name, &shown))
            }
            answer => Ok(outcome(&name, &answer?)),
        }
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let updated = call(cx, "UpdateSchedule", &input(request, &name)?).await?;
        Ok(outcome(&name, &updated))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let mut input = json!({"Name": request.physical()?});
        if let Some(group) = request.text("GroupName") {
            input["GroupName"] = json!(group);
        }
        unless(call(cx, "DeleteSchedule", &input).await, MISSING)
    }
}

fn outcome(name: &str, answer: &Value) -> ResourceOutcome {
    ResourceOutcome::new(name, [("Arn", answer["ScheduleArn"].clone())])
}

fn input(request: &ResourceRequest, name: &str) -> Result<Value, Failure> {
    let mut input = Value::Object(request.properties.clone());
    input["Name"] = json!(name);
    for date in ["StartDate", "EndDate"] {
        if let Some(text) = input[date].as_str() {
            let time: jiff::Timestamp = text.parse().map_err(|_| {
                Failure::new(
                    "ValidationException",
                    400,
                    format!("{date} `{text}` is not a time like 2030-01-01T00:00:00Z"),
                )
            })?;
            input[date] = json!(time.as_second());
        }
    }
    make_numbers(&mut input, &NUMBERS);
    // Asking for a member makes it.
    if let Some(members) = input.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    Ok(input)
}
