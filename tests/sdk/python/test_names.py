"""Functions reach the cloud under AWS's own names: SDKs and clients that know no other address."""

import json

import pytest

from conftest import archive

# The runtime supplies version 2 of the SDK up to nodejs16.x. It does not read AWS_ENDPOINT_URL.
SDK_2 = """
const AWS = require('aws-sdk');
exports.handler = async () => ({
  version: AWS.VERSION,
  host: new AWS.STS().endpoint.host,
  who: (await new AWS.STS().getCallerIdentity().promise()).Arn,
});
"""
# What each client answers: the status, or the code of its error.
NODE = """
const unsigned = '/?Action=GetCallerIdentity&Version=2011-06-15';
const attempt = (work) => new Promise(work).catch((error) => error.code ?? error.cause?.code ?? error.message);
const get = (module, url) => attempt((done, failed) =>
  module.get(url, (answer) => { answer.resume(); done(answer.statusCode) }).on('error', failed));
const overHttp2 = (origin) => attempt((done, failed) => {
  const session = http2.connect(origin).on('error', failed);
  session.request({ ':path': unsigned }).on('error', failed).on('response', (head) => { session.close(); done(head[':status']) }).end();
});
const { connect } = tls;
const overTls = (host) => attempt((done, failed) => {
  const socket = connect({ host, port: 443 }, () => { socket.end(); done(socket.authorized) }).on('error', failed);
});
const handler = async ({ url }) => ({
  http: await get(http, 'http://sts.us-east-1.amazonaws.com' + unsigned),
  https: await get(https, 'https://sts.us-east-1.amazonaws.com' + unsigned),
  http2: await overHttp2('https://sts.us-east-1.amazonaws.com'),
  tls: await overTls('bucket.s3.amazonaws.com'),
  fetch: await attempt((done) => done(fetch(url).then((answer) => answer.status))),
  other: await get(https, 'https://polly.us-east-1.amazonaws.com/'),
});
"""
REQUIRED = "const [http, https, http2, tls] = ['http', 'https', 'node:http2', 'tls'].map((name) => require(name));"
IMPORTED = "import http from 'http'; import https from 'https'; import http2 from 'node:http2'; import * as tls from 'tls';"
PYTHON = """
import asyncio, os, socket, ssl, urllib.error, urllib.request

del os.environ["AWS_ENDPOINT_URL"]
import boto3

UNSIGNED = "sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"

def status(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        return type(error.reason).__name__

async def name_of_the_certificate(host):
    reader, writer = await asyncio.open_connection(host, 443, ssl=ssl.create_default_context())
    subject = writer.get_extra_info("ssl_object").getpeercert()["subject"]
    writer.close()
    return subject[0][0][1]

def handler(event, context):
    return {
        "who": boto3.client("sts").get_caller_identity()["Arn"],
        "endpoint": boto3.client("sts").meta.endpoint_url,
        "https": status("https://" + UNSIGNED),
        "http": status("http://" + UNSIGNED),
        "asyncio": asyncio.run(name_of_the_certificate("lambda.us-east-1.amazonaws.com")),
        "other": status("https://polly.us-east-1.amazonaws.com/"),
    }
"""


@pytest.fixture
def answer(cloud, name, role):
    functions = cloud.client("lambda")

    def answer(runtime, file, code, event=None, **options):
        functions.create_function(
            FunctionName=name, Runtime=runtime, Handler="index.handler", Role=role, Timeout=60,
            Code={"ZipFile": archive({file: code})}, **options,
        )
        answered = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}))
        text = json.loads(answered["Payload"].read())
        assert "FunctionError" not in answered, text
        return text

    return answer


def test_version_2_of_the_sdk_reaches_the_cloud(answer, name):
    found = answer("nodejs16.x", "index.js", SDK_2, MemorySize=256)
    assert found["version"].startswith("2.")
    assert found["host"].endswith(".amazonaws.com")
    assert f":assumed-role/{name}/{name}" in found["who"]


@pytest.mark.parametrize("file, code", [
    ("index.js", REQUIRED + NODE + "exports.handler = handler;"),
    ("index.mjs", IMPORTED + NODE + "export { handler };"),
])
@pytest.mark.parametrize("own_process", [False, True])
def test_clients_of_node_reach_the_cloud(answer, file, code, own_process):
    # With a variable that Node.js reads at its start the function gets a process of its own.
    variables = {"UV_THREADPOOL_SIZE": "4"} if own_process else {}
    url = "https://abc.lambda-url.us-east-1.on.aws/"
    found = answer("nodejs20.x", file, code, {"url": url}, Environment={"Variables": variables})
    other = found.pop("other")
    # Refused by the services for want of a signature; there is no such function URL.
    assert found == {"http": 403, "https": 403, "http2": 403, "tls": True, "fetch": 404}
    # The cloud, which has no such service, would answer 404.
    assert other != 404


def test_clients_of_python_reach_the_cloud(answer, name):
    found = answer("python3.11", "index.py", PYTHON, MemorySize=256)
    other = found.pop("other")
    who = found.pop("who")
    assert f":assumed-role/{name}/{name}" in who
    assert found == {
        "endpoint": "https://sts.us-east-1.amazonaws.com", "https": 403, "http": 403,
        "asyncio": "lambda.us-east-1.amazonaws.com",
    }
    assert other != 404


@pytest.mark.parametrize("network, reached", [("platform", 403), ("none", "ECONNREFUSED")])
def test_networks_hold_for_names_too(answer, network, reached):
    code = REQUIRED + NODE + "exports.handler = handler;"
    event = {"url": "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"}
    found = answer("nodejs20.x", "index.js", code, event, Tags={"cloudlet:network": network})
    assert (found["http"], found["https"], found["fetch"]) == (reached,) * 3


def test_networks_hold_for_names_in_python(answer):
    code = PYTHON.replace("import boto3", "").replace('"who"', '#').replace('"endpoint"', '#')
    found = answer("python3.11", "index.py", code, Tags={"cloudlet:network": "platform"})
    # This network has the names of AWS alone, and all of them lead here.
    assert found == {"https": 403, "http": 403, "asyncio": "lambda.us-east-1.amazonaws.com", "other": found["other"]}
