//! Templates of cfn-lint and of Serverless Framework.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cfn::Invalid;
use cfn::eval::{self, Pseudo, Resolver, Scope};
use cfn::graph::Graph;
use cfn::template::Template;
use serde_json::{Value, json};

fn folder(name: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("CLOUDLET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{} is not there: nothing checked", folder.display());
    None
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A world where everything that is asked for is there.
struct Anything;

impl Resolver for Anything {
    fn reference(&self, resource: &str) -> Option<Value> {
        Some(json!(format!("physical-{resource}")))
    }
    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, Invalid> {
        Ok(json!(format!("{resource}.{attribute}")))
    }
    fn import(&self, export: &str) -> Option<Value> {
        Some(json!(format!("imported-{export}")))
    }
    fn zones(&self, region: &str) -> Vec<String> {
        ["a", "b", "c"].map(|zone| format!("{region}{zone}")).into()
    }
}

fn evaluate(template: &Template) -> Result<(), Invalid> {
    let pseudo = Pseudo {
        account_id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
        stack_id: "arn:aws:cloudformation:us-east-1:123456789012:stack/s/1".to_owned(),
        stack_name: "s".to_owned(),
        notification_arns: Vec::new(),
    };
    let mut texts = BTreeMap::new();
    for parameter in &template.parameters {
        let text = parameter.default.clone().unwrap_or_else(|| {
            let allowed = parameter.allowed_values.as_ref().and_then(|all| all.first());
            allowed.cloned().unwrap_or_else(|| "1,1,1".to_owned())
        });
        texts.insert(parameter.name.clone(), text);
    }
    let parameters = template.parameter_values(&texts, &texts);
    let conditions = eval::conditions(template, &parameters, &pseudo)?;
    let graph = Graph::of_conditions(template, &conditions)?;
    let scope = Scope {
        template,
        parameters: &parameters,
        conditions: &conditions,
        pseudo: &pseudo,
        resolver: &Anything,
    };
    for name in graph.levels().unwrap().into_iter().flatten() {
        scope.value(&template.resource(name).unwrap().properties)?;
    }
    for output in &template.outputs {
        let exists = output.condition.as_ref().is_none_or(|name| conditions[name]);
        if exists {
            scope.value(&output.value)?;
        }
    }
    Ok(())
}

#[test]
fn serverless_templates_evaluate() {
    let Some(folder) = folder("sls-compiled") else {
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let mut checked = 0;
    let mut broken = Vec::new();
    for path in found {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        checked += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = Template::parse(&text).and_then(|template| evaluate(&template)) {
            broken.push(format!("{}: {error}", path.display()));
        }
    }
    println!("{checked} templates, {} broken", broken.len());
    assert!(checked > 200, "{checked}");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn serverless_sources_are_read() {
    let Some(folder) = folder("sls-compiled") else {
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let mut checked = 0;
    for path in found {
        if path.extension().is_some_and(|extension| extension == "yml") {
            checked += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let read = cfn::yaml::parse(&text).and_then(|node| node.to_json());
            assert!(read.is_ok(), "{}: {:?}", path.display(), read.err());
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn cfn_lint_fixtures_are_told_apart() {
    let Some(folder) = folder("cfn-lint-fixtures/test/fixtures/templates") else {
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let (mut good, mut good_refused, mut bad, mut bad_found) = (0, Vec::new(), 0, 0);
    for path in found {
        let is_template = path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json", "template"].iter().any(|one| extension == *one));
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if !is_template {
            continue;
        }
        let read = Template::parse(&text);
        let inside = path.strip_prefix(&folder).unwrap().display().to_string();
        if inside.starts_with("bad") {
            bad += 1;
            bad_found += usize::from(read.is_err());
        } else if inside.starts_with("good") {
            good += 1;
            if let Err(error) = read {
                good_refused.push(format!("{inside}: {error}"));
            }
        }
    }
    println!("good: {} of {good} accepted; bad: {bad_found} of {bad} refused", good - good_refused.len());
    for line in &good_refused {
        println!("{line}");
    }
    assert!(good > 50 && bad > 50, "{good} {bad}");
}
