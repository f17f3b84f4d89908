//! The command line over projects that are wrong: each mistake is named with its place, and nothing is made or sent.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

/// An address where nothing listens: whatever is sent fails, so a message about the project shows that it came first.
const NOWHERE: &str = "http://127.0.0.1:9";

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloudlet"))
        .args(arguments)
        .args(["--endpoint", NOWHERE])
        .current_dir(folder.path())
        .env_remove("AWS_ENDPOINT_URL")
        .output()
        .unwrap()
}

/// Deploys a project with a mistake and compares what is said of it.
fn check(text: &str, expected: &str) {
    let folder = project(&[("serverless.yml", text), ("h.js", "exports.x = 1")]);
    let output = run(&folder, &["deploy"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    let errors: Vec<&str> = errors.lines().skip_while(|line| !line.starts_with("error:")).collect();
    assert!(!output.status.success(), "{text}");
    assert_eq!(errors.join("\n"), expected, "{text}");
    assert!(!folder.path().join(".serverless/cloudformation-template-update-stack.json").exists());
}

const HEAD: &str = "service: shop\nprovider:\n  name: aws\n  runtime: nodejs20.x\n";

#[test]
fn mistakes_are_named_with_their_places() {
    check(
        "service: shop\nprovider: {name: aws\n",
        "error: serverless.yml:3:1: Cannot parse \"serverless.yml\": while parsing a flow mapping, did not find expected ',' or '}'",
    );
    check(
        &format!("{HEAD}custom:\n  a: ${{env:NOT_THERE}}\n"),
        "error: serverless.yml:6:3: Cannot resolve variable at \"custom.a\": Value not found at \"env\" source",
    );
    check(
        &format!("{HEAD}plugins:\n  - serverless-nobody\n"),
        "error: serverless.yml:6:5: the plugin \"serverless-nobody\" is not supported\n  take it out of the list if the \
         service does not need it",
    );
    check(
        &format!("{HEAD}functions:\n  f:\n    handler: h.x\n    events:\n      - htpp: GET /\n"),
        "error: serverless.yml:9:9: the event type \"htpp\" is not known\n  did you mean \"http\"?",
    );
    check(
        &format!("{HEAD}functions:\n  f:\n    handler: h.x\n    runtime: java21\n"),
        "error: serverless.yml:8:5: the runtime `java21` is not supported\n  functions run in runtimes such as \
         nodejs20.x, python3.12 and provided.al2023",
    );
    check(
        &format!("{HEAD}package:\n  patterns: ['!**']\nfunctions:\n  f: {{handler: h.x}}\n"),
        "error: serverless.yml:5:1: No file matches include / exclude patterns (for shop.zip)",
    );
}

#[test]
fn a_cloud_that_is_not_there_has_a_way_out() {
    check(
        &format!("{HEAD}functions:\n  f: {{handler: h.x}}\n"),
        "error: cannot reach http://127.0.0.1:9: Connection refused (os error 111)\n  is the cloud running? `cloudlet up` \
         starts it, `cloudlet dev` brings its own",
    );
}

#[test]
fn projects_are_printed_and_packaged_without_a_cloud() {
    let text =
        format!("{HEAD}custom:\n  size: ${{param:size}}\nfunctions:\n  f: {{handler: h.x, timout: 3}}\n");
    let folder = project(&[("serverless.yml", &text), ("h.js", "exports.x = 1")]);
    let printed = run(&folder, &["print", "--path", "custom", "--param", "size=7"]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), "size: '7'\n");
    let packaged = run(&folder, &["package", "--json", "--param", "size=7"]);
    let notes = String::from_utf8(packaged.stderr).unwrap();
    assert!(notes.contains("serverless.yml:8:21: \"timout\" is not known at \"functions.f\""), "{notes}");
    assert!(notes.contains("did you mean \"timeout\"?"), "{notes}");
    let result: serde_json::Value = serde_json::from_slice(&packaged.stdout).unwrap();
    assert!(result["packages"][0]["file"].as_str().unwrap().ends_with(".serverless/shop.zip"));
    assert!(folder.path().join(".serverless/cloudformation-template-update-stack.json").is_file());
}
