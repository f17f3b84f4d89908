//! DeleteEventBus.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::bus::{self, BusRef, DEFAULT};
use crate::error::Error;
use crate::keys::{BusRow, RuleRow};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"[/\.\-_A-Za-z0-9]+")]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a bus that has no rules; one that is not there is fine.
pub(crate) struct DeleteEventBus;

impl Operation for DeleteEventBus {
    const NAME: &'static str = "DeleteEventBus";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, &BusRef::own(cx, Some(&input.name))?).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = BusRef::own(cx, Some(&input.name))?;
        if name == DEFAULT {
            return Err(Error::invalid("Cannot delete event bus default."));
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let rules = table::list::<RuleRow>(cx.tx(), (&account, &region, &name), &Paging::first(1)).await?;
        if !rules.items.is_empty() {
            return Err(Error::invalid("EventBus can't be deleted since it has rules."));
        }
        table::delete::<BusRow>(cx.tx(), (&account, &region, &name)).await?;
        Ok(Output)
    }
}
