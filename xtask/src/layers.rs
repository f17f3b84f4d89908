//! Who may depend on whom: languages and platform below, services above, applications as roof.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The floor on which a package stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    Language,
    Platform,
    Testkit,
    Service,
    App,
    Chore,
}

/// Broken rules, read from `cargo metadata`.
pub(crate) fn violations(root: &Path) -> Vec<String> {
    match packages(root) {
        Ok(packages) => packages.iter().flat_map(|package| check(package, &packages)).collect(),
        Err(error) => vec![format!("Cargo.toml:1: cargo metadata: {error}")],
    }
}

struct Package {
    name: String,
    floor: Floor,
    /// Names of our own packages, with the kind (`dev` or empty).
    dependencies: Vec<(String, String)>,
    /// Dependencies that do not come from the workspace's table.
    loose: Vec<String>,
}

fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root)
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let found = metadata["packages"].as_array().cloned().unwrap_or_default();
    found.iter().map(|package| read(root, package)).collect()
}

fn read(root: &Path, package: &Value) -> anyhow::Result<Package> {
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    let relative = Path::new(manifest).strip_prefix(root)?.to_string_lossy().into_owned();
    let name = package["name"].as_str().unwrap_or_default().to_owned();
    let floor = match relative.split('/').next() {
        Some("lang") => Floor::Language,
        Some("crates") if name == "testkit" => Floor::Testkit,
        Some("crates") => Floor::Platform,
        Some("services") => Floor::Service,
        Some("apps") => Floor::App,
        _ => Floor::Chore,
    };
    let listed = package["dependencies"].as_array().cloned().unwrap_or_default();
    let ours = listed.iter().filter(|dependency| dependency["path"].is_string());
    let dependencies = ours.map(|dependency| {
        let text = |key: &str| dependency[key].as_str().unwrap_or_default().to_owned();
        (text("name"), text("kind"))
    });
    let text = std::fs::read_to_string(manifest)?;
    Ok(Package { name, floor, dependencies: dependencies.collect(), loose: loose(&relative, &text) })
}

/// Lines of a manifest's dependency tables that do not say `workspace = true`.
fn loose(path: &str, manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for (at, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && !line.is_empty() && !line.starts_with('#') && !line.ends_with("workspace = true")
        {
            found.push(format!(
                "{path}:{}: write `name.workspace = true`; versions and features stand in the root",
                at + 1
            ));
        }
    }
    found
}

fn check(package: &Package, all: &[Package]) -> Vec<String> {
    let mut found = package.loose.clone();
    for (name, kind) in &package.dependencies {
        let Some(target) = all.iter().find(|other| other.name == *name) else {
            continue;
        };
        if !allowed(package, target, kind == "dev") {
            found.push(format!(
                "{}: must not depend on {} ({:?} -> {:?})",
                package.name, name, package.floor, target.floor
            ));
        }
    }
    found
}

fn allowed(from: &Package, to: &Package, dev: bool) -> bool {
    if dev && to.floor == Floor::Testkit {
        return matches!(from.floor, Floor::Service | Floor::App | Floor::Platform);
    }
    match (from.floor, to.floor) {
        // Tests of the platform may look at each other: the derives are tested with the trait they serve.
        (Floor::Platform, Floor::Platform) if dev => true,
        (Floor::Language, Floor::Language | Floor::Platform | Floor::Service | Floor::App) => false,
        (Floor::Platform, Floor::Language) => {
            from.name == "cloud" && matches!(to.name.as_str(), "iampolicy" | "eventpattern")
        }
        (Floor::Platform, Floor::Platform) => platform(&from.name, &to.name),
        (Floor::Platform, _) => false,
        (Floor::Testkit, floor) => floor == Floor::Platform,
        (Floor::Service, Floor::Platform) => to.name != "jail" || from.name == "lambda",
        // Tests of one service may bring in others to talk to.
        (Floor::Service, Floor::Service) => dev,
        (Floor::Service, floor) => floor == Floor::Language,
        (Floor::App, floor) => !matches!(floor, Floor::Testkit | Floor::Chore),
        (Floor::Chore, _) | (_, Floor::Chore) => false,
        (_, _) => true,
    }
}

/// `shape <- wire <- cloud`, `store <- cloud`; the jail stands alone.
fn platform(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("shape", "shape-derive")
            | ("wire", "shape")
            | ("cloud", "shape" | "wire" | "store" | "shape-derive")
    )
}
