"""Programs under `cloudlet exec` reach the cloud: by the endpoint in their environment, and by AWS's own names."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY

BINARY = Path(os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")).resolve()
NODE = """
const show = (status) => console.log(JSON.stringify({ status, options: process.env.NODE_OPTIONS }));
https.get('https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15', (answer) => { answer.resume(); show(answer.statusCode) })
  .on('error', (error) => show(error.code));
"""


@pytest.fixture
def run(cloud, tmp_path):
    def run(*command, endpoint=None, **variables):
        environment = {**os.environ, "HOME": str(tmp_path), "AWS_ENDPOINT_URL": endpoint or cloud.url, **variables}
        return subprocess.run(
            [BINARY, "exec", "--", *command], env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )

    return run


def test_node_reaches_the_cloud_and_keeps_its_options(run):
    for arguments in (
        ["-e", "const https = require('https');" + NODE],
        ["--input-type=module", "-e", "import https from 'node:https';" + NODE],
        ["-e", "new (require('worker_threads').Worker)(" + json.dumps("const https = require('https');" + NODE) + ", { eval: true })"],
    ):
        done = run("node", *arguments, NODE_OPTIONS="--no-warnings")
        found = json.loads(done.stdout)
        assert found["status"] == 403, done.stderr
        assert found["options"].endswith(" --no-warnings")


def test_python_reaches_the_cloud_and_keeps_its_path(run, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "sitecustomize.py").write_text("import builtins\nbuiltins.mine_was_loaded = True\n")
    program = """
import builtins, json, sys, requests
answer = requests.get("https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15")
print(json.dumps([answer.status_code, builtins.mine_was_loaded, sys.path]))
"""
    done = run("python", "-c", program, PYTHONPATH=str(mine))
    status, was_loaded, path = json.loads(done.stdout)
    assert (status, was_loaded) == (403, True), done.stderr
    assert str(mine) in path


def test_an_sdk_without_an_endpoint_reaches_the_cloud(run):
    program = """
import os
del os.environ["AWS_ENDPOINT_URL"]
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="under-its-own-name")
s3.put_object(Bucket="under-its-own-name", Key="k", Body=b"text")
print(boto3.client("sts").get_caller_identity()["Arn"], s3.get_object(Bucket="under-its-own-name", Key="k")["Body"].read())
"""
    done = run("python", "-c", program)
    assert done.stdout == "arn:aws:iam::000000000000:root b'text'\n", done.stderr


def test_the_authority_is_trusted_for_names_of_aws_alone(run, cloud):
    program = """
import json, os, ssl, socket
names = json.loads(os.environ["CLOUDLET_NAMES"])
context = ssl.create_default_context(cadata=names["authority"])
with socket.create_connection((names["host"], names["port"])) as plain, \\
        context.wrap_socket(plain, server_hostname="sqs.us-east-1.amazonaws.com") as secure:
    chain = secure.getpeercert()
print(json.dumps({"subject": chain["subject"][0][0][1], "authority": names["authority"]}))
"""
    done = run("python", "-c", program)
    found = json.loads(done.stdout)
    assert found["subject"] == "sqs.us-east-1.amazonaws.com"
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-text"], input=found["authority"], capture_output=True, text=True, check=True
    ).stdout
    permitted = text.partition("Name Constraints: critical")[2]
    for name in ("amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws", "localhost"):
        assert f"DNS:{name}\n" in permitted


def test_a_command_runs_without_a_cloud(run):
    done = run("echo", "still here", endpoint="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (0, "still here\n")
    assert "names of AWS do not lead to this cloud" in done.stderr
