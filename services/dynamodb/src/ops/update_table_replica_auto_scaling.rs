//! UpdateTableReplicaAutoScaling.
//!
//! Differs from AWS: refused, because this cloud has one region and nothing to scale.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    global_secondary_index_updates: Option<Vec<Json>>,
    provisioned_write_capacity_auto_scaling_update: Option<Json>,
    replica_updates: Option<Vec<Json>>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateTableReplicaAutoScaling;

impl Operation for UpdateTableReplicaAutoScaling {
    const NAME: &'static str = "UpdateTableReplicaAutoScaling";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(TableName::read(cx, &input.table_name)?.arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        tables::existing(cx, &name).await?;
        Err(Error::validation("auto scaling of replicas is not supported by this cloud"))
    }
}
