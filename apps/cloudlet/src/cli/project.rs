//! The project in the current folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::deploy::config::Options;
use ::deploy::package;
use ::deploy::project::Project;
use anyhow::Context;
use cloud::clock::Chance;
use serde_json::{Map, Value, json};

use super::Global;
use super::connect::{Connection, now};
use super::output::Output;

/// The environment of this process; what is not UTF-8 cannot be used by a configuration.
pub(crate) fn environment() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Opens the project in the current folder.
pub(crate) async fn open(global: &Global, connection: &Connection) -> anyhow::Result<Project> {
    Ok(Project::open(&options(global)?, &|region| connection.remote(region)).await?)
}

/// Opens the project in the current folder to make something of it: its notices are told.
pub(crate) async fn open_to_make(
    global: &Global,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<Project> {
    let project = open(global, connection).await?;
    project.notices.iter().for_each(|problem| output.notice(problem));
    Ok(project)
}

/// Refuses a folder without a project, for commands that do much before they read it.
pub(crate) fn check_place(global: &Global) -> anyhow::Result<()> {
    Ok(::deploy::config::file(&options(global)?).map(drop)?)
}

fn options(global: &Global) -> anyhow::Result<Options> {
    let directory = std::env::current_dir().context("cannot tell the current folder")?;
    let text = |value: &Option<String>| value.as_ref().map_or(Value::Null, |value| json!(value));
    let mut options = Map::new();
    options.insert("stage".to_owned(), text(&global.stage));
    options.insert("region".to_owned(), text(&global.region));
    options.insert("aws-profile".to_owned(), text(&global.profile));
    options.insert("verbose".to_owned(), json!(global.verbose));
    if !global.params.is_empty() {
        options.insert("param".to_owned(), json!(global.params));
    }
    Ok(Options {
        directory,
        file: global.config.clone(),
        options,
        params: global.params.clone(),
        environment: environment(),
        instance_id: Chance::from_machine().uuid(),
    })
}

/// How to package a project now.
pub(crate) fn package_options(
    project: &Project,
    folder: Option<&Path>,
    only: Option<&str>,
) -> package::Options {
    let folder: PathBuf = package::folder(&project.service, folder);
    package::Options { folder, now: now(), only: only.map(str::to_owned) }
}
