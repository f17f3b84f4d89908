//! CloudFormation: stacks of resources, made from templates.
//!
//! The language of templates is `lang/cfn`. Here, `prepare.rs` checks a request in full before anything changes,
//! `engine/` makes, changes and deletes resources through the resource types of the other services, `keys.rs` holds the
//! stored rows, `ops/` one file for each operation. Start with `ops/create_stack.rs`, then `engine/mod.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod begin;
mod callers;
mod capabilities;
mod changes;
mod custom;
mod dynamic;
mod engine;
mod error;
mod jobs;
mod keys;
mod kinds;
mod limits;
mod ops;
mod plan;
mod policy;
mod prepare;
mod shapes;
mod source;
mod stack;
mod stacks;
mod status;
mod world;

#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static CLOUDFORMATION: Service = Service {
    name: "cloudformation",
    title: "CloudFormation",
    signing_name: "cloudformation",
    protocols: &[Protocol::query("2010-05-15", "http://cloudformation.amazonaws.com/doc/2010-05-15/")],
    operations: &[
        entry::<ops::CancelUpdateStack>(),
        entry::<ops::ContinueUpdateRollback>(),
        entry::<ops::CreateChangeSet>(),
        entry::<ops::CreateStack>(),
        entry::<ops::DeleteChangeSet>(),
        entry::<ops::DeleteStack>(),
        entry::<ops::DescribeChangeSet>(),
        entry::<ops::DescribeStackEvents>(),
        entry::<ops::DescribeStackResource>(),
        entry::<ops::DescribeStackResources>(),
        entry::<ops::DescribeStacks>(),
        entry::<ops::ExecuteChangeSet>(),
        entry::<ops::GetStackPolicy>(),
        entry::<ops::GetTemplate>(),
        entry::<ops::GetTemplateSummary>(),
        entry::<ops::ListChangeSets>(),
        entry::<ops::ListExports>(),
        entry::<ops::ListImports>(),
        entry::<ops::ListStackResources>(),
        entry::<ops::ListStacks>(),
        entry::<ops::SetStackPolicy>(),
        entry::<ops::UpdateStack>(),
        entry::<ops::UpdateTerminationProtection>(),
        entry::<ops::ValidateTemplate>(),
    ],
    resources: &[&stack::nested::NestedStack, &stack::WaitConditionHandle],
    jobs: &[jobs::RESUME, jobs::PURGE],
    plane: Some(&custom::Answers),
    words: Words::QUERY,
};
