use std::fs;

use async_trait::async_trait;

use super::*;
use crate::variables::remote::Parameter;

struct Nowhere;

#[async_trait]
impl Remote for Nowhere {
    async fn parameter(&self, _: Option<&str>, _: &str, _: bool) -> Result<Option<Parameter>, String> {
        Err("no account".to_owned())
    }
    async fn outputs(&self, _: Option<&str>, _: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        Err("no account".to_owned())
    }
    async fn object(&self, _: &str, _: &str) -> Result<Option<String>, String> {
        Err("no account".to_owned())
    }
    async fn account(&self) -> Result<String, String> {
        Err("no account".to_owned())
    }
}

async fn load_with(files: &[(&str, &str)], options: Value) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let options = Options {
        directory: folder.path().to_owned(),
        options: options.as_object().unwrap().clone(),
        environment: BTreeMap::from([
            ("PATH".to_owned(), std::env::var("PATH").unwrap()),
            ("TAKEN".to_owned(), "outside".to_owned()),
        ]),
        ..Options::default()
    };
    load(&options, &|_| Arc::new(Nowhere)).await.map_err(|errors| errors.to_string())
}

async fn service(files: &[(&str, &str)], options: Value) -> Service {
    load_with(files, options).await.unwrap().service
}

async fn check_error(text: &str, expected: &str) {
    assert_eq!(load_with(&[("serverless.yml", text)], json!({})).await.unwrap_err(), expected, "{text}");
}

const MINIMAL: &str = "service: s\nprovider:\n  name: aws\n";

#[tokio::test]
async fn defaults_are_filled_in_and_options_win() {
    let plain = service(&[("serverless.yml", MINIMAL)], json!({})).await;
    assert_eq!((plain.stage.as_str(), plain.region.as_str()), ("dev", "us-east-1"));
    assert_eq!(
        plain.config,
        json!({"service": "s", "provider": {"name": "aws", "stage": "dev", "region": "us-east-1"}, "functions": {}, "layers": {}})
    );
    let text = "service: s\nprovider: {name: aws, stage: qa, region: eu-west-1}\n";
    let chosen = service(&[("serverless.yml", text)], json!({"stage": "prod", "region": null})).await;
    assert_eq!((chosen.stage.as_str(), chosen.region.as_str()), ("prod", "eu-west-1"));
    assert_eq!(chosen.stack_name(), "s-prod");
    assert_eq!(service(&[("serverless.yml", "service: s\nprovider: aws\n")], json!({})).await.stage, "dev");
}

#[tokio::test]
async fn lists_of_functions_and_resources_are_merged_from_files() {
    let text = format!(
        "{MINIMAL}functions:\n  - ${{file(functions.yml)}}\n  - b: {{handler: b.h}}\n    gone:\nresources:\n  \
         - ${{file(r/one.yml)}}\n  - Outputs: {{O: {{Value: 1}}}}\n"
    );
    let files = [
        ("serverless.yml", text.as_str()),
        ("functions.yml", "a:\n  handler: ${self:custom.x, 'a.h'}\n"),
        ("r/one.yml", "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"),
    ];
    let service = service(&files, json!({})).await;
    assert_eq!(service.config["functions"], json!({"a": {"handler": "a.h"}, "b": {"handler": "b.h"}}));
    assert_eq!(
        service.config["resources"],
        json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"O": {"Value": 1}}})
    );
    assert_eq!(service.source.locate(&["functions", "a", "handler"]).to_string(), "functions.yml:2:3");
    assert_eq!(
        service.source.locate(&["resources", "Resources", "Queue", "Type"]).to_string(),
        "r/one.yml:3:5"
    );
}

