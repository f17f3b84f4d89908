//! PutPermission.

use cloud::prelude::*;
use serde_json::json;
use store::layer::table;

use crate::bus::{self, BusRef};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"[\.\-_A-Za-z0-9]+")]
    event_bus_name: Option<String>,
    #[shape(len = 1..=64, pattern = "events:[a-zA-Z]+")]
    action: Option<String>,
    #[shape(len = 1..=12, pattern = r"(\d{12}|\*)")]
    principal: Option<String>,
    #[shape(len = 1..=64, pattern = "[a-zA-Z0-9-_]+")]
    statement_id: Option<String>,
    condition: Option<Condition>,
    policy: Option<String>,
}

#[derive(Shape)]
struct Condition {
    #[shape(name = "Type")]
    operator: String,
    key: String,
    value: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Lets others put events on a bus: a statement of its policy, or the whole policy.
pub(crate) struct PutPermission;

impl Operation for PutPermission {
    const NAME: &'static str = "PutPermission";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, &BusRef::own(cx, input.event_bus_name.as_deref())?).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let mut row = bus::open(cx, &name).await?;
        row.policy = Some(match (input.policy, input.statement_id, input.principal, input.action) {
            (Some(policy), None, None, None) => bus::checked(policy)?,
            (None, Some(id), Some(principal), Some(action)) => {
                if action != "events:PutEvents" {
                    return Err(Error::invalid("Provided value in parameter 'action' is not supported."));
                }
                let principal = match principal.as_str() {
                    "*" => json!("*"),
                    account => json!({"AWS": format!("arn:aws:iam::{account}:root")}),
                };
                let mut statement = json!({
                    "Sid": id, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": row.arn(),
                });
                if let Some(condition) = input.condition {
                    statement["Condition"] =
                        json!({(condition.operator): {(condition.key): condition.value}});
                }
                bus::with_statement(row.policy.as_deref(), statement)?
            }
            (None, ..) => {
                return Err(Error::invalid("Parameter Action, Principal and StatementId are required."));
            }
            _ => return Err(Error::invalid("Parameter Policy cannot be combined with other parameters.")),
        });
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
