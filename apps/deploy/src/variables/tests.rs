use std::fs;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::remote::Parameter;
use super::*;
use crate::config::read;

/// An account that knows a few things and remembers what it was asked.
#[derive(Default)]
struct Account {
    asked: Mutex<Vec<String>>,
}

impl Account {
    fn note(&self, text: String) {
        self.asked.lock().unwrap().push(text);
    }
}

#[async_trait]
impl Remote for Account {
    async fn parameter(
        &self,
        region: Option<&str>,
        name: &str,
        decrypt: bool,
    ) -> Result<Option<Parameter>, String> {
        self.note(format!("ssm {region:?} {name} {decrypt}"));
        let value =
            |kind: &str, value: &str| Ok(Some(Parameter { kind: kind.to_owned(), value: value.to_owned() }));
        match name {
            "/list" => value("StringList", "a,b"),
            "/name" => value("String", "table"),
            "/variable" => value("String", "${self:custom.plain}"),
            "/denied" => Err("AccessDeniedException: not yours".to_owned()),
            _ => Ok(None),
        }
    }
    async fn outputs(
        &self,
        region: Option<&str>,
        stack: &str,
    ) -> Result<Option<BTreeMap<String, String>>, String> {
        self.note(format!("cf {region:?} {stack}"));
        Ok((stack == "base-dev").then(|| BTreeMap::from([("Url".to_owned(), "http://x".to_owned())])))
    }
    async fn object(&self, bucket: &str, key: &str) -> Result<Option<String>, String> {
        self.note(format!("s3 {bucket} {key}"));
        Ok((key == "a/b.txt").then(|| "content".to_owned()))
    }
    async fn account(&self) -> Result<String, String> {
        self.note("sts".to_owned());
        Ok("123456789012".to_owned())
    }
}

