//! `cloudlet dev`: a cloud in this process, with the project of this folder in it.
//!
//! Every change of a file leads to the smallest step that is enough: other code goes straight to its functions, a
//! change of the configuration is a deployment. A mistake is shown and the last good state goes on running.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::deploy::compile::{Template, normalise};
use ::deploy::model::Packages;
use ::deploy::problem::{Errors, Problem};
use ::deploy::project::Project;
use ::deploy::steps::deploy::Outcome;
use ::deploy::steps::function::{known, update_code};
use ::deploy::steps::{Report, Session, info};
use clap::Args;
use cloud::clock::Chance;
use futures::future::try_join_all;
use jiff::Timestamp;
use owo_colors::OwoColorize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::Global;
use super::connect::{Connection, now, seconds_since};
use super::info::{json, show};
use super::inspect::{self, Inspect};
use super::logs::{Follower, format_message};
use super::output::{Output, say};
use super::up::{Up, start_logging, stop_signal, tell_notices};
use super::watch::{Changed, Watch};
use super::{deploy, project};
use crate::server::{self, Running};

/// The wait between two looks at the logs of the functions.
const LOG_INTERVAL: Duration = Duration::from_millis(250);

/// Runs a cloud with the project in it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Dev {
    #[command(flatten)]
    up: Up,
    /// Deploy once and do not watch the files.
    #[arg(long)]
    no_watch: bool,
    /// Let a debugger look into a function in Node.js, at one address across reloads [default port: 9229].
    #[arg(long, value_name = "FUNCTION[:PORT]")]
    inspect: Option<Inspect>,
}

/// What is deployed.
struct Deployed {
    project: Project,
    template: Value,
    /// What was said of it beside.
    notices: Vec<Problem>,
    packages: Packages,
}

impl Dev {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        start_logging();
        project::check_place(global)?;
        let options = self.up.options()?;
        let place = options.place()?;
        let running = server::start(options).await?;
        tell_notices(&running);
        output.line(&format!("cloudlet is ready at {} ({place})", running.endpoint()));
        let connection = Connection::local(running.endpoint())?;
        running.cloud().hooks().debugging().follow_source_maps();
        let result = async {
            let _inspector = match &self.inspect {
                Some(inspect) => Some(listen(inspect, &running, global, &connection, output).await?),
                None => None,
            };
            tokio::select! {
                result = self.serve(global, &connection, output) => result,
                result = stop_signal() => result,
            }
        }
        .await;
        output.finish();
        running.stop().await;
        result
    }

    /// Deploys and follows the changes, without an end.
    async fn serve(&self, global: &Global, connection: &Connection, output: &Output) -> anyhow::Result<()> {
        let directory = std::env::current_dir()?;
        let mut watch = Watch::new(&directory)?;
        let mut logs = JoinSet::new();
        let mut deployed = match whole(global, connection, output).await {
            Ok(deployed) => Some(deployed),
            Err(error) if self.no_watch => return Err(error),
            Err(error) => {
                output.error(&error);
                None
            }
        };
        let mut followed = BTreeSet::new();
        let mut broken = false;
        loop {
            if let Some(deployed) = &deployed {
                follow(deployed, connection, &mut logs, &mut followed)?;
            }
            if self.no_watch {
                std::future::pending::<()>().await;
            }
            output.finish();
            let changed = watch.next().await?;
            let result = match deployed.take() {
                Some(last) => after(last, &changed, broken, global, connection, output).await,
                None => whole(global, connection, output).await.map_err(|error| (error, None)),
            };
            broken = result.is_err();
            deployed = match result {
                Ok(next) => Some(next),
                Err((error, last)) => {
                    output.error(&error);
                    last
                }
            };
        }
    }
}

