//! One file for each operation.

mod describe_repositories;

pub(crate) use describe_repositories::DescribeRepositories;
