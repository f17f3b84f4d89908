"""Streamed answers with boto3, and over a function URL that only signed callers may use."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conftest import archive
from test_lambda import create

STREAMER = """
exports.handler = awslambda.streamifyResponse(async (event, out) => {
  if (event.rawPath) out = awslambda.HttpResponseStream.from(out, { statusCode: 202, headers: { 'x-own': 'yes' } });
  for (const word of event.words ?? ['a', 'b']) out.write(word);
  if (event.fail) throw new TypeError('late');
  out.end();
});
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda")


def read(answer):
    chunks, complete = [], None
    for event in answer["EventStream"]:
        if "PayloadChunk" in event:
            chunks.append(event["PayloadChunk"]["Payload"])
        else:
            complete = event["InvokeComplete"]
    return chunks, complete


def test_a_stream_is_read_event_by_event(functions, name, role):
    create(functions, name, role, Code={"ZipFile": archive({"index.js": STREAMER})})
    answer = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps({"words": ["ä", "b"]}))
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert read(answer) == (["ä".encode(), b"b"], {})
    answer = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps({"fail": True}))
    chunks, complete = read(answer)
    assert (chunks, complete["ErrorCode"]) == ([b"a", b"b"], "Unhandled")
    assert json.loads(complete["ErrorDetails"])["errorType"] == "TypeError"


def test_a_url_streams_to_signed_callers(cloud, functions, name, role):
    create(functions, name, role, Code={"ZipFile": archive({"index.js": STREAMER})})
    made = functions.create_function_url_config(FunctionName=name, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM")
    url = made["FunctionUrl"]
    status, _, body = cloud.ask(url)
    assert (status, json.loads(body)["Message"].split(".")[0]) == (403, "Forbidden")
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    status, headers, body = cloud.ask(url, headers=dict(request.headers))
    assert (status, headers["x-own"], body) == (202, "yes", b"ab")
    assert headers["transfer-encoding"] == "chunked"