/// Opens the way for a debugger, before the first process of the function starts.
async fn listen(
    inspect: &Inspect,
    running: &Running,
    global: &Global,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<inspect::Listener> {
    let project = project::open(global, connection).await?;
    let api = connection.api(&project.service.region);
    let session = Session { api: &api, service: &project.service, report: output };
    let name = known(session, &inspect.function)?;
    let processes = running.cloud().hooks().debugging().inspect(&name);
    let listener = inspect.listen(&Chance::from_machine().uuid(), processes).await?;
    output.line(&format!("a debugger reaches {name} at {}", listener.address));
    Ok(listener)
}

/// Reads and deploys the whole project.
async fn whole(global: &Global, connection: &Connection, output: &Output) -> anyhow::Result<Deployed> {
    let start = now();
    output.step("Reading the configuration");
    let project = project::open_to_make(global, connection, output).await?;
    output.step("Packaging");
    let (packages, template) = make(&project)?;
    send(project, (packages, template), start, connection, output).await
}

/// Deploys what was made of a project.
async fn send(
    project: Project,
    (packages, template): (Packages, Template),
    start: Timestamp,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<Deployed> {
    template.notices.iter().for_each(|problem| output.notice(problem));
    let outcome = deploy::send(connection, &project, (&packages, &template), false, output).await?;
    let name = project.service.name();
    let word = if outcome == Outcome::Deployed { "deployed" } else { "is up to date" };
    output.success(&format!("{name} {word} ({})", seconds_since(start)));
    let api = connection.api(&project.service.region);
    let found = info::info(Session { api: &api, service: &project.service, report: output }).await?;
    show(output, &found, Some(&packages), &json(&found), false);
    Ok(Deployed { template: normalise(&template.update), notices: template.notices, project, packages })
}

/// Does what a change asks for. What was deployed before comes back with the error, if it still is. When the last
/// change was `broken`, it is also said that nothing had to be done.
async fn after(
    last: Deployed,
    changed: &Changed,
    broken: bool,
    global: &Global,
    connection: &Connection,
    output: &Output,
) -> Result<Deployed, (anyhow::Error, Option<Deployed>)> {
    let start = now();
    let configuration = changed.any(|path| is_configuration(&last.project, path));
    let project = match configuration {
        true => match project::open_to_make(global, connection, output).await {
            Ok(project) => project,
            Err(error) => return Err((error, Some(last))),
        },
        false => last.project.clone(),
    };
    let (packages, made) = match make(&project) {
        Ok(made) => made,
        Err(error) => return Err((error, Some(last))),
    };
    let template = normalise(&made.update);
    // The hash of the code is in the template too; what is the same without it needs no stack.
    if without_code(&template) != without_code(&last.template) {
        let sent = send(project, (packages, made), start, connection, output).await;
        return sent.map_err(|error| (error, Some(last)));
    }
    let is_new = |notice: &&Problem| !last.notices.contains(notice);
    made.notices.iter().filter(is_new).for_each(|notice| output.notice(notice));
    match swap(&project, &last.packages, &packages, connection, output).await {
        Ok(names) if names.is_empty() && broken => {
            output.skipped(&format!("{} is whole again, and as it was deployed", project.service.name()));
        }
        Ok(names) if names.is_empty() => {}
        Ok(names) => output.success(&format!("{} updated ({})", names.join(", "), seconds_since(start))),
        Err(error) => return Err((error, Some(last))),
    }
    Ok(Deployed { project, template, notices: made.notices, packages })
}

/// Makes packages and templates. That is work for the processor and the disk: the cloud, which runs in the same
/// process, goes on beside it.
fn make(project: &Project) -> anyhow::Result<(Packages, Template)> {
    tokio::task::block_in_place(|| {
        let packages = project.package(&project::package_options(project, None, None))?;
        let template = project.compile(&packages)?;
        Ok((packages, template))
    })
}

/// Gives every function whose package changed its new code; returns their keys.
async fn swap(
    project: &Project,
    before: &Packages,
    after: &Packages,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<Vec<String>> {
    let api = connection.api(&project.service.region);
    let session = Session { api: &api, service: &project.service, report: output };
    let changed = after.functions.iter().filter(|(key, package)| {
        before.functions.get(*key).is_none_or(|before| before.sha256 != package.sha256)
    });
    let updates = changed.map(async |(key, package)| {
        update_code(session, &known(session, key)?, package).await?;
        Ok::<_, Errors>(key.clone())
    });
    Ok(try_join_all(updates).await?)
}

/// Whether a change of a file can change the configuration.
fn is_configuration(project: &Project, path: &Path) -> bool {
    let dotenv = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(".env"));
    dotenv || project.files.iter().any(|file| file == path)
}

/// A template without the hashes and version names that change with every change of code.
fn without_code(template: &Value) -> BTreeMap<String, Value> {
    let mut kept = BTreeMap::new();
    let resources = template["Resources"].as_object().into_iter().flatten();
    for (id, resource) in resources {
        if resource["Type"] != Value::String("AWS::Lambda::Version".to_owned()) {
            kept.insert(format!("Resources.{id}"), resource.clone());
        }
    }
    for (section, value) in
        template.as_object().into_iter().flatten().filter(|(section, _)| *section != "Resources")
    {
        for (id, value) in value.as_object().into_iter().flatten() {
            // The output of a function's version names the version, and with it the hash.
            if !id.ends_with("LambdaFunctionQualifiedArn") {
                kept.insert(format!("{section}.{id}"), value.clone());
            }
        }
    }
    kept
}

/// Shows the lines of functions that are not followed yet.
fn follow(
    deployed: &Deployed,
    connection: &Connection,
    logs: &mut JoinSet<()>,
    followed: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    let service = &deployed.project.service;
    let api = Arc::new(connection.api(&service.region));
    for key in service.functions().keys() {
        let name = known(Session { api: &api, service, report: &::deploy::steps::Quiet }, key)?;
        if !followed.insert(name.clone()) {
            continue;
        }
        let mut follower = Follower::new(format!("/aws/lambda/{name}"), now().as_millisecond(), None);
        let (api, label) = (api.clone(), key.cyan().to_string());
        logs.spawn(async move {
            loop {
                tokio::time::sleep(LOG_INTERVAL).await;
                // A look that fails (the group is being replaced, the cloud is stopping) is simply repeated.
                let Ok(events) = follower.next(&api).await else { continue };
                for event in events.iter().filter(|event| is_shown(&event.message)) {
                    for line in format_message(&event.message).lines() {
                        say(&format!("{label}  {line}"));
                    }
                }
            }
        });
    }
    Ok(())
}

/// The frame around an invocation says little that a developer wants to read each time, but for its end.
fn is_shown(message: &str) -> bool {
    !message.starts_with("START RequestId") && !message.starts_with("END RequestId")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn other_code_alone_needs_no_stack() {
        let template = |code: &str, memory: u32| {
            json!({
                "Resources": {
                    "HelloLambdaFunction": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": memory}},
                    (format!("HelloLambdaVersion{code}")): {"Type": "AWS::Lambda::Version", "Properties": {"CodeSha256": code}},
                },
                "Outputs": {
                    "HelloLambdaFunctionQualifiedArn": {"Value": {"Ref": format!("HelloLambdaVersion{code}")}},
                    "ServiceEndpoint": {"Value": "x"},
                },
            })
        };
        assert_eq!(without_code(&template("a", 128)), without_code(&template("b", 128)));
        assert_ne!(without_code(&template("a", 128)), without_code(&template("a", 256)));
    }
}
