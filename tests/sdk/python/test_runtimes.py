"""AWS's own runtime interface clients, unmodified, against the Runtime API: as custom runtimes use them."""

import base64
import json
import os
from pathlib import Path

import pytest

from conftest import archive
from test_lambda import create, invoke

CACHE = Path(os.environ.get("CLOUDLET_RUNTIMES", Path(__file__).resolve().parents[1] / ".cache/runtimes"))

NODE = """
exports.handler = async (event, context) => {
  if (event.do === 'fail') throw new TypeError('boom');
  if (event.do === 'context') return { id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
    custom: context.clientContext?.custom };
  return event;
};
exports.stream = awslambda.streamifyResponse(async (event, out) => {
  out.setContentType('text/plain');
  for (const word of event.words) out.write(word);
  if (event.fail) throw new RangeError('late');
  out.end();
});
"""
PYTHON = """
def handler(event, context):
    if event.get("do") == "fail":
        raise TypeError("boom")
    if event.get("do") == "context":
        return {"id": context.aws_request_id, "arn": context.invoked_function_arn, "name": context.function_name,
                "custom": context.client_context.custom if context.client_context else None}
    return event
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda")


def installed(name):
    folder = CACHE / name
    if not folder.is_dir():
        skipped = CACHE / f"{name}.skipped"
        reason = skipped.read_text().strip() if skipped.exists() else "tests/sdk/runtimes/install did not run"
        pytest.skip(f"{name}: {reason}")
    return folder


def files_of(folder, within=""):
    """All files of a folder, with whether they can be executed, for an archive."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            found[within + str(path.relative_to(folder))] = path.read_bytes()
    return found


def package(kind):
    """The files of a function whose bootstrap starts the client, and its handler."""
    folder = installed(kind)
    if kind == "node":
        files = files_of(folder / "node_modules/aws-lambda-ric", "node_modules/aws-lambda-ric/")
        files["bootstrap"] = '#!/bin/sh\nexec node /var/task/node_modules/aws-lambda-ric/index.mjs "$_HANDLER"\n'
        files["index.js"] = NODE
        return files, "index.handler"
    if kind == "python":
        files = files_of(folder)
        files["bootstrap"] = '#!/bin/sh\nexec python3 -m awslambdaric "$_HANDLER"\n'
        files["app.py"] = PYTHON
        return files, "app.handler"
    return {"bootstrap": (folder / "bootstrap").read_bytes()}, "bootstrap"


def custom(functions, kind, name, role, **more):
    files, handler = package(kind)
    settings = dict(
        Runtime="provided.al2023", Handler=handler, Code={"ZipFile": archive(files)}, Timeout=60, MemorySize=512
    )
    settings.update(more)
    create(functions, name, role, **settings)


@pytest.mark.parametrize("kind", ["node", "python", "rust"])
def test_the_official_client_runs(functions, name, role, kind):
    custom(functions, kind, name, role)
    event = {"ä": ["b", 1, 2.5, None, True], "text": "x" * 100_000}
    assert invoke(functions, name, event)[1] == event
    client = {"installation_id": "i", "app_title": "t", "app_version_name": "1", "app_version_code": "1", "app_package_name": "p"}
    context = {"client": client, "custom": {"k": "v"}, "env": {}}
    context = base64.b64encode(json.dumps(context).encode()).decode()
    answer, seen = invoke(functions, name, {"do": "context"}, ClientContext=context)
    assert seen == {
        "id": answer["ResponseMetadata"]["RequestId"],
        "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        "name": name,
        "custom": {"k": "v"},
    }
    answer, error = invoke(functions, name, {"do": "fail"})
    assert (answer["FunctionError"], error["errorMessage"]) == ("Unhandled", "boom")
    assert invoke(functions, name, {})[1] == {}, "it goes on"


def test_the_official_client_for_node_streams(functions, name, role):
    custom(functions, "node", name, role, Handler="index.stream")

    def stream(event):
        answer = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event))
        events = list(answer["EventStream"])
        return b"".join(one["PayloadChunk"]["Payload"] for one in events[:-1]), events[-1]["InvokeComplete"]

    assert stream({"words": ["one ", "two"]}) == (b"one two", {})
    chunks, complete = stream({"words": ["half"], "fail": True})
    assert (chunks, complete["ErrorCode"]) == (b"half", "Unhandled")
    error = json.loads(complete["ErrorDetails"])
    assert (error["errorType"], error["errorMessage"]) == ("RangeError", "late")


@pytest.mark.parametrize("kind", ["node", "python"])
def test_errors_of_the_init_phase_are_reported(functions, name, role, kind):
    wrong = {"node": "missing.handler", "python": "missing.handler"}[kind]
    custom(functions, kind, name, role, Handler=wrong)
    answer, error = invoke(functions, name, {})
    assert (answer["FunctionError"], error["errorType"]) == ("Unhandled", "Runtime.ImportModuleError")


def test_events_come_back_from_rust(functions, name, role):
    vectors = os.environ.get("CLOUDLET_VECTORS")
    if not vectors:
        pytest.skip("CLOUDLET_VECTORS is not set: NO event went through a handler in Rust")
    custom(functions, "rust", name, role)
    count = 0
    for path in [*Path(vectors, "lambda-events-rust").rglob("*.json"), *Path(vectors, "lambda-events-sam").rglob("*.json")]:
        try:
            event = json.loads(path.read_text())
        except ValueError:
            continue  # A template with placeholders outside of texts.
        assert invoke(functions, name, event)[1] == event, path
        count += 1
    assert count > 150
