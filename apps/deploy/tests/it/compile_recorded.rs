//! The templates of our own configurations against those that the framework (osls 3.77.1) makes of them.
//!
//! The configurations stand in `tests/sdk/oracle/configs`, where the same comparison is made with the framework at
//! hand; between them they use every event type and most settings. What it made is recorded in `compile_recorded`,
//! without hashes and times.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deploy::compile::translate;
use deploy::config::{Options, load};
use deploy::model::{Package, Packages, Service};
use regex::Regex;
use serde_json::Value;

use crate::compile_vectors::{Nothing, compare};

#[tokio::test]
async fn our_own_configurations_compile_as_the_framework_compiles_them() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let configs = here.join("../../tests/sdk/oracle/configs");
    let mut names: Vec<PathBuf> =
        fs::read_dir(&configs).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 12, "the configurations are gone");
    for config in names {
        let name = config.file_stem().unwrap().to_str().unwrap();
        let recorded = here.join(format!("tests/it/compile_recorded/{name}.json"));
        let recorded: Value = serde_json::from_str(&fs::read_to_string(recorded).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::copy(&config, folder.path().join("serverless.yml")).unwrap();
        let options = Options {
            directory: folder.path().to_owned(),
            instance_id: "1".to_owned(),
            ..Options::default()
        };
        let service = load(&options, &|_| Arc::new(Nothing)).await.unwrap().service;
        let template = translate(&service, &packages(&service, folder.path())).unwrap();
        compare(name, &comparable(&template.update), &recorded).unwrap();
    }
}

fn packages(service: &Service, folder: &Path) -> Packages {
    let package = |name: &str| {
        let file = folder.join(format!("{name}.zip"));
        fs::write(&file, name).unwrap();
        Package { file, name: format!("{name}.zip"), sha256: "hash".to_owned(), size_bytes: 0 }
    };
    Packages {
        prefix: "serverless/service/dev/1700000000000-2023-11-14T22:13:20.000Z".to_owned(),
        functions: service.functions().keys().map(|key| (key.clone(), package(service.name()))).collect(),
        layers: service.layers().keys().map(|key| (key.clone(), package(key))).collect(),
        helpers: None,
    }
}

/// Without what differs between two archives of the same files: hashes, times, and ids made of them.
fn comparable(template: &Value) -> Value {
    let replaced = [
        (r"(LambdaVersion)[0-9A-Za-z]{30,44}\b", "$1"),
        (r"(ApiGatewayDeployment)\d{13}\b", "$1"),
        (r"(WebsocketsDeployment)[0-9A-Za-z]{30,44}\b", "$1"),
        (r"(LambdaLayer|LambdaLayerPermission)[0-9a-f]{40}\b", "$1"),
        (r#""[^"]+/\d{13}-[^"/]+/([^"/]+\.zip)""#, "\"$1\""),
        (r#"("CodeSha256":)"[^"]*""#, "$1\"\""),
        (r#"("Description":"Current Lambda layer hash","Value":)"[^"]*""#, "$1\"\""),
    ];
    let mut text = template.to_string();
    for (pattern, with) in replaced {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    let mut template = serde_json::from_str(&text).unwrap();
    visit(&mut template);
    template
}

/// The event of the `lambda` integration is the framework's, the text of the mapping template is our own.
fn visit(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("enhancedAuthContext") => *text = "the event".to_owned(),
        Value::Array(items) => items.iter_mut().for_each(visit),
        Value::Object(map) => map.values_mut().for_each(visit),
        _ => {}
    }
}
