//! UpdateGlobalTableSettings: global tables of the version of 2017, of which there are none.
//!
//! Differs from AWS: global tables cannot be created, so the one that is named is never there.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    global_table_name: String,
    global_table_billing_mode: Option<String>,
    #[shape(range = 1..)]
    global_table_provisioned_write_capacity_units: Option<i64>,
    global_table_provisioned_write_capacity_auto_scaling_settings_update: Option<Json>,
    #[shape(len = 1..=20)]
    global_table_global_secondary_index_settings_update: Option<Vec<Json>>,
    #[shape(len = 1..=50)]
    replica_settings_update: Option<Vec<Json>>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateGlobalTableSettings;

impl Operation for UpdateGlobalTableSettings {
    const NAME: &'static str = "UpdateGlobalTableSettings";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let resource = format!("global-table/{}", input.global_table_name);
        Ok(Arn::new("dynamodb", "", cx.account(), resource).into())
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Err(Error::GlobalTableNotFound(input.global_table_name))
    }
}
