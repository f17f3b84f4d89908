use serde_json::json;

use super::*;
use crate::model::Source;

fn service(config: Value) -> Service {
    let mut whole = json!({"service": "shop", "provider": {"name": "aws"}, "functions": {}});
    whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    Service {
        config: whole,
        source: Source::new("serverless.yml"),
        directory: std::env::temp_dir(),
        stage: "dev".to_owned(),
        region: "us-east-1".to_owned(),
    }
}

#[test]
fn unknown_plugins_are_refused_and_helpers_are_passed_over() {
    let (plugins, notices) =
        Plugins::read(&service(json!({"plugins": ["serverless-offline", "serverless-prune-plugin"]})))
            .unwrap();
    assert_eq!(plugins.active, [Plugin::Prune]);
    assert_eq!(
        notices[0].to_string(),
        "serverless.yml: the plugin \"serverless-offline\" is not needed: `cloudlet dev` runs the service locally"
    );
    let refused =
        Plugins::read(&service(json!({"plugins": {"modules": ["serverless-lift", "./own"]}}))).unwrap_err();
    let messages: Vec<&str> = refused.0.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        ["the plugin \"serverless-lift\" is not supported", "the plugin \"./own\" is not supported"]
    );
    assert!(Plugins::read(&service(json!({"plugins": "x"}))).is_err());
}

#[test]
fn old_versions_go_only_when_the_project_says_so() {
    let kept = |custom: Value| {
        let service = service(json!({"plugins": ["serverless-prune-plugin"], "custom": {"prune": custom}}));
        Plugins::read(&service).unwrap().0.kept_versions(&service)
    };
    assert_eq!(kept(json!({"automatic": true, "number": 3})), Some(3));
    assert_eq!(kept(json!({"automatic": true, "number": "2"})), Some(2));
    assert_eq!(kept(json!({"automatic": false, "number": 3})), None);
    assert_eq!(kept(json!({"number": 3})), None);
}

// The statements, their order and the names are those of serverless-iam-roles-per-function 3.2.0.
#[test]
fn a_function_gets_a_role_of_its_own() {
    let service = service(json!({
        "plugins": ["serverless-iam-roles-per-function"],
        "provider": {"name": "aws", "iam": {"role": {"statements": [{"Effect": "Allow", "Action": "s:A", "Resource": "*"}]}}},
        "functions": {
            "hello-x": {
                "iamRoleStatements": [{"Effect": "Allow", "Action": ["q:Send"], "Resource": "*"}],
                "iamRoleStatementsInherit": true,
                "events": [{"sqs": "arn:aws:sqs:us-east-1:1:q"}, {"stream": {"type": "dynamodb", "arn": {"Ref": "S"}}}],
            },
            "other": {},
        },
    }));
    let mut template = json!({"Resources": {
        "IamRoleLambdaExecution": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/", "RoleName": "shared",
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]}},
        "HelloDashxLambdaFunction": {"DependsOn": ["HelloDashxLogGroup", "IamRoleLambdaExecution"],
            "Properties": {"Role": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]}}},
        "OtherLambdaFunction": {"DependsOn": [], "Properties": {"Role": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]}}},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "DependsOn": ["IamRoleLambdaExecution"],
            "Properties": {"FunctionName": {"Fn::GetAtt": ["HelloDashxLambdaFunction", "Arn"]}}},
    }});
    let (plugins, _) = Plugins::read(&service).unwrap();
    plugins.finish(&service, &mut template).unwrap();
    let resources = &template["Resources"];
    let role = &resources["HelloDashxIamRoleLambdaExecution"]["Properties"];
    assert_eq!(
        role["RoleName"],
        json!({"Fn::Join": ["-", ["shop", "dev", "hello-x", {"Ref": "AWS::Region"}, "lambdaRole"]]})
    );
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let actions: Vec<&Value> = statements.iter().map(|statement| &statement["Action"]).collect();
    assert_eq!(
        actions,
        [
            &json!(["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"]),
            &json!([
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:DescribeStream",
                "dynamodb:ListStreams"
            ]),
            &json!(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]),
            &json!("s:A"),
            &json!(["q:Send"]),
        ]
    );
    assert_eq!(
        statements[0]["Resource"][0]["Fn::Sub"],
        json!(
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/shop-dev-hello-x:*:*"
        )
    );
    let function = &resources["HelloDashxLambdaFunction"];
    assert_eq!(
        function["Properties"]["Role"],
        json!({"Fn::GetAtt": ["HelloDashxIamRoleLambdaExecution", "Arn"]})
    );
    assert_eq!(function["DependsOn"], json!(["HelloDashxIamRoleLambdaExecution", "HelloDashxLogGroup"]));
    assert_eq!(resources["Mapping"]["DependsOn"], json!("HelloDashxIamRoleLambdaExecution"));
    assert_eq!(
        resources["OtherLambdaFunction"]["Properties"]["Role"]["Fn::GetAtt"][0],
        json!("IamRoleLambdaExecution")
    );
}

