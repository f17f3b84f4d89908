use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use serde_json::json;
use zip::ZipArchive;

use super::*;
use crate::model::Source;

/// A project in a folder of its own.
struct Project {
    folder: tempfile::TempDir,
    config: Value,
}

impl Project {
    fn new(config: Value, files: &[&str]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), config };
        for file in files {
            project.write(file, &format!("content of {file}"));
        }
        project
    }

    /// Writes a file and makes it an hour old, so that its time can be relied on.
    fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }

    fn package_json(&self, folder: &str, value: Value) {
        self.write(&format!("{folder}/package.json"), &value.to_string());
        self.write(&format!("{folder}/index.js"), "x");
    }

    fn service(&self) -> Service {
        let mut config = json!({"service": "shop", "functions": {}, "layers": {}});
        config.as_object_mut().unwrap().extend(self.config.as_object().unwrap().clone());
        Service {
            config,
            source: Source::new("serverless.yml"),
            directory: self.folder.path().to_owned(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }

    fn options(&self) -> Options {
        let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        Options { folder: self.folder.path().join(".serverless"), now, only: None }
    }

    fn build(&self) -> Result<Packages, String> {
        build(&self.service(), &self.options()).map_err(|errors| errors.to_string())
    }

    /// The names in the archive of a function.
    fn names(&self, function: &str) -> Vec<String> {
        names(&self.build().unwrap().functions[function])
    }
}

fn names(package: &Package) -> Vec<String> {
    let archive = ZipArchive::new(fs::File::open(&package.file).unwrap()).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

const ONE: &str = "hello";

fn one_function(package: Value) -> Value {
    json!({"functions": {ONE: {"handler": "h.x"}}, "package": package})
}

#[test]
fn the_whole_project_goes_in_but_for_what_nobody_wants_to_run() {
    let files = [
        "h.js",
        "lib/a.js",
        ".hidden/x",
        ".env",
        "serverless.yml",
        ".git/config",
        ".gitignore",
        ".DS_Store",
        "npm-debug.log",
        "yarn-error.log",
        ".serverless/old.zip",
        ".serverless_plugins/p.js",
        "a/.gitignore",
        "a/.git/config",
    ];
    let project = Project::new(one_function(json!({})), &files);
    assert_eq!(
        project.names(ONE),
        [".env", ".hidden/x", "a/.git/config", "a/.gitignore", "h.js", "lib/a.js"]
    );
    let packages = project.build().unwrap();
    assert_eq!(packages.prefix, "serverless/shop/dev/1700000000123-2023-11-14T22:13:20.123Z");
    assert_eq!(packages.functions[ONE].name, "shop.zip");
    let dotenv =
        Project::new(json!({"functions": {ONE: {}}, "useDotenv": true}), &["h.js", ".env", ".env.dev"]);
    assert_eq!(dotenv.names(ONE), ["h.js"]);
}

#[test]
fn patterns_apply_in_order_and_the_older_lists_before_them() {
    let files = ["h.js", "src/a.js", "src/a.test.js", "docs/d.md", "docs/keep.md"];
    let patterns = json!({"patterns": ["!docs/**", "docs/keep.md", "!**/*.test.js"]});
    assert_eq!(Project::new(one_function(patterns), &files).names(ONE), ["docs/keep.md", "h.js", "src/a.js"]);
    let older = json!({"exclude": ["**", "!src/**"], "include": ["docs/keep.md"]});
    let expected = ["docs/keep.md", "src/a.js", "src/a.test.js"];
    assert_eq!(Project::new(one_function(older), &files).names(ONE), expected);
}

#[test]
fn functions_may_be_packed_alone() {
    let config = json!({
        "package": {"individually": true, "patterns": ["!**"]},
        "functions": {"a": {"package": {"patterns": ["a/**"]}}, "b": {"package": {"include": ["b/**"], "exclude": ["x"]}}},
    });
    let project = Project::new(config, &["a/a.js", "b/b.js"]);
    let packages = project.build().unwrap();
    assert_eq!(
        (names(&packages.functions["a"]), names(&packages.functions["b"])),
        (vec!["a/a.js".into()], vec!["b/b.js".into()])
    );
    assert_eq!(packages.functions["a"].name, "a.zip");
    let mixed = json!({"functions": {"a": {"package": {"individually": true}}, "b": {}}});
    let packages = Project::new(mixed, &["a.js"]).build().unwrap();
    assert_eq!(
        (packages.functions["a"].name.as_str(), packages.functions["b"].name.as_str()),
        ("a.zip", "shop.zip")
    );
}

#[test]
fn an_archive_of_the_author_is_taken_as_it_is() {
    let project = Project::new(
        json!({"package": {"artifact": "all.zip"}, "functions": {"a": {}, "b": {"package": {"artifact": "out/b.zip"}}}}),
        &["all.zip", "out/b.zip"],
    );
    let packages = project.build().unwrap();
    assert_eq!(packages.functions["a"].file, project.folder.path().join("all.zip"));
    assert_eq!((packages.functions["b"].name.as_str(), packages.functions["b"].size_bytes), ("b.zip", 20));
    // printf %s 'content of all.zip' | openssl dgst -sha256 -binary | base64
    assert_eq!(packages.functions["a"].sha256, "aaIDVd8Izg2WfRBWVxB0UgzcjyQfHdNs9y7x4fpIPxY=");
    let missing = Project::new(json!({"functions": {"a": {"package": {"artifact": "no.zip"}}}}), &["x"]);
    let error = missing.build().unwrap_err();
    assert!(
        error.starts_with("serverless.yml: Cannot access package artifact at \"no.zip\" (for \"a\"): "),
        "{error}"
    );
    let remote = Project::new(json!({"functions": {"a": {"package": {"artifact": "s3://b/k"}}}}), &["x"]);
    assert!(remote.build().unwrap_err().contains("only local files are supported"));
}

#[test]
fn layers_have_their_own_folder_and_stay_out_of_the_functions() {
    let config = json!({"functions": {ONE: {}}, "layers": {"tools": {"path": "layers/tools"}}});
    let project = Project::new(config, &["h.js", "layers/tools/nodejs/t.js", "layers/tools/.git/x"]);
    let packages = project.build().unwrap();
    assert_eq!(names(&packages.layers["tools"]), ["nodejs/t.js"]);
    assert_eq!(names(&packages.functions[ONE]), ["h.js"]);
    let missing = Project::new(json!({"layers": {"t": {"path": "no"}}}), &["x"]).build().unwrap_err();
    assert_eq!(missing, "serverless.yml: the folder \"no\" of the layer \"t\" does not exist");
}

#[test]
fn nothing_to_pack_is_a_mistake() {
    let error = Project::new(one_function(json!({"patterns": ["!**"]})), &["h.js"]).build().unwrap_err();
    assert_eq!(error, "serverless.yml: No file matches include / exclude patterns (for shop.zip)");
    let error =
        Project::new(one_function(json!({"patterns": "x", "include": 3})), &["h.js"]).build().unwrap_err();
    assert_eq!(error, "serverless.yml: \"package.include\" must be a list of patterns");
}

/// A tree as npm lays it out: `used` is needed by the application and by a tool, `deep` only below `used`.
fn with_modules(config: Value) -> Project {
    let project = Project::new(
        config,
        &["h.js", "node_modules/.bin/tool", "node_modules/.bin/used", "node_modules/byhand/x.js"],
    );
    let manifest = json!({"dependencies": {"used": "1"}, "devDependencies": {"tool": "1", "@types/x": "1", "both": "1"},
        "optionalDependencies": {"both": "1"}});
    project.write("package.json", &manifest.to_string());
    project.package_json("node_modules/used", json!({"dependencies": {"deep": "2"}, "bin": {"used": "x"}}));
    project.package_json("node_modules/used/node_modules/deep", json!({}));
    project.package_json("node_modules/deep", json!({}));
    project.package_json("node_modules/both", json!({}));
    project.package_json(
        "node_modules/tool",
        json!({"bin": "t", "dependencies": {"deep": "1", "used": "1", "../x": "1"}}),
    );
    project.package_json("node_modules/@types/x", json!({"peerDependencies": {"peer": "1"}}));
    project.package_json("node_modules/peer", json!({}));
    project
}

#[test]
fn development_dependencies_stay_at_home() {
    let found = with_modules(one_function(json!({"patterns": ["!**/package.json", "node_modules/tool/**"]})))
        .names(ONE);
    let expected = [
        "h.js",
        "node_modules/.bin/used",
        "node_modules/both/index.js",
        "node_modules/byhand/x.js",
        "node_modules/used/index.js",
        "node_modules/used/node_modules/deep/index.js",
    ];
    assert_eq!(found, expected);
    let all = with_modules(one_function(json!({"excludeDevDependencies": false}))).names(ONE);
    assert!(
        all.contains(&"node_modules/tool/index.js".to_owned())
            && all.contains(&"node_modules/.bin/tool".to_owned())
    );
}

#[test]
fn a_project_inside_of_the_project_has_its_own_dependencies() {
    let project = Project::new(one_function(json!({"patterns": ["!**/package.json"]})), &["h.js"]);
    project.write(
        "web/package.json",
        &json!({"devDependencies": {"tool": "1"}, "dependencies": {"used": "1"}}).to_string(),
    );
    project.package_json("web/node_modules/tool", json!({}));
    project.package_json("web/node_modules/used", json!({}));
    assert_eq!(project.names(ONE), ["h.js", "web/node_modules/used/index.js"]);
}

#[test]
fn links_of_pnpm_are_followed_and_links_in_a_circle_or_to_nowhere_are_passed_over() {
    let project = Project::new(one_function(json!({"patterns": ["!**/package.json"]})), &["h.js"]);
    project.write(
        "package.json",
        &json!({"devDependencies": {"tool": "1"}, "dependencies": {"used": "1"}}).to_string(),
    );
    project.package_json("node_modules/.pnpm/used@1/node_modules/used", json!({}));
    project.package_json("node_modules/.pnpm/tool@1/node_modules/tool", json!({}));
    let root = project.folder.path();
    symlink(".pnpm/used@1/node_modules/used", root.join("node_modules/used")).unwrap();
    symlink(".pnpm/tool@1/node_modules/tool", root.join("node_modules/tool")).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    fs::create_dir(root.join("a")).unwrap();
    symlink("..", root.join("a/circle")).unwrap();
    let expected =
        ["h.js", "node_modules/.pnpm/used@1/node_modules/used/index.js", "node_modules/used/index.js"];
    assert_eq!(project.names(ONE), expected);
}

#[test]
fn files_above_the_project_can_be_asked_for() {
    let project = Project::new(one_function(json!({"patterns": ["../../common/**/*.js"]})), &["h.js"]);
    let inner = project.folder.path().join("services/api");
    fs::create_dir_all(&inner).unwrap();
    project.write("services/api/h.js", "x");
    project.write("common/c.js", "x");
    project.write("common/c.md", "x");
    let mut service = project.service();
    service.directory = inner;
    let packages = build(&service, &project.options()).unwrap();
    assert_eq!(names(&packages.functions[ONE]), ["common/c.js", "h.js"]);
}

#[test]
fn the_same_files_give_the_same_bytes_and_a_change_shows() {
    let first = Project::new(one_function(json!({})), &["h.js", "b/run.sh"]);
    let second = Project::new(one_function(json!({})), &["b/run.sh", "h.js"]);
    fs::set_permissions(first.folder.path().join("b/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    let before = first.build().unwrap().functions[ONE].clone();
    assert_ne!(before.sha256, second.build().unwrap().functions[ONE].sha256, "the executable bit counts");
    fs::set_permissions(second.folder.path().join("b/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(before.sha256, second.build().unwrap().functions[ONE].sha256);

    // Warm: from the cache; then a change of one file, then a file less.
    assert_eq!(first.build().unwrap().functions[ONE], before);
    first.write("h.js", "content of h.jz");
    let after = first.build().unwrap().functions[ONE].clone();
    assert_ne!(after.sha256, before.sha256);
    let mut archive = ZipArchive::new(fs::File::open(&after.file).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name("h.js").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "content of h.jz");
    assert_eq!(archive.by_name("b/run.sh").unwrap().unix_mode().unwrap() & 0o777, 0o755);
    first.write("h.js", "content of h.js");
    assert_eq!(
        first.build().unwrap().functions[ONE].sha256,
        before.sha256,
        "taking the change back gives the first bytes"
    );
}

#[test]
fn a_file_whose_time_says_nothing_is_read_again() {
    let project = Project::new(one_function(json!({})), &["h.js"]);
    let file = fs::File::options().write(true).open(project.folder.path().join("h.js")).unwrap();
    // A time in the future is as unsure as one of this moment.
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(100 * 365 * 86_400);
    file.set_modified(time).unwrap();
    let before = project.build().unwrap().functions[ONE].sha256.clone();
    fs::write(project.folder.path().join("h.js"), "content of h.jz").unwrap();
    file.set_modified(time).unwrap();
    assert_ne!(project.build().unwrap().functions[ONE].sha256, before);
}

#[test]
fn a_broken_cache_or_archive_is_made_anew() {
    let project = Project::new(one_function(json!({})), &["h.js"]);
    let before = project.build().unwrap().functions[ONE].clone();
    fs::write(project.folder.path().join(".serverless/cloudlet-packages.json"), "{").unwrap();
    fs::write(&before.file, "broken").unwrap();
    assert_eq!(project.build().unwrap().functions[ONE], before);
}

#[test]
fn one_function_can_be_packed_without_the_others() {
    let project =
        Project::new(json!({"package": {"individually": true}, "functions": {"a": {}, "b": {}}}), &["x"]);
    let options = Options { only: Some("a".to_owned()), ..project.options() };
    let packages = build(&project.service(), &options).unwrap();
    assert_eq!(packages.functions.keys().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn helper_functions_are_packed_when_they_are_needed() {
    let event = |existing: Value| {
        json!({"functions": {"hello": {"handler": "h.x",
        "events": ["alexaSkill", {"s3": "own"}, {"s3": {"bucket": "there", "existing": existing}}]}}})
    };
    let project = Project::new(event(json!(false)), &["h.js"]);
    assert_eq!(project.build().unwrap().helpers, None);
    let project = Project::new(event(json!(true)), &["h.js"]);
    let package = project.build().unwrap().helpers.unwrap();
    assert_eq!(package.name, "custom-resources.zip");
    assert_eq!(names(&package), ["s3/handler.js"]);
    // The same bytes every time: otherwise each deployment were a change.
    assert_eq!(project.build().unwrap().helpers.unwrap().sha256, package.sha256);
    let one = Options { only: Some("hello".to_owned()), ..project.options() };
    assert_eq!(build(&project.service(), &one).unwrap().helpers, None);
}
