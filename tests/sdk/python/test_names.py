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


# Programs and worker threads that a function starts, in each of the ways. Each prints what STS says to an unsigned call.
ASK = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
NODE_CHILD = f"require('https').get('{ASK}', (answer) => console.log(answer.resume().statusCode)).on('error', (e) => console.log(e.code))"
PYTHON_CHILD = f"""
import urllib.error, urllib.request
try: urllib.request.urlopen('{ASK}')
except urllib.error.HTTPError as error: print(error.code)
except Exception as error: print(error)
"""
NODE_PARENT = """
const node = %s, python = %s;
const text = (program, ...more) => String(execFileSync(program, ...more)).trim();
const heard = (child) => new Promise((done) => {
  let all = '';
  child.stdout.on('data', (bytes) => { all += bytes });
  child.on('close', () => done(all.trim()));
});
const handler = async () => {
  fs.writeFileSync('/tmp/child.mjs', `import { get } from 'node:https';\n${node.replace("require('https').get", 'get')}`);
  const before = JSON.stringify(process.env);
  const found = {
    file: text(process.execPath, ['-e', node]),
    shell: String(execSync(`${process.execPath} /tmp/child.mjs`)).trim(),
    sync: String(spawnSync(process.execPath, ['-e', node], { env: { ...process.env, NODE_OPTIONS: '--no-warnings' } }).stdout).trim(),
    spawn: await heard(spawn(process.execPath, ['/tmp/child.mjs'])),
    fork: await heard(fork('/tmp/child.mjs', { silent: true })),
    worker: await heard(new Worker(node, { eval: true, stdout: true }).on('exit', function () { this.emit('close') })),
    module: await heard(new Worker('/tmp/child.mjs', { stdout: true, env: { ...process.env } }).on('exit', function () { this.emit('close') })),
    python: text('/usr/bin/python3', ['-c', python]),
  };
  // A program that gets nothing of the function gets nothing of this.
  found.strange = text('/usr/bin/env', { env: { A: '1' } });
  found.same = JSON.stringify(process.env) === before;
  return found;
};
""" % (json.dumps(NODE_CHILD), json.dumps(PYTHON_CHILD))
REQUIRED_STARTERS = """
const fs = require('fs');
const { execFileSync, execSync, fork, spawn, spawnSync } = require('child_process');
const { Worker } = require('node:worker_threads');
"""
IMPORTED_STARTERS = """
import fs from 'fs';
import { execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process';
import { Worker } from 'worker_threads';
"""
PYTHON_PARENT = """
import os, subprocess, sys
def handler(event, context):
    before = dict(os.environ)
    text = lambda *command, **more: subprocess.run(command, capture_output=True, text=True, **more).stdout.strip()
    return {
        "python": text(sys.executable, "-c", %r),
        "copied": text(sys.executable, "-c", %r, env={**os.environ, "A": "1"}),
        "shell": text("/bin/sh", "-c", '"$0" -c "$1"', sys.executable, %r),
        "node": text("/usr/bin/node", "-e", %r),
        "same": dict(os.environ) == before,
    }
""" % (PYTHON_CHILD, PYTHON_CHILD, PYTHON_CHILD, NODE_CHILD)


@pytest.mark.parametrize("file, code", [
    ("index.js", REQUIRED_STARTERS + NODE_PARENT + "exports.handler = handler;"),
    ("index.mjs", IMPORTED_STARTERS + NODE_PARENT + "export { handler };"),
])
@pytest.mark.parametrize("own_process", [False, True])
def test_what_functions_in_node_start_reaches_the_cloud(answer, file, code, own_process):
    variables = {"UV_THREADPOOL_SIZE": "4"} if own_process else {}
    found = answer("nodejs20.x", file, code, MemorySize=1024, Environment={"Variables": variables})
    assert (found.pop("strange"), found.pop("same")) == ("A=1", True)
    ways = ["file", "shell", "sync", "spawn", "fork", "worker", "module", "python"]
    assert found == dict.fromkeys(ways, "403")


def test_what_functions_in_python_start_reaches_the_cloud(answer):
    found = answer("python3.11", "index.py", PYTHON_PARENT, MemorySize=1024)
    assert found == {**dict.fromkeys(["python", "copied", "shell", "node"], "403"), "same": True}


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