#[tokio::test]
async fn dotenv_files_serve_the_env_source() {
    let text = format!("{MINIMAL}useDotenv: true\ncustom: {{a: '${{env:A}}', t: '${{env:TAKEN}}'}}\n");
    let both =
        [("serverless.yml", text.as_str()), (".env", "A=default\n"), (".env.qa", "A=qa\nTAKEN=file\n")];
    assert_eq!(
        service(&both, json!({"stage": "qa"})).await.config["custom"],
        json!({"a": "qa", "t": "outside"})
    );
    assert_eq!(service(&both, json!({})).await.config["custom"]["a"], json!("default"));
    let conflict = [
        (
            "serverless.yml",
            "service: s\nprovider:\n  name: aws\n  stage: ${env:STAGE, 'dev'}\nuseDotenv: true\n",
        ),
        (".env", "STAGE=prod\n"),
    ];
    let error = load_with(&conflict, json!({})).await.unwrap_err();
    assert!(error.starts_with("serverless.yml:5:1: Cannot reliably resolve \"env\" variables"), "{error}");
}

#[tokio::test]
async fn other_kinds_of_files_are_read() {
    let json_file = r#"{"service": "j", "provider": {"name": "aws"}}"#;
    assert_eq!(service(&[("serverless.json", json_file)], json!({})).await.name(), "j");
    let program = "module.exports = Promise.resolve({service: 'js-' + process.env.TAKEN, provider: {name: 'aws', stage: '${opt:stage, \"x\"}'}});";
    let loaded = service(&[("serverless.js", program)], json!({})).await;
    assert_eq!((loaded.name(), loaded.stage.as_str()), ("js-outside", "x"));
    let module = "import { name } from './name.mjs'; export default {service: name, provider: 'aws'};";
    let files = [("serverless.mjs", module), ("name.mjs", "export const name = 'm';")];
    assert_eq!(service(&files, json!({})).await.name(), "m");
    let parts = "module.exports = {...require('./parts/base.js'), custom: '${file(./x.json)}'};";
    let files =
        [("serverless.js", parts), ("parts/base.js", "module.exports = {service: 'p', provider: 'aws'};")];
    let loaded = load_with(&[&files[..], &[("x.json", "{}")]].concat(), json!({})).await.unwrap();
    let mut found: Vec<&str> = loaded.files.iter().filter_map(|file| file.to_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["parts/base.js", "serverless.js", "x.json"]);
}

#[tokio::test]
async fn typescript_is_compiled_with_what_the_project_has() {
    // A stand-in for the project's own compiler: it drops the types of this one test.
    let compiler = "exports.transformSync = (text) => ({code: text.replace(/: string/g, '').replace('export default', 'exports.default =')\
                    .replace(/^/, 'exports.__esModule = true;')});";
    let files = [
        ("serverless.ts", "const name: string = 't';\nexport default {service: name, provider: 'aws'};"),
        ("node_modules/esbuild/index.js", compiler),
    ];
    assert_eq!(service(&files, json!({})).await.name(), "t");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    assert!(load_with(&[], json!({})).await.unwrap_err().starts_with("no serverless.yml in /"));
    check_error("service: s\n", "\"provider\" property is missing in serverless.yml").await;
    check_error("provider: aws\n", "\"service\" property is missing in serverless.yml").await;
    check_error(
        "- a\n",
        "serverless.yml: Invalid configuration at \"serverless.yml\": Plain object expected",
    )
    .await;
    check_error(
        "service:\n  name: x\nprovider: aws\n",
        "serverless.yml:1:1: Object notation for \"service\" property is not supported. Set \"service\" property directly with service name.",
    )
    .await;
    check_error(
        "service: s\nprovider:\n  name: google\n",
        "serverless.yml:3:3: the provider \"google\" is not supported: only \"aws\" is",
    )
    .await;
    check_error(
        "service: s\nprovider:\n  name: aws\n  stage: a_b\n",
        "serverless.yml:4:3: Invalid stage name. Stage names may contain only ASCII letters, numbers, and hyphens.",
    )
    .await;
    check_error(
        &format!("{MINIMAL}functions:\n  a: text\n"),
        "serverless.yml:5:3: Unexpected \"a\" function configuration: Expected object received \"text\"",
    )
    .await;
    let thrown = load_with(&[("serverless.js", "throw new Error('no')")], json!({})).await.unwrap_err();
    assert!(
        thrown.starts_with("serverless.js: Cannot load \"serverless.js\": Initialization error: Error: no"),
        "{thrown}"
    );
}
