//! Reads a project's configuration to the end: the file, the environment, the variables, the defaults.
//!
//! Start at [`load`].

pub(crate) mod dotenv;
mod merge;
pub(crate) mod node;
pub(crate) mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::model::{Service, Source};
use crate::problem::{Errors, Location, Problem};
use crate::variables::remote::Remote;
use crate::variables::{Facts, Resolver, STAGE_INVALID, is_stage};
use node::Node;
use read::Tree;

/// The file names that a configuration may have, in the order in which they are looked for.
pub const FILE_NAMES: [&str; 7] = [
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "serverless.js",
    "serverless.mjs",
    "serverless.cjs",
    "serverless.ts",
];

/// What is known before the configuration is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The project folder, absolute.
    pub directory: PathBuf,
    /// A configuration file in that folder with another name.
    pub file: Option<PathBuf>,
    /// The options of the command line, for `${opt:...}`; `stage` and `region` also decide what is deployed.
    pub options: Map<String, Value>,
    /// Each `--param`, as `name=value`.
    pub params: Vec<String>,
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// A name for this run, for `${sls:instanceId}`.
    pub instance_id: String,
}

/// Gives the account that is deployed to, in a region.
pub type Connect<'a> = &'a (dyn Fn(&str) -> Arc<dyn Remote> + Send + Sync);

/// A configuration that was read to the end.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The service.
    pub service: Service,
    /// The environment with the `.env` files of the project, for the programs that the project brings along.
    pub environment: BTreeMap<String, String>,
    /// The files that it was read from, relative to the project folder.
    pub files: Vec<PathBuf>,
}

/// Reads the configuration of a project.
pub async fn load(options: &Options, connect: Connect<'_>) -> Result<Loaded, Errors> {
    let name = file(options)?;
    let (tree, node) = read_file(options, &name)?;
    let facts = Facts {
        directory: options.directory.clone(),
        options: options.options.clone(),
        params: params(&options.params)?,
        environment: options.environment.clone(),
        instance_id: options.instance_id.clone(),
    };
    let mut resolver = Resolver::new(tree, facts)?;
    resolver.use_node(node);
    let given = options.options.get("region").and_then(Value::as_str).unwrap_or("us-east-1");
    let remote = connect(given);
    resolver.resolve(Some(&["provider\0stage", "useDotenv"]), remote.as_ref()).await?;
    load_dotenv(&mut resolver)?;
    // The account is asked in the region of the service, so that comes first.
    resolver.resolve(Some(&["provider\0region"]), remote.as_ref()).await?;
    let region = match options.options.get("region").and_then(Value::as_str) {
        Some(region) => region.to_owned(),
        None => resolver.config["provider"]["region"].as_str().unwrap_or("us-east-1").to_owned(),
    };
    resolver.resolve(None, connect(&region).as_ref()).await?;
    let mut files = resolver.read_files();
    files.retain(|file| *file != name);
    files.insert(0, name);
    let Resolver { config, places, facts, .. } = resolver;
    let service = normalise(config, places, options)?;
    Ok(Loaded { service, environment: facts.environment, files })
}

/// The name of the configuration file in the project folder.
pub fn file(options: &Options) -> Result<PathBuf, Errors> {
    if let Some(file) = &options.file {
        let name = file.strip_prefix(&options.directory).unwrap_or(file).to_owned();
        if name.components().count() != 1 {
            let message = format!("the configuration file `{}` is not in the project folder", file.display());
            let help =
                "paths and handlers are read from the folder of the configuration: change into that folder";
            return Err(Problem::new(message).help(help).into());
        }
        if !options.directory.join(&name).is_file() {
            let message = format!("no file `{}` in {}", name.display(), options.directory.display());
            return Err(Problem::new(message).into());
        }
        return Ok(name);
    }
    FILE_NAMES.iter().map(PathBuf::from).find(|name| options.directory.join(name).is_file()).ok_or_else(|| {
        let message = format!("no serverless.yml in {}", options.directory.display());
        let help = "change into a project folder, or name the file with --config (also read: serverless.json, .js, .ts)";
        Problem::new(message).help(help).into()
    })
}

fn read_file(options: &Options, name: &Path) -> Result<(Tree, Option<Node>), Errors> {
    let full = options.directory.join(name);
    let extension = name.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut node = None;
    let tree = match extension {
        "yml" | "yaml" | "json" => {
            let text = read::text(&full, name)?.ok_or_else(|| {
                Problem::new(format!("Cannot parse \"{}\": File not found", name.display()))
            })?;
            if extension == "json" { read::json(&text, name)? } else { read::yaml(&text, name)? }
        }
        "js" | "mjs" | "cjs" | "ts" => {
            let run = |node: &mut Option<Node>| {
                let started = Node::start(&options.directory, &options.environment)?;
                node.insert(started).perform(json!({"do": "config", "file": full}))
            };
            let place = Location { file: name.to_owned(), line: 0, column: 0 };
            let value = run(&mut node).map_err(|error| Problem::at(place, error))?;
            Tree { value, source: Source::new(name) }
        }
        _ => {
            let message = format!("Cannot parse \"{}\": Unsupported file extension", name.display());
            return Err(Problem::new(message).into());
        }
    };
    if !tree.value.is_object() {
        let message = format!("Invalid configuration at \"{}\": Plain object expected", name.display());
        return Err(Problem::at(Location { file: name.to_owned(), line: 0, column: 0 }, message).into());
    }
    Ok((tree, node))
}

fn params(params: &[String]) -> Result<Vec<(String, String)>, Errors> {
    let one = |param: &String| {
        match param.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.trim_end().to_owned()))
        }
        _ => Err(Problem::new(format!(
            "Encountered invalid \"--param\" CLI option value: \"{param}\". Supported format: \"--param='<key>=<val>'\""
        ))
        .into()),
    }
    };
    params.iter().map(one).collect()
}