#[test]
fn a_role_that_cannot_be_made_is_said() {
    let check = |function: Value, expected: &str| {
        let service =
            service(json!({"plugins": ["serverless-iam-roles-per-function"], "functions": {"f": function}}));
        let (plugins, _) = Plugins::read(&service).unwrap();
        let mut template =
            json!({"Resources": {"IamRoleLambdaExecution": {"Properties": {"Policies": [{}]}}}});
        assert_eq!(plugins.finish(&service, &mut template).unwrap_err().0[0].message, expected);
    };
    check(
        json!({"iamRoleStatements": [], "role": "r"}),
        "the function \"f\" has both \"role\" and \"iamRoleStatements\"",
    );
    check(
        json!({"iamRoleStatements": [{"Effect": "Allow", "Action": "x"}]}),
        "the statement has no Resource or NotResource",
    );
    check(json!({"iamRoleStatements": {}}), "\"iamRoleStatements\" must be a list of statements");
}

#[test]
fn settings_that_would_do_nothing_are_refused() {
    let check = |plugin: &str, custom: Value| {
        let mut service = service(json!({"plugins": [plugin], "custom": custom}));
        let (plugins, _) = Plugins::read(&service).unwrap();
        plugins.configure(&mut service, &BTreeMap::new()).map_err(|errors| errors.to_string())
    };
    let regions = json!({"pseudoParameters": {"skipRegionReplace": false}, "prune": {"includeLayers": true}});
    let refusal = |setting: &str| Err(format!("serverless.yml: the setting \"{setting}\" is not supported"));
    assert_eq!(
        check("serverless-pseudo-parameters", regions.clone()),
        refusal("custom.pseudoParameters.skipRegionReplace: false")
    );
    assert_eq!(
        check("serverless-prune-plugin", regions.clone()),
        refusal("custom.prune.includeLayers: true")
    );
    assert_eq!(check("serverless-offline", regions), Ok(Vec::new()));
}

#[test]
fn dotenv_files_become_variables_of_the_functions() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(".env", "A=1\nB=1\nTAKEN=file\n");
    write(".env.dev", "B=2\nC=$A\n");
    let run = |custom: Value| {
        let mut service =
            service(json!({"plugins": ["serverless-dotenv-plugin"], "custom": {"dotenv": custom}}));
        service.directory = folder.path().to_owned();
        let environment = BTreeMap::from([("TAKEN".to_owned(), "outside".to_owned())]);
        let (plugins, _) = Plugins::read(&service).unwrap();
        plugins
            .configure(&mut service, &environment)
            .map(|notices| (service.config["provider"]["environment"].clone(), notices))
    };
    assert_eq!(run(json!({})).unwrap().0, json!({"A": "1", "B": "2", "C": "", "TAKEN": "outside"}));
    assert_eq!(run(json!({"include": ["A"]})).unwrap().0, json!({"A": "1"}));
    assert_eq!(run(json!({"exclude": ["A", "C", "TAKEN"], "path": ".env"})).unwrap().0, json!({"B": "1"}));
    assert_eq!(run(json!({"path": ".none"})).unwrap().1.len(), 1);
    assert!(run(json!({"path": ".none", "required": {"file": true}})).is_err());
    let missing = run(json!({"required": {"env": ["A", "Z"]}})).unwrap_err();
    assert_eq!(missing.0[0].message, "Missing the following required environment variables: Z");
    assert!(run(json!({"dotenvParser": "x.js"})).unwrap_err().0[0].message.contains("not supported"));
    assert!(run(json!({"pth": "x"})).unwrap_err().0[0].message.contains("no setting \"pth\""));
}

