//! CloudFormation resource types.

mod global_table;
mod properties;
mod table;

pub(crate) use global_table::GlobalTable;
pub(crate) use table::TableResource;
