//! One file for each operation.

mod add_tags_to_resource;
mod delete_parameter;
mod delete_parameters;
mod describe_parameters;
mod get_parameter;
mod get_parameter_history;
mod get_parameters;
mod get_parameters_by_path;
mod list_tags_for_resource;
mod put_parameter;
mod remove_tags_from_resource;
mod tagging;

pub(crate) use add_tags_to_resource::AddTagsToResource;
pub(crate) use delete_parameter::DeleteParameter;
pub(crate) use delete_parameters::DeleteParameters;
pub(crate) use describe_parameters::DescribeParameters;
pub(crate) use get_parameter::GetParameter;
pub(crate) use get_parameter_history::GetParameterHistory;
pub(crate) use get_parameters::GetParameters;
pub(crate) use get_parameters_by_path::GetParametersByPath;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use put_parameter::PutParameter;
pub(crate) use remove_tags_from_resource::RemoveTagsFromResource;
