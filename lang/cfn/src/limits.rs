//! CloudFormation's quotas, from the AWS documentation page "Understand CloudFormation quotas".

/// The largest template that is sent inside of the request.
pub const INLINE_BODY_BYTES_MAX: usize = 51_200;
/// The largest template read from S3.
pub const BODY_BYTES_MAX: usize = 1_000_000;
/// Resources in a template.
pub const RESOURCES_MAX: usize = 500;
/// Parameters in a template.
pub const PARAMETERS_MAX: usize = 200;
/// Outputs in a template.
pub const OUTPUTS_MAX: usize = 200;
/// Mappings in a template.
pub const MAPPINGS_MAX: usize = 200;
/// Attributes in a mapping.
pub const MAPPING_ATTRIBUTES_MAX: usize = 200;
/// The template's description.
pub const DESCRIPTION_BYTES_MAX: usize = 1024;
/// Names of parameters, resources, outputs and mappings.
pub const NAME_CHARS_MAX: usize = 255;
/// A parameter's value.
pub const PARAMETER_VALUE_BYTES_MAX: usize = 4096;
/// Dynamic references in a template.
pub const DYNAMIC_REFERENCES_MAX: usize = 60;
/// The longest text that functions may build: as long as the largest template, so that nested `Fn::Join` and
/// `Fn::Sub` cannot fill the memory.
pub const TEXT_BYTES_MAX: usize = BODY_BYTES_MAX;
