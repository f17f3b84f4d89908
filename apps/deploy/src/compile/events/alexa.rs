//! `alexaSkill` and `alexaSmartHome`: permissions for Alexa.

use serde_json::{Value, json};

use super::super::cfn::{get, resource, text};
use super::super::config::Config;
use super::super::names;
use super::super::output::Output;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let kinds = [
        ("alexaSkill", "AlexaSkill", "alexa-appkit.amazon.com"),
        ("alexaSmartHome", "AlexaSmartHome", "alexa-connectedhome.amazon.com"),
    ];
    for (kind, name, principal) in kinds {
        for function in &config.functions {
            for (number, (index, event)) in function.events_of(kind).enumerate() {
                let Some(skill) = event.as_str().or_else(|| text(event, "appId")) else {
                    super::refuse(
                        config,
                        out,
                        (&function.key, index, kind),
                        &[],
                        "the event needs the skill's `appId`",
                    );
                    continue;
                };
                let enabled = get(event, "enabled") != Some(&Value::Bool(false));
                let action = if enabled { "lambda:InvokeFunction" } else { "lambda:DisableInvokeFunction" };
                let properties = json!({
                    "FunctionName": function.target(),
                    "Action": action,
                    "Principal": principal,
                    "EventSourceToken": skill,
                });
                out.put(
                    names::permission(&function.key, &format!("{name}{}", number + 1)),
                    resource("AWS::Lambda::Permission", properties, function.alias_id()),
                );
            }
        }
    }
}
