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