/// Reads `.env.<stage>`, or `.env` when there is none, where the configuration asks for it.
fn load_dotenv(resolver: &mut Resolver) -> Result<(), Errors> {
    if resolver.config.get("useDotenv") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let stage = stage_of(&resolver.config, &resolver.facts.options)
        .ok_or_else(|| Problem::at(resolver.places.locate(&["provider", "stage"]), STAGE_INVALID))?;
    let directory = resolver.facts.directory.clone();
    for name in [format!(".env.{stage}"), ".env".to_owned()] {
        let name = Path::new(&name);
        let Some(text) = read::text(&directory.join(name), name)? else { continue };
        let values = dotenv::parse(&text, &resolver.facts.environment);
        if let Some((name, _)) = values.iter().find(|(name, _)| resolver.missing.contains(name)) {
            return Err(Problem::at(
                resolver.places.locate(&["useDotenv"]),
                format!(
                    "Cannot reliably resolve \"env\" variables due to resolution conflict. Environment variable \
                     \"{name}\" which influences resolution of \".env\" file were found to be defined in resolved \
                     \".env\" file."
                ),
            )
            .into());
        }
        resolver.add_environment(values).map_err(Problem::new)?;
        break;
    }
    Ok(())
}

fn stage_of(config: &Value, options: &Map<String, Value>) -> Option<String> {
    let stage = match options.get("stage") {
        Some(stage) if !stage.is_null() => stage,
        _ => &config["provider"]["stage"],
    };
    match stage {
        Value::Null => Some("dev".to_owned()),
        Value::String(stage) if is_stage(stage) => Some(stage.clone()),
        _ => None,
    }
}

/// Brings a resolved configuration into the form that [`Service`] promises.
fn normalise(config: Value, mut source: Source, options: &Options) -> Result<Service, Errors> {
    let Value::Object(mut config) = config else {
        return Err(Problem::new("Invalid configuration: Plain object expected").into());
    };
    let file = source.file().display().to_string();
    let missing = |key: &str| Problem::new(format!("\"{key}\" property is missing in {file}"));
    match config.get("service") {
        Some(Value::String(name)) if !name.is_empty() => {}
        Some(Value::Object(_)) => {
            let message = "Object notation for \"service\" property is not supported. Set \"service\" property directly \
                           with service name.";
            return Err(Problem::at(source.locate(&["service"]), message).into());
        }
        None | Some(Value::Null) => return Err(missing("service").into()),
        Some(other) => {
            let message = format!("\"service\" must be a name, not {other}");
            return Err(Problem::at(source.locate(&["service"]), message).into());
        }
    }
    let provider = match config.get_mut("provider") {
        None | Some(Value::Null) => return Err(missing("provider").into()),
        Some(provider) => provider,
    };
    if let Value::String(name) = provider {
        *provider = json!({"name": name});
    }
    if !provider.is_object() {
        return Err(Problem::at(source.locate(&["provider"]), "\"provider\" must be an object").into());
    }
    match provider["name"].as_str() {
        Some("aws") => {}
        Some(other) => {
            let message = format!("the provider \"{other}\" is not supported: only \"aws\" is");
            return Err(Problem::at(source.locate(&["provider", "name"]), message).into());
        }
        None => {
            return Err(
                Problem::at(source.locate(&["provider"]), "\"provider.name\" property is missing").into()
            );
        }
    }
    let whole = json!({"provider": provider});
    let stage = stage_of(&whole, &options.options)
        .ok_or_else(|| Problem::at(source.locate(&["provider", "stage"]), STAGE_INVALID))?;
    let region = match options.options.get("region").and_then(Value::as_str) {
        Some(region) => region.to_owned(),
        None => match &whole["provider"]["region"] {
            Value::Null => "us-east-1".to_owned(),
            Value::String(region) => region.clone(),
            other => {
                let message = format!("\"provider.region\" must be a region's name, not {other}");
                return Err(Problem::at(source.locate(&["provider", "region"]), message).into());
            }
        },
    };
    provider["stage"] = json!(stage);
    provider["region"] = json!(region);
    for key in ["functions", "resources"] {
        merge::list(&mut config, &mut source, key)?;
    }
    members(&mut config, &source)?;
    Ok(Service { config: Value::Object(config), source, directory: options.directory.clone(), stage, region })
}

/// `functions` and `layers` become objects of objects.
fn members(config: &mut Map<String, Value>, source: &Source) -> Result<(), Errors> {
    for (key, one) in [("functions", "function"), ("layers", "layer")] {
        let value = config.entry(key).or_insert_with(|| json!({}));
        if value.is_null() {
            *value = json!({});
        }
        let Value::Object(map) = value else {
            let message = format!("Unexpected \"{key}\" configuration: Expected object received: {value}");
            return Err(Problem::at(source.locate(&[key]), message).into());
        };
        // The framework drops entries without a body.
        map.retain(|_, body| !body.is_null());
        for (name, body) in map.iter() {
            if !body.is_object() {
                let message =
                    format!("Unexpected \"{name}\" {one} configuration: Expected object received {body}");
                return Err(Problem::at(source.locate(&[key, name]), message).into());
            }
        }
    }
    match config.get("resources") {
        None | Some(Value::Null) => {
            config.remove("resources");
            Ok(())
        }
        Some(Value::Object(_)) => Ok(()),
        Some(other) => {
            let message = format!("\"resources\" must be an object, not {other}");
            Err(Problem::at(source.locate(&["resources"]), message).into())
        }
    }
}

#[cfg(test)]
mod tests;
