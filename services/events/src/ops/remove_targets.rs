//! RemoveTargets.

use cloud::prelude::*;
use store::layer::table;

use super::put_targets::FailedEntry;
use crate::bus::BusRef;
use crate::error::Error;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    rule: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(len = 1..=100)]
    ids: Vec<String>,
    /// For rules that services manage; there are none here.
    force: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    failed_entry_count: i32,
    failed_entries: Vec<FailedEntry>,
}

/// Takes targets from a rule.
pub(crate) struct RemoveTargets;

impl Operation for RemoveTargets {
    const NAME: &'static str = "RemoveTargets";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.rule).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let mut row = rule::open(cx, &bus, &input.rule).await?;
        let (gone, kept) =
            row.targets.into_iter().partition::<Vec<_>, _>(|target| input.ids.contains(&target.id));
        row.targets = kept;
        let failed = input.ids.iter().filter(|id| !gone.iter().any(|target| target.id == **id));
        let failed_entries: Vec<FailedEntry> = failed
            .map(|id| FailedEntry {
                target_id: id.clone(),
                error_code: "ResourceNotFoundException".to_owned(),
                error_message: format!("Rule {} does not have a target with the Id {id}.", row.name),
            })
            .collect();
        table::put(cx.tx(), &row).await?;
        let failed_entry_count = i32::try_from(failed_entries.len()).unwrap_or(i32::MAX);
        Ok(Output { failed_entry_count, failed_entries })
    }
}
