//! CloudFormation types.
