//! What stands around a function: the network that it says it is in, and the file systems that it shares with others.

use std::path::PathBuf;
use std::sync::Arc;

use cloud::prelude::*;
use cloud::{Cloud, Failure};

use crate::code;
use crate::error::Error;
use crate::keys::{Config, FileSystem, Vpc};
use crate::names::FunctionRef;
use crate::roles;
use crate::runner::Runner;
use crate::shapes::{FileSystemConfig, VpcConfig, VpcConfigResponse};

/// Digits of the id of an access point: 17, or up to 40 with S3 Files (Lambda API reference, FileSystemConfig).
const ACCESS_POINT_DIGITS: std::ops::RangeInclusive<usize> = 17..=40;

/// A network as it is kept; none when both lists are empty, which takes a function out of its network.
pub(crate) fn vpc(config: VpcConfig) -> Result<Option<Vpc>, Error> {
    if config.subnet_ids.is_empty() != config.security_group_ids.is_empty() {
        // AWS's text.
        return Err(Error::invalid("SubnetIds and SecurityIds must coexist in VPC config."));
    }
    let dual_stack = config.ipv6_allowed_for_dual_stack.unwrap_or(false);
    Ok((!config.subnet_ids.is_empty()).then_some(Vpc {
        subnets: config.subnet_ids,
        groups: config.security_group_ids,
        dual_stack,
    }))
}

/// A network on the wire. No network has been made here, so its id is one that follows from the first subnet's.
pub(crate) fn vpc_view(vpc: &Vpc) -> VpcConfigResponse {
    let first = vpc.subnets.first().map(String::as_str).unwrap_or_default();
    let digits = wire::digest::sha256_hex(first.as_bytes());
    VpcConfigResponse {
        subnet_ids: vpc.subnets.clone(),
        security_group_ids: vpc.groups.clone(),
        vpc_id: format!("vpc-{}", &digits[..17]),
        ipv6_allowed_for_dual_stack: vpc.dual_stack,
    }
}

/// Refuses what the function's role or this machine does not allow.
pub(crate) async fn check(
    cx: &mut Cx,
    function: &FunctionRef,
    role: &str,
    vpc: Option<&VpcConfig>,
    systems: &[FileSystemConfig],
) -> Result<(), Error> {
    if vpc.is_some_and(|vpc| !vpc.subnet_ids.is_empty()) {
        check_vpc_role(cx, function, role).await?;
    }
    for system in systems {
        folder_name(cx, &system.arn)?;
    }
    if !systems.is_empty() && !Runner::of(cx).host().await?.jail.has_private_files() {
        return Err(Error::unsupported(
            "FileSystemConfigs where functions have no file system of their own (see `cloudlet doctor`)",
        ));
    }
    Ok(())
}

async fn check_vpc_role(cx: &mut Cx, function: &FunctionRef, role: &str) -> Result<(), Error> {
    let caller = roles::caller(cx.cloud(), role, &function.name, &function.region).await?;
    let allowed = match caller {
        None => Ok(()), // A role that is not there is refused by its own check.
        Some(caller) => {
            cx.act_as(caller).require("ec2:CreateNetworkInterface", &Resource::Any, &Vec::new()).await
        }
    };
    match allowed {
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        // AWS's text, as many projects quote it.
        Err(_) => Err(Error::invalid(
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        )),
        Ok(()) => Ok(()),
    }
}

/// File systems as they are kept.
pub(crate) fn file_systems(configs: Vec<FileSystemConfig>) -> Vec<FileSystem> {
    let keep = |config: FileSystemConfig| FileSystem { arn: config.arn, path: config.local_mount_path };
    configs.into_iter().map(keep).collect()
}

/// The folder of an access point below the others: account, region, id. Each part is checked, because it becomes a path.
fn folder_name(cx: &Cx, arn: &str) -> Result<PathBuf, Error> {
    let bad = || Error::invalid(format!("The file system ARN {arn} is invalid."));
    let parsed: Arn = arn.parse().map_err(|_| bad())?;
    let id = arn.rsplit('/').next().and_then(|last| last.strip_prefix("fsap-")).unwrap_or_default();
    let is_id = ACCESS_POINT_DIGITS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !["elasticfilesystem", "s3files"].contains(&parsed.service()) || !is_id {
        return Err(bad());
    }
    // Somebody else's file system is somebody else's.
    if parsed.account() != cx.account() || parsed.region() != cx.region() {
        return Err(Error::AccessDenied(format!(
            "The access point {arn} is not in this account and region."
        )));
    }
    Ok([parsed.account(), parsed.region(), &format!("fsap-{id}")].iter().collect())
}

/// The folders that stand in for the file systems of a function, with the places where it sees them. They are made at
/// the first need and stay when the function goes, like the file systems of AWS.
pub(crate) async fn mounts(cx: &Cx, config: &Config) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut mounts = Vec::new();
    for system in &config.file_systems {
        let folder = root(cx.cloud()).join(folder_name(cx, &system.arn)?);
        let made = folder.clone();
        tokio::task::spawn_blocking(move || make(&made))
            .await
            .map_err(Failure::internal)?
            .map_err(Failure::internal)?;
        mounts.push((folder, system.path.clone()));
    }
    Ok(mounts)
}

fn root(cloud: &Arc<Cloud>) -> PathBuf {
    match &cloud.config().data {
        Some(data) => data.join("file-systems"),
        None => code::root(cloud).join("file-systems"),
    }
}

/// Functions may run as users of their own, and all of them share the folder.
fn make(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777))
}
