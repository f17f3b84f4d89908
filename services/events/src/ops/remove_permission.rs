//! RemovePermission.

use cloud::prelude::*;
use store::layer::table;

use crate::bus::{self, BusRef};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = "[a-zA-Z0-9-_]+")]
    statement_id: Option<String>,
    remove_all_permissions: Option<bool>,
    #[shape(len = 1..=256, pattern = r"[\.\-_A-Za-z0-9]+")]
    event_bus_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes a statement of a bus's policy away, or all.
pub(crate) struct RemovePermission;

impl Operation for RemovePermission {
    const NAME: &'static str = "RemovePermission";
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
        row.policy = match (input.remove_all_permissions, input.statement_id) {
            (Some(true), _) => None,
            (_, Some(id)) => {
                if row.policy.is_none() {
                    return Err(Error::NotFound("EventBus does not have a policy.".to_owned()));
                }
                bus::without_statement(row.policy.as_deref(), &id)?
            }
            (_, None) => return Err(Error::invalid("Parameter StatementId is required.")),
        };
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
