"""Lambda with boto3: functions in Node.js and Python that really run."""

import base64
import json

import pytest

from conftest import WAIT, archive, fails, until

NODE = """
exports.handler = async (event, context) => {
  console.log('got', JSON.stringify(event));
  if (event.fail) throw new TypeError('as you wish');
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
  return { event, name: context.functionName, arn: context.invokedFunctionArn, id: context.awsRequestId,
    env: process.env.OWN ?? null, key: process.env.AWS_ACCESS_KEY_ID };
};
"""
PYTHON = """
import os

def handler(event, context):
    print("got", event)
    if event.get("fail"):
        raise ValueError("as you wish")
    return {"event": event, "left": context.get_remaining_time_in_millis(), "env": os.environ.get("OWN")}
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda")


def create(functions, name, role, **more):
    settings = dict(
        FunctionName=name,
        Runtime="nodejs20.x",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": archive({"index.js": NODE})},
        Timeout=60,
    )
    settings.update(more)
    created = functions.create_function(**settings)
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    return created


def invoke(functions, name, event, **more):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    payload = answer["Payload"].read()
    return answer, json.loads(payload) if payload else None


def test_a_node_function_runs(functions, name, role):
    created = create(functions, name, role, Environment={"Variables": {"OWN": "x"}})
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert (created["FunctionArn"], created["Version"]) == (arn, "$LATEST")
    answer, result = invoke(functions, name, {"a": "ä"}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert (result["event"], result["name"], result["arn"], result["env"]) == ({"a": "ä"}, name, arn, "x")
    assert result["key"].startswith("ASIA")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith(f"START RequestId: {result['id']} Version: $LATEST\n")
    assert "got" in tail and "REPORT RequestId" in tail


def test_a_python_function_runs(functions, name, role):
    create(functions, name, role, Runtime="python3.12", Code={"ZipFile": archive({"index.py": PYTHON})}, Timeout=300)
    _, result = invoke(functions, name, {"a": 1})
    assert result["event"] == {"a": 1}
    assert 0 < result["left"] <= 300_000
    answer, result = invoke(functions, name, {"fail": True})
    assert answer["FunctionError"] == "Unhandled"
    assert (result["errorType"], result["errorMessage"]) == ("ValueError", "as you wish")


def test_errors_and_timeouts_of_a_function(functions, name, role):
    create(functions, name, role)
    answer, result = invoke(functions, name, {"fail": True})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (result["errorType"], result["errorMessage"]) == ("TypeError", "as you wish")
    assert result["trace"][0] == "TypeError: as you wish"
    functions.update_function_configuration(FunctionName=name, Timeout=1)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    answer, result = invoke(functions, name, {"wait": 600_000})
    assert answer["FunctionError"] == "Unhandled"
    assert result["errorMessage"].endswith("Task timed out after 1.00 seconds")
    # On a busy machine a second is not always enough.
    until("the next one is fine", lambda: invoke(functions, name, {"again": True})[1].get("event") == {"again": True})


def test_an_asynchronous_invocation_shows_in_the_logs(cloud, functions, name, role):
    create(functions, name, role)
    answer, payload = invoke(functions, name, {"later": True}, InvocationType="Event")
    assert (answer["StatusCode"], payload) == (202, None)
    logs = cloud.client("logs")

    def logged():
        try:
            return logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="later")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None

    assert "got" in until("a line in the log", logged)[0]["message"]
    answer, _ = invoke(functions, name, {}, InvocationType="DryRun")
    assert answer["StatusCode"] == 204


def test_versions_and_aliases(functions, name, role):
    create(functions, name, role)
    first = functions.publish_version(FunctionName=name)["Version"]
    assert first == "1"
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=first)
    code = archive({"index.js": "exports.handler = async () => 'new';"})
    functions.update_function_code(FunctionName=name, ZipFile=code)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    assert invoke(functions, name, {})[1] == "new"
    answer, result = invoke(functions, name, {}, Qualifier="live")
    assert (answer["ExecutedVersion"], result["name"]) == ("1", name)
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1"]
    fails("ResourceNotFoundException", functions.invoke, status=404, FunctionName=name, Qualifier="none")


def test_configuration_tags_and_code_from_s3(s3, functions, name, role):
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="code.zip", Body=archive({"index.js": NODE}))
    create(functions, name, role, Code={"S3Bucket": name, "S3Key": "code.zip"}, Tags={"a": "b"})
    functions.update_function_configuration(FunctionName=name, MemorySize=256, Environment={"Variables": {"OWN": "2"}})
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    configuration = functions.get_function_configuration(FunctionName=name)
    assert (configuration["MemorySize"], configuration["State"]) == (256, "Active")
    assert invoke(functions, name, {})[1]["env"] == "2"
    got = functions.get_function(FunctionName=name)
    assert got["Tags"] == {"a": "b"}
    assert name in [entry["FunctionName"] for entry in functions.list_functions()["Functions"]]
    functions.delete_function(FunctionName=name)
    fails("ResourceNotFoundException", functions.get_function, status=404, FunctionName=name)


def test_a_layer_is_found_by_its_function(functions, name, role):
    content = archive({"nodejs/node_modules/greet/index.js": "module.exports = () => 'from the layer';"})
    layer = functions.publish_layer_version(LayerName=name, Content={"ZipFile": content})
    assert layer["Version"] == 1
    code = archive({"index.js": "exports.handler = async () => require('greet')();"})
    create(functions, name, role, Code={"ZipFile": code}, Layers=[layer["LayerVersionArn"]])
    assert invoke(functions, name, {})[1] == "from the layer"


def test_permissions_of_a_function(functions, name, role):
    create(functions, name, role)
    fails("ResourceNotFoundException", functions.get_policy, FunctionName=name)
    permission = dict(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    functions.add_permission(**permission)
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "s3.amazonaws.com"}
    fails("ResourceConflictException", functions.add_permission, status=409, **permission)
    functions.remove_permission(FunctionName=name, StatementId="s")
    fails("ResourceNotFoundException", functions.get_policy, FunctionName=name)


def test_what_lambda_refuses(functions, name, role):
    error = fails("ResourceNotFoundException", functions.invoke, status=404, FunctionName=name)
    assert error["Message"] == f"Function not found: arn:aws:lambda:us-east-1:000000000000:function:{name}"
    create(functions, name, role)
    settings = dict(Runtime="nodejs20.x", Handler="index.handler", Role=role, Code={"ZipFile": archive({"a": "b"})})
    fails("ResourceConflictException", functions.create_function, status=409, FunctionName=name, **settings)
    settings["Code"] = {"ZipFile": b"this is no archive"}
    fails("InvalidParameterValueException", functions.create_function, FunctionName=f"{name}-x", **settings)
    fails("InvalidRequestContentException", functions.invoke, status=400, FunctionName=name, Payload=b"{")
    big = json.dumps("x" * (6 * 1024 * 1024))
    fails("RequestEntityTooLargeException", functions.invoke, status=413, FunctionName=name, Payload=big)
