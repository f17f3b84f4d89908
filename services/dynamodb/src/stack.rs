//! CloudFormation resource types.

mod destination;
mod global_table;
mod import;
mod properties;
mod table;

pub(crate) use global_table::GlobalTable;
pub(crate) use table::TableResource;
