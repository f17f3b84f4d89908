//! CloudFormation resource types.
pub(crate) const RESOURCES: &[&dyn cloud::resource::ResourceType] = &[];
