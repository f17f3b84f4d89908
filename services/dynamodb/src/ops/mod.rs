//! One file for each operation.

mod batch_execute_statement;
mod create_table;
mod delete_item;
mod delete_table;
mod describe_table;
mod execute_statement;
mod get_item;
mod list_tables;
pub(crate) mod put_item;
pub(crate) mod query;
mod scan;
pub(crate) mod update_item;

pub(crate) use batch_execute_statement::BatchExecuteStatement;
pub(crate) use create_table::CreateTable;
pub(crate) use delete_item::DeleteItem;
pub(crate) use delete_table::DeleteTable;
pub(crate) use describe_table::DescribeTable;
pub(crate) use execute_statement::ExecuteStatement;
pub(crate) use get_item::GetItem;
pub(crate) use list_tables::ListTables;
pub(crate) use put_item::PutItem;
pub(crate) use query::Query;
pub(crate) use scan::ScanTable;
pub(crate) use update_item::UpdateItem;