fn facts(directory: &Path) -> Facts {
    Facts {
        directory: directory.to_owned(),
        options: json!({"stage": null, "region": null, "env": "cli"}).as_object().unwrap().clone(),
        params: vec![("fromCli".to_owned(), "cli".to_owned())],
        environment: [
            ("HOME_OF", "env-value"),
            ("FLAG", "true"),
            ("EMPTY", ""),
            ("PATH", &std::env::var("PATH").unwrap()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
        instance_id: "instance".to_owned(),
    }
}

async fn resolve_in(directory: &Path, yaml: &str) -> Result<Resolver, String> {
    let tree = read::yaml(yaml, Path::new("serverless.yml")).unwrap();
    let mut resolver = Resolver::new(tree, facts(directory)).map_err(|errors| errors.to_string())?;
    resolver.resolve(None, &Account::default()).await.map_err(|errors| errors.to_string())?;
    Ok(resolver)
}

/// Resolves `custom` and compares it.
async fn check(custom: &str, expected: Value) {
    let empty = tempfile::tempdir().unwrap();
    check_in(empty.path(), custom, expected).await;
}

async fn check_in(directory: &Path, custom: &str, expected: Value) {
    let indented: String = custom.lines().map(|line| format!("  {line}\n")).collect();
    match resolve_in(directory, &format!("custom:\n{indented}")).await {
        Ok(resolver) => assert_eq!(resolver.config["custom"], expected, "{custom}"),
        Err(error) => panic!("{custom}: {error}"),
    }
}

async fn check_error(yaml: &str, expected: &str) {
    let empty = tempfile::tempdir().unwrap();
    match resolve_in(empty.path(), yaml).await {
        Ok(resolver) => panic!("{yaml} resolved to {}", resolver.config),
        Err(error) => assert_eq!(error, expected, "{yaml}"),
    }
}

#[tokio::test]
async fn values_keep_their_types_and_texts_are_joined() {
    check(
        "a: 7\nb: ${self:custom.a}\nc: x-${self:custom.a}\nd: ${self:custom.e}\ne: {f: [true]}\ng: ${self:custom.e.f.0}",
        json!({"a": 7, "b": 7, "c": "x-7", "d": {"f": [true]}, "e": {"f": [true]}, "g": true}),
    )
    .await;
    check("a: ${env:HOME_OF}-${env:EMPTY}", json!({"a": "env-value-"})).await;
    check(
        "a: \"${env:NONE, 'x'}\"\nb: ${env:NONE, null}\nc: ${env:NONE, 1.5}",
        json!({"a": "x", "b": null, "c": 1.5}),
    )
    .await;
    check("a: ${opt:stage, self:custom.b, 'dev'}\nb: ${opt:env}", json!({"a": "cli", "b": "cli"})).await;
    check(
        "a: ${sls:instanceId}\nb: ${sls:stage}\nc: ${aws:region}",
        json!({"a": "instance", "b": "dev", "c": "us-east-1"}),
    )
    .await;
    check("a: ${strToBool(${env:FLAG})}\nb: ${strToBool('0')}", json!({"a": true, "b": false})).await;
}

#[tokio::test]
async fn addresses_may_be_variables_and_values_may_bring_variables() {
    check(
        "n: {dev: {v: 1}}\na: ${self:custom.n.${sls:stage}.v}\nb: ${self:custom.${self:custom.c}}\nc: a",
        json!({"n": {"dev": {"v": 1}}, "a": 1, "b": 1, "c": "a"}),
    )
    .await;
    check("a: ${env:NONE, '${self:custom.b}'}\nb: 3", json!({"a": 3, "b": 3})).await;
    check("plain: p\na: <${ssm:/variable}>", json!({"plain": "p", "a": "<p>"})).await;
}

#[tokio::test]
async fn joining_values_never_makes_a_variable() {
    check(
        r"a: \${self:custom.b}-${self:custom.b}
b: x",
        json!({"a": "${self:custom.b}-x", "b": "x"}),
    )
    .await;
    check(
        "a: ${self:custom.b}{self:custom.c}\nb: $\nc: x",
        json!({"a": "${self:custom.c}", "b": "$", "c": "x"}),
    )
    .await;
    check(
        "a: arn:${AWS::Region}:${sls:stage}\nb: ${Table}",
        json!({"a": "arn:${AWS::Region}:dev", "b": "${Table}"}),
    )
    .await;
}

#[tokio::test]
async fn parameters_come_from_the_command_line_then_the_stage_then_the_default() {
    let empty = tempfile::tempdir().unwrap();
    let yaml = "params:\n  default: {a: default, b: '${sls:stage}-b', fromCli: no}\n  dev: {a: dev}\n\
                custom: {a: '${param:a}', b: '${param:b}', c: '${param:fromCli}', d: '${param:none, 4}'}";
    let resolver = resolve_in(empty.path(), yaml).await.unwrap();
    assert_eq!(resolver.config["custom"], json!({"a": "dev", "b": "dev-b", "c": "cli", "d": 4}));
}

#[tokio::test]
async fn files_are_read_by_their_kind_and_places_lead_into_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.yml", "one:\n  two: ${self:custom.five}\n  three: !Ref X\nraw: '${file(b.json)}'\n");
    write("b.json", r#"{"list": [1, {"k": "v"}]}"#);
    write("c.txt", "plain ${sls:stage}");
    write("s.tfstate", r#"{"outputs": {"x": {"value": 1}}}"#);
    let yaml = "custom:\n  five: 5\n  a: ${file(./a.yml)}\n  b: ${file(b.json):list.1.k}\n  c: ${file(c.txt)}\n  \
                d: ${file(s.tfstate):outputs.x.value}\n  e: ${file(none.yml), 'n'}\n  f: ${file(a.yml):raw.list}\n  \
                g: ${file(./a.yml):one.none, 'm'}";
    let resolver = resolve_in(folder.path(), yaml).await.unwrap();
    let json_file = json!({"list": [1, {"k": "v"}]});
    assert_eq!(
        resolver.config["custom"],
        json!({
            "five": 5, "a": {"one": {"two": 5, "three": {"Ref": "X"}}, "raw": json_file}, "b": "v", "c": "plain dev",
            "d": 1, "e": "n", "f": [1, {"k": "v"}], "g": "m",
        })
    );
    assert_eq!(resolver.places.locate(&["custom", "a", "one", "three"]).to_string(), "a.yml:3:3");
    assert_eq!(resolver.places.locate(&["custom", "a", "raw", "list"]).to_string(), "b.json:1:2");
}

#[tokio::test]
async fn javascript_runs_in_node_and_may_ask_back() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "plain.js",
        "console.log('noise'); module.exports = {a: {b: [1]}, later: Promise.resolve('done')};",
    );
    write(
        "function.js",
        "module.exports = async ({options, resolveConfigurationProperty, resolveVariable}) => ({\
         stage: await resolveVariable('sls:stage'), own: await resolveConfigurationProperty(['custom', 'x']),\
         nested: await resolveVariable('file(plain.js):a'), env: options.env});",
    );
    write(
        "named.cjs",
        "module.exports.one = () => 'called'; module.exports.two = ({options}) => options.env;",
    );
    write("module.mjs", "export default { m: 1 }; export const n = 2;");
    check_in(
        folder.path(),
        "x: ${env:HOME_OF}\na: ${file(plain.js):a.b}\nb: ${file(plain.js):later}\nc: ${file(function.js)}\n\
         d: ${file(named.cjs):one}\ne: ${file(module.mjs):m}\nf: ${file(module.mjs):n}\ng: ${file(none.js), 'g'}",
        json!({
            "x": "env-value", "a": [1], "b": "done",
            "c": {"stage": "dev", "own": "env-value", "nested": {"b": [1]}, "env": "cli"},
            "d": "called", "e": 1, "f": 2, "g": "g",
        }),
    )
    .await;
    write("bad.js", "module.exports = () => { throw new Error('broken on purpose'); };");
    let error = resolve_in(folder.path(), "custom:\n  a: ${file(bad.js)}").await.err().unwrap();
    assert!(
        error.starts_with(
            "serverless.yml:2:3: Cannot resolve variable at \"custom.a\": Cannot resolve \"bad.js\": Returned JS function \
             errored with: Error: broken on purpose"
        ),
        "{error}"
    );
    write("ask.js", "module.exports = async ({resolveVariable}) => resolveVariable('env:NOT_THERE');");
    let error = resolve_in(folder.path(), "custom:\n  a: ${file(ask.js)}").await.err().unwrap();
    assert_eq!(
        error,
        "serverless.yml:2:3: Cannot resolve variable at \"custom.a\": Value not found at \"env\" source"
    );
}

#[tokio::test]
async fn the_account_is_asked_once_for_each_thing() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = "custom:\n  a: ${ssm:/list}\n  b: ${ssm(eu-west-1, raw, noDecrypt):/list}\n  c: ${cf:base-${sls:stage}.Url}\n  \
                d: ${cf(us-west-2):none.Url, 'no stack'}\n  e: ${s3:bucket/a/b.txt}\n  f: ${aws:accountId}\n  g: ${ssm:/list}\n  \
                h: ${self:custom.n.${ssm:/name}}\n  n: {table: found}\n  i: ${ssm:/none, 'none'}";
    let tree = read::yaml(yaml, Path::new("serverless.yml")).unwrap();
    let mut resolver = Resolver::new(tree, facts(folder.path())).unwrap();
    let account = Account::default();
    resolver.resolve(None, &account).await.unwrap();
    assert_eq!(
        resolver.config["custom"],
        json!({
            "a": ["a", "b"], "b": "a,b", "c": "http://x", "d": "no stack", "e": "content", "f": "123456789012",
            "g": ["a", "b"], "h": "found", "n": {"table": "found"}, "i": "none",
        })
    );
    let asked = account.asked.into_inner().unwrap();
    assert_eq!(asked.iter().filter(|text| text.contains("None /list true")).count(), 1, "{asked:?}");
    assert!(asked.contains(&"ssm Some(\"eu-west-1\") /list false".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn what_cannot_be_resolved_is_said_in_the_words_of_the_framework_with_its_place() {
    let at = |line: usize, property: &str, message: &str| {
        format!("serverless.yml:{line}:3: Cannot resolve variable at \"{property}\": {message}")
    };
    check_error("provider:\n  x: ${env:NONE}", &at(2, "provider.x", "Value not found at \"env\" source"))
        .await;
    check_error(
        "custom:\n  x: ${self:a.b, env:NONE}",
        &at(2, "custom.x", "Value not found at \"env\" source"),
    )
    .await;
    check_error(
        "custom:\n  x: ${self:custom.x}",
        &at(2, "custom.x", "Circular reference. \"custom.x\" refers to itself"),
    )
    .await;
    check_error(
        "custom:\n  x: ${self:custom.y}\n  y: ${self:custom.x}",
        &at(3, "custom.y", "Circular reference among \"custom.y\" and \"custom.x\" properties"),
    )
    .await;
    check_error(
        "custom:\n  x: a${self:custom.y}\n  y: {z: 1}",
        &at(2, "custom.x", "String value consist of variable which resolve with non-string value"),
    )
    .await;
    check_error("custom:\n  x: ${ssm:/denied}", &at(2, "custom.x", "AccessDeniedException: not yours")).await;
    check_error(
        "custom:\n  x: ${env:}",
        &at(2, "custom.x", "Missing address argument in variable \"env\" source"),
    )
    .await;
    check_error(
        "custom:\n  x: ${sls:foo}",
        &at(2, "custom.x", "Unsupported \"foo\" address argument in variable \"sls\" source"),
    )
    .await;
    check_error(
        "custom:\n  x: ${cf:stack}",
        &at(
            2,
            "custom.x",
            "Unsupported \"stack\" address argument in variable \"cf\" source. Expected \"<stack-name>.<output-id>\" format",
        ),
    )
    .await;
    check_error(
        "custom:\n  x: ${strToBool(maybe)}",
        &at(
            2,
            "custom.x",
            "Invalid \"strToBool\" input: Expected either \"true\", \"false\", \"0\", or \"1\". Received: \"maybe\"",
        ),
    )
    .await;
    check_error(
        "custom:\n  x: ${vault:a}",
        &(at(2, "custom.x", "Unrecognized configuration variable source: \"vault\"")
            + "\n  the sources are self, opt, env, param, sls, aws, file, ssm, cf, s3 and strToBool"),
    )
    .await;
    check_error(
        "custom:\n  x: ${self:a, b}",
        "serverless.yml:2:3: Variable syntax error at \"custom.x\": Invalid literal source \"b\" at index 10 in \"${self:a, b}\"",
    )
    .await;
}

#[tokio::test]
async fn all_mistakes_are_reported_and_a_shared_cause_once() {
    check_error(
        "custom:\n  a: ${env:A}\n  b: ${self:custom.a}\n  c: ${env:C}",
        "serverless.yml:2:3: Cannot resolve variable at \"custom.a\": Value not found at \"env\" source\n\
         serverless.yml:4:3: Cannot resolve variable at \"custom.c\": Value not found at \"env\" source",
    )
    .await;
}

#[tokio::test]
async fn a_value_that_grows_without_end_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yml"), "x: ${file(a.yml)}\n").unwrap();
    let error = resolve_in(folder.path(), "custom:\n  a: ${file(a.yml)}").await.err().unwrap();
    assert!(error.contains("Excessive property variables nest depth"), "{error}");
    fs::write(folder.path().join("b.txt"), "${file(b.txt)}").unwrap();
    let error = resolve_in(folder.path(), "custom:\n  a: ${self:custom.${file(b.txt)}}").await.err().unwrap();
    assert!(error.contains("Excessive variables nest depth"), "{error}");
}
