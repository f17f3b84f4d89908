//! ListGlobalTables: global tables of the version of 2017, of which there are none.
//!
//! Differs from AWS: global tables cannot be created.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_global_table_name: Option<String>,
    #[shape(range = 1..)]
    limit: Option<i32>,
    region_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    global_tables: Vec<Json>,
}

pub(crate) struct ListGlobalTables;

impl Operation for ListGlobalTables {
    const NAME: &'static str = "ListGlobalTables";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Ok(Output { global_tables: Vec::new() })
    }
}