/// A project on disk that is built by its plugins.
fn build(config: Value, files: &[(&str, &str)]) -> Result<(tempfile::TempDir, Extra), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        if text.starts_with("#!") {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let mut service = service(config);
    service.directory = folder.path().to_owned();
    let path = format!("{}/bin:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let environment = BTreeMap::from([("PATH".to_owned(), path)]);
    let (plugins, _) = Plugins::read(&service).map_err(|errors| errors.to_string())?;
    let out = folder.path().join(".serverless");
    let bench = Bench { service: &service, environment: &environment, folder: &out, only: None };
    let extra = plugins.build(&bench).map_err(|errors| errors.to_string())?;
    Ok((folder, extra))
}

fn names(entries: &crate::package::collect::Entries) -> Vec<&str> {
    entries.keys().map(String::as_str).collect()
}

/// A stand-in for esbuild: it copies its entries and says that the first of them imports what is external.
const FAKE_ESBUILD: &str = "const fs = require('fs'), path = require('path');
exports.build = async (options) => {
  if (options.target === 'node0') throw Object.assign(new Error('x'), {errors: [{text: 'bad', location: {file: 'a.ts', line: 1, column: 2}}]});
  const outputs = {};
  options.entryPoints.forEach((entry, index) => {
    const file = path.join(options.outdir, entry.replace(/\\.ts$/, (options.outExtension || {})['.js'] || '.js'));
    fs.mkdirSync(path.dirname(file), {recursive: true});
    fs.writeFileSync(file, JSON.stringify({minify: options.minify, external: options.external}));
    fs.writeFileSync(file + '.map', '{}');
    const imports = index === 0 ? options.external.map((path) => ({path: path + '/deep', external: true})) : [];
    outputs[path.relative(options.absWorkingDir, file)] = {imports};
    outputs[path.relative(options.absWorkingDir, file) + '.map'] = {imports: []};
  });
  return {metafile: {outputs}};
};";

#[test]
fn esbuild_bundles_each_function_with_what_it_leaves_outside() {
    let config = json!({
        "plugins": ["serverless-esbuild"], "provider": {"runtime": "nodejs20.x"},
        "custom": {"esbuild": {"minify": true, "external": ["native"]}},
        "functions": {"a": {"handler": "src/a.handler"}, "b": {"handler": "./src/b.handler"},
            "p": {"handler": "p.handler", "runtime": "python3.12"}},
    });
    let files = [
        ("src/a.ts", ""),
        ("src/b/index.js", ""),
        ("node_modules/esbuild/index.js", FAKE_ESBUILD),
        ("node_modules/native/package.json", r#"{"dependencies": {"deep": "1"}}"#),
        ("node_modules/deep/package.json", "{}"),
        ("node_modules/other/package.json", "{}"),
    ];
    let (folder, extra) = build(config, &files).unwrap();
    assert_eq!(extra.patterns, ["!**"]);
    assert_eq!(
        names(&extra.functions["a"]),
        ["node_modules/deep/package.json", "node_modules/native/package.json", "src/a.js", "src/a.js.map"]
    );
    assert_eq!(names(&extra.functions["b"]), ["src/b/index.js", "src/b/index.js.map"]);
    assert!(!extra.functions.contains_key("p"));
    let bundle = std::fs::read_to_string(&extra.functions["a"]["src/a.js"].file).unwrap();
    assert_eq!(bundle, r#"{"minify":true,"external":["native","aws-sdk"]}"#);
    drop(folder);
}

#[test]
fn typescript_is_bundled_also_without_a_plugin() {
    let config = json!({
        "build": {"esbuild": {"minify": true}}, "provider": {"runtime": "nodejs20.x"},
        "functions": {"a": {"handler": "a.handler"}, "b": {"handler": "b.handler"}, "c": {"handler": "c.handler"}},
    });
    let files = [("a.ts", ""), ("b.ts", ""), ("b.js", ""), ("node_modules/esbuild/index.js", FAKE_ESBUILD)];
    let (_folder, extra) = build(config.clone(), &files).unwrap();
    assert_eq!(extra.functions.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(names(&extra.functions["a"]), ["a.cjs", "a.cjs.map"]);
    assert_eq!(extra.patterns, [""; 0], "b and c need the project");
    let alone = json!({"functions": {"a": {"handler": "a.handler"}}});
    assert_eq!(build(alone.clone(), &files).unwrap().1.patterns, ["!**"]);
    let error = build(alone, &[("a.ts", "")]).err().unwrap();
    assert!(
        error.starts_with("serverless.yml: the handler is in TypeScript (a.ts), and nothing compiles it"),
        "{error}"
    );
    let artifact = json!({"functions": {"a": {"handler": "a.handler", "package": {"artifact": "x.zip"}}}});
    assert!(build(artifact, &[("a.ts", "")]).unwrap().1.functions.is_empty());
}

#[test]
fn mistakes_of_bundling_are_shown_with_their_places() {
    let config = |esbuild: Value| json!({"plugins": ["serverless-esbuild"], "custom": {"esbuild": esbuild}, "functions": {"a": {"handler": "a.handler"}}});
    let files = [("a.ts", ""), ("node_modules/esbuild/index.js", FAKE_ESBUILD)];
    let error = build(config(json!({"target": "node0"})), &files).err().unwrap();
    assert_eq!(error, "esbuild failed:\na.ts:1:2: bad");
    let error = build(config(json!({"skipBuild": true})), &files).err().unwrap();
    assert_eq!(error, "serverless.yml: the setting \"skipBuild\" of serverless-esbuild is not supported");
    let error = build(config(json!({})), &[("a.ts", "")]).err().unwrap();
    assert!(error.ends_with("is it installed in the project? `npm install`"), "{error}");
    let error = build(config(json!({})), &[("b.ts", "")]).err().unwrap();
    assert!(
        error
            .starts_with("serverless.yml: no file for the handler \"a.handler\"\n  looked for a and a/index"),
        "{error}"
    );
}

/// A stand-in for webpack: one file for each entry, and an external module.
const FAKE_WEBPACK: &str = "const fs = require('fs'), path = require('path');
class ExternalModule { constructor(name) { this.userRequest = name; } }
module.exports = (config, done) => {
  const entrypoints = {};
  for (const [name, file] of Object.entries(config.entry)) {
    const output = path.join(config.output.path, name + '.js');
    fs.mkdirSync(path.dirname(output), {recursive: true});
    fs.writeFileSync(output, file);
    fs.writeFileSync(output + '.map', '{}');
    entrypoints[name] = {assets: [{name: name + '.js'}]};
  }
  const modules = ['native/sub', 'fs', 'node:path', 'aws-sdk'].map((name) => new ExternalModule(name));
  done(null, {hasErrors: () => false, compilation: {modules}, toJson: () => ({entrypoints})});
};";

#[test]
fn webpack_runs_with_the_configuration_of_the_project() {
    let config = json!({
        "plugins": ["serverless-webpack"], "custom": {"webpack": {"webpackConfig": "wp.js", "includeModules": true}},
        "functions": {"a": {"handler": "src/a.handler"}, "b": {"handler": "b.handler"}},
    });
    let files = [
        ("src/a.ts", ""),
        ("b.js", ""),
        (
            "wp.js",
            "const {lib} = require('serverless-webpack'); module.exports = async () => ({entry: lib.entries});",
        ),
        ("node_modules/webpack/index.js", FAKE_WEBPACK),
        ("node_modules/serverless-webpack/index.js", "module.exports = {lib: {entries: {}}};"),
        ("node_modules/native/package.json", "{}"),
        ("node_modules/aws-sdk/package.json", "{}"),
    ];
    let (_folder, extra) = build(config, &files).unwrap();
    assert_eq!(names(&extra.functions["a"]), ["src/a.js", "src/a.js.map"]);
    assert_eq!(names(&extra.functions["b"]), ["b.js", "b.js.map"]);
    assert_eq!(names(&extra.shared), ["node_modules/native/package.json"]);
    let missing = json!({"plugins": ["serverless-webpack"], "functions": {"a": {"handler": "a.handler"}}});
    let error = build(missing, &[("a.js", "")]).err().unwrap();
    assert!(
        error
            .contains("the webpack configuration \"webpack.config.js\" of serverless-webpack does not exist"),
        "{error}"
    );
}

/// A stand-in for Python: pip install puts the list of requirements into the target folder.
const FAKE_PYTHON: &str = "#!/bin/sh
if [ \"$3\" = --version ]; then exit 0; fi
if grep -q broken \"$9\"; then echo 'no such package' >&2; exit 1; fi
echo run >> \"$7/../runs\"
cp \"$9\" \"$7/installed.txt\"
mkdir -p \"$7/__pycache__\" && touch \"$7/__pycache__/x.pyc\"
";

#[test]
fn python_requirements_are_installed_beside_the_functions() {
    let config = |settings: Value| {
        json!({
            "plugins": ["serverless-python-requirements"], "provider": {"runtime": "python3.99"},
            "custom": {"pythonRequirements": settings}, "functions": {"a": {"handler": "a.handler"}},
        })
    };
    let files =
        [("requirements.txt", "flask\nboto3==1\n"), ("bin/python3", FAKE_PYTHON), ("libs/own.py", "")];
    let settings = json!({"noDeploy": ["boto3"], "vendor": "libs", "dockerizePip": "non-linux"});
    let (_folder, extra) = build(config(settings), &files).unwrap();
    assert_eq!(names(&extra.shared), ["installed.txt", "own.py"]);
    assert_eq!(std::fs::read_to_string(&extra.shared["installed.txt"].file).unwrap(), "flask\n");
    let broken = [("requirements.txt", "broken\n"), ("bin/python3", FAKE_PYTHON)];
    assert_eq!(build(config(json!({})), &broken).err().unwrap(), "pip failed:\nno such package");
    let error = build(config(json!({"dockerizePip": true, "zip": true})), &files).err().unwrap();
    assert!(error.contains("\"dockerizePip: true\" needs Docker") && error.contains("\"zip\""), "{error}");
    let error = build(config(json!({})), &[("Pipfile", "")]).err().unwrap();
    assert!(error.contains("the requirements are in Pipfile, and pipenv is not supported"), "{error}");
}
