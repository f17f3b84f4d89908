//! The templates of 119 public serverless.yml files against those that Serverless Framework 3.40 made of them.
//!
//! The files are not in this repository: `CLOUDLET_VECTORS` names their folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use deploy::compile::{normalise, translate};
use deploy::config::{Options, load};
use deploy::model::{Package, Packages, Service};
use deploy::variables::remote::{Parameter, Remote};
use serde_json::{Map, Value};

/// Each line: the vector's name and the reason why it is left. It may only shrink.
const LEFT: &str = include_str!("compile_vectors_left.txt");

/// The account of the vectors: nothing is in it.
pub(crate) struct Nothing;

#[async_trait]
impl Remote for Nothing {
    async fn parameter(&self, _: Option<&str>, _: &str, _: bool) -> Result<Option<Parameter>, String> {
        Ok(None)
    }
    async fn outputs(&self, _: Option<&str>, _: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        Ok(None)
    }
    async fn object(&self, _: &str, _: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
    async fn account(&self) -> Result<String, String> {
        Ok("000000000000".to_owned())
    }
}

#[tokio::test]
async fn templates_are_those_of_the_framework() {
    let Some(folder) =
        std::env::var_os("CLOUDLET_VECTORS").map(|root| PathBuf::from(root).join("sls-compiled"))
    else {
        eprintln!("CLOUDLET_VECTORS is not set: the 119 compiled configurations were NOT compared");
        return;
    };
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let left: BTreeMap<&str, &str> = LEFT.lines().filter_map(|line| line.split_once(": ")).collect();
    let mut equal = 0;
    let mut wrong = Vec::new();
    for name in &names {
        match (check(&folder.join(name)).await, left.get(name.as_str())) {
            (Ok(()), None) => equal += 1,
            (Ok(()), Some(_)) => wrong.push(format!("{name} is equal now: take it off the list")),
            (Err(difference), None) => wrong.push(format!("{name}: {difference}")),
            (Err(_), Some(reason)) => println!("left: {name}: {reason}"),
        }
    }
    let unknown: Vec<&&str> = left.keys().filter(|name| !names.iter().any(|other| other == *name)).collect();
    println!("{equal} of {} templates are equal, {} are left", names.len(), left.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unknown.is_empty(), "these are no vectors: {unknown:?}");
}

async fn check(folder: &Path) -> Result<(), String> {
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let (create, update) = (
        read("cloudformation-template-create-stack.json"),
        read("cloudformation-template-update-stack.json"),
    );
    let options = Options {
        directory: folder.to_owned(),
        file: Some("serverless.source.yml".into()),
        instance_id: "1".to_owned(),
        ..Options::default()
    };
    let service =
        load(&options, &|_| std::sync::Arc::new(Nothing)).await.map_err(|errors| errors.to_string())?.service;
    let template = translate(&service, &packages(&service, &update)).map_err(|errors| errors.to_string())?;
    compare("create", &template.create, &create)?;
    compare("update", &comparable(&template.update), &comparable(&update))
}

/// The packages are not in the vectors; their names and hashes are in the recorded templates.
fn packages(service: &Service, update: &Value) -> Packages {
    let resources = update["Resources"].as_object().unwrap();
    let package = |name: &str| {
        let of_function = |resource: &&Value| resource["Properties"]["FunctionName"] == name;
        let function = resources
            .iter()
            .find(|(_, resource)| resource["Type"] == "AWS::Lambda::Function" && of_function(resource));
        let (id, function) = function.map_or(("", &Value::Null), |(id, function)| (id.as_str(), function));
        let key = function["Properties"]["Code"]["S3Key"].as_str().unwrap_or_default();
        let version = resources.values().find(|resource| {
            resource["Type"] == "AWS::Lambda::Version" && resource["Properties"]["FunctionName"]["Ref"] == id
        });
        let hash =
            version.and_then(|version| version["Properties"]["CodeSha256"].as_str()).unwrap_or_default();
        Package {
            file: PathBuf::new(),
            name: key.rsplit('/').next().unwrap_or_default().to_owned(),
            sha256: hash.to_owned(),
            size_bytes: 0,
        }
    };
    let name = |key: &str, settings: &Value| {
        let own = settings["name"].as_str().map(str::to_owned);
        own.unwrap_or_else(|| format!("{}-{}-{key}", service.name(), service.stage))
    };
    let functions = service
        .functions()
        .iter()
        .map(|(key, settings)| (key.clone(), package(&name(key, settings))))
        .collect();
    let prefix = "serverless/service/dev/1700000000000-2023-11-14T22:13:20.000Z".to_owned();
    Packages { prefix, functions, ..Packages::default() }
}

/// Without times and deployment ids, and without the text of the default mapping template, which is our own.
fn comparable(template: &Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::String(text) if text.contains("enhancedAuthContext") => *text = "the event".to_owned(),
            Value::Array(items) => items.iter_mut().for_each(visit),
            Value::Object(map) => map.values_mut().for_each(visit),
            _ => {}
        }
    }
    let mut template = normalise(template);
    visit(&mut template);
    template
}

/// The first places where two values differ.
pub(crate) fn compare(path: &str, ours: &Value, theirs: &Value) -> Result<(), String> {
    let mut differences = Vec::new();
    differ(path, ours, theirs, &mut differences);
    if differences.is_empty() { Ok(()) } else { Err(differences[..differences.len().min(5)].join("\n    ")) }
}

fn differ(path: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    if ours == theirs {
        return;
    }
    if let (Some(ours), Some(theirs)) = (ours.as_object(), theirs.as_object()) {
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for key in keys {
            let member = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
            differ(&format!("{path}/{key}"), &member(ours), &member(theirs), differences);
        }
    } else {
        differences.push(format!("{path}: ours is {ours}, theirs is {theirs}"));
    }
}
