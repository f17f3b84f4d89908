"""The `aws` command as people use it: an endpoint and credentials in the environment, and nothing else."""

import json
import subprocess

import pytest

from conftest import archive


@pytest.fixture
def aws(cloud, tmp_path):
    def run(*arguments, check=True):
        if arguments[0] == "sqs":
            # For this service alone version 1 of the command puts an address of its own over AWS_ENDPOINT_URL.
            arguments = (*arguments, "--endpoint-url", cloud.url)
        done = subprocess.run(
            ["aws", *map(str, arguments)], env=cloud.environment(), cwd=tmp_path, capture_output=True, text=True
        )
        if not check:
            return done
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout.strip()

    return run


def test_sts(aws):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"


def test_sqs(aws, name):
    url = aws("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
    messages = aws("sqs", "receive-message", "--queue-url", url)["Messages"]
    assert [message["Body"] for message in messages] == ["hello"]
    wrong = aws("sqs", "get-queue-url", "--queue-name", f"{name}-none", check=False)
    assert wrong.returncode != 0 and "NonExistentQueue" in wrong.stderr


def test_s3(aws, name, tmp_path):
    aws("s3", "mb", f"s3://{name}")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("<h1>hi</h1>")
    (tmp_path / "site/large.bin").write_bytes(b"x" * (9 * 1024 * 1024))
    aws("s3", "sync", "site", f"s3://{name}/site")
    listed = aws("s3", "ls", "--recursive", f"s3://{name}")
    assert "site/index.html" in listed and "site/large.bin" in listed
    aws("s3", "cp", f"s3://{name}/site/large.bin", "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "site/large.bin").read_bytes()
    head = aws("s3api", "head-object", "--bucket", name, "--key", "site/index.html")
    assert head["ContentType"] == "text/html"
    aws("s3", "rb", f"s3://{name}", "--force")
    gone = aws("s3", "ls", f"s3://{name}", check=False)
    assert gone.returncode != 0 and "NoSuchBucket" in gone.stderr


def test_ssm_and_logs(aws, name):
    aws("ssm", "put-parameter", "--name", f"/{name}", "--value", "x", "--type", "String")
    assert aws("ssm", "get-parameter", "--name", f"/{name}", "--query", "Parameter.Value") == '"x"'
    aws("logs", "create-log-group", "--log-group-name", name)
    groups = aws("logs", "describe-log-groups", "--log-group-name-prefix", name)["logGroups"]
    assert [group["logGroupName"] for group in groups] == [name]


def test_lambda(aws, role, name, tmp_path):
    (tmp_path / "code.zip").write_bytes(archive({"index.js": "exports.handler = async (event) => event.a + 1;"}))
    created = aws(
        "lambda", "create-function", "--function-name", name, "--runtime", "nodejs20.x", "--handler", "index.handler",
        "--role", role, "--zip-file", "fileb://code.zip",
    )
    assert created["FunctionName"] == name
    aws("lambda", "wait", "function-active-v2", "--function-name", name)
    answer = aws(
        "lambda", "invoke", "--function-name", name, "--payload", '{"a": 1}', "out.json",
    )
    assert answer["StatusCode"] == 200
    assert (tmp_path / "out.json").read_text() == "2"


def test_cloudformation_deploy(aws, name, tmp_path):
    template = """
Parameters:
  Seconds: {Type: Number, Default: 1}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-jobs"
      VisibilityTimeout: !Ref Seconds
Outputs:
  Arn: {Value: !GetAtt Jobs.Arn}
"""
    (tmp_path / "stack.yml").write_text(template)
    deploy = ("cloudformation", "deploy", "--stack-name", name, "--template-file", "stack.yml",
              "--parameter-overrides", "Seconds=9", "--no-fail-on-empty-changeset")
    # This may take half a minute: the command asks every 30 seconds whether the stack is there.
    aws(*deploy)
    assert "No changes to deploy" in aws(*deploy)
    url = aws("sqs", "get-queue-url", "--queue-name", f"{name}-jobs")["QueueUrl"]
    attributes = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["VisibilityTimeout"] == "9"
    query = ("--query", "Stacks[0].Outputs[0].OutputValue", "--output", "text")
    assert aws("cloudformation", "describe-stacks", "--stack-name", name, *query).endswith(f":{name}-jobs")
    aws("cloudformation", "delete-stack", "--stack-name", name)
    aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", name)


def test_dynamodb(aws, name):
    aws(
        "dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=id,AttributeType=S", "--key-schema", "AttributeName=id,KeyType=HASH",
    )
    aws("dynamodb", "wait", "table-exists", "--table-name", name)
    aws("dynamodb", "put-item", "--table-name", name, "--item", '{"id": {"S": "a"}, "n": {"N": "1"}}')
    aws(
        "dynamodb", "update-item", "--table-name", name, "--key", '{"id": {"S": "a"}}',
        "--update-expression", "SET n = n + :v", "--expression-attribute-values", '{":v": {"N": "2"}}',
    )
    assert aws("dynamodb", "get-item", "--table-name", name, "--key", '{"id": {"S": "a"}}')["Item"]["n"] == {"N": "3"}
    assert aws("dynamodb", "scan", "--table-name", name, "--query", "Count") == "1"
    found = aws("dynamodb", "execute-statement", "--statement", f"SELECT n FROM \"{name}\" WHERE id = 'a'")
    assert found["Items"] == [{"n": {"N": "3"}}]
    wrong = aws("dynamodb", "put-item", "--table-name", name, "--item", '{"n": {"N": "1"}}', check=False)
    assert "Missing the key id in the item" in wrong.stderr
    aws("dynamodb", "delete-table", "--table-name", name)
    aws("dynamodb", "wait", "table-not-exists", "--table-name", name)
