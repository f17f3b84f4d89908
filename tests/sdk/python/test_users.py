"""The cloud run by an ordinary user: what its sandboxes hold, and whose connections are whose."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, Cloud, archive

USER = 1500
# A user namespace in which there can be no others, and no mounts of one's own: a container that is closed.
CLOSED = (
    "echo 0 > /proc/sys/user/max_mnt_namespaces && echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
)
# With the keys that everybody knows, through a connection like that of any program of this machine.
NODE = """
const { execFileSync } = require('node:child_process');
const sign = ['-s', '--aws-sigv4', 'aws:amz:us-east-1:sts', '--user', 'test:test', '-d', 'Action=GetCallerIdentity&Version=2011-06-15'];
exports.handler = async ({ url }) => /<Arn>([^<]*)/.exec(execFileSync('curl', [...sign, `${url}/`]).toString())[1];
"""
# A runtime that is three lines of a shell script, and tells what it can reach.
BOOTSTRAP = """#!/bin/bash
while true; do
  id=$(curl -s -D - -o /tmp/event "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" |
    tr -d '\\r' | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
  url=$(sed 's/.*"url": *"\\([^"]*\\)".*/\\1/' /tmp/event)
  platform=$(curl -s -o /dev/null -w '%{http_code}' "$url/")
  outside=$(curl -s -m 2 -o /dev/null -w '%{http_code}' http://192.0.2.1/)
  curl -s -o /dev/null -d "{\\"api\\":\\"$AWS_LAMBDA_RUNTIME_API\\",\\"platform\\":\\"$platform\\",\\"outside\\":\\"$outside\\"}" \\
    "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done
"""


@pytest.fixture(scope="module")
def as_user():
    """The command that runs the binary as an ordinary user, where these tests may become one."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="cloudlet-user-", dir="/tmp"))
    try:
        binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
        shutil.copy(binary, home / "cloudlet")
        home.chmod(0o755)
        shutil.chown(home, USER, USER)
        become = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "env", f"HOME={home}", "PATH=/usr/bin:/bin"]
        yield become, home / "cloudlet"
    finally:
        shutil.rmtree(home)


def needs(as_user):
    if as_user is None:
        pytest.skip("only root can become another user")
    return as_user


def make(cloud, name, **function):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    functions = cloud.client("lambda")
    functions.create_function(FunctionName=name, Role=role, Timeout=60, **function)

    def invoke():
        answer = functions.invoke(FunctionName=name, Payload=json.dumps({"url": cloud.url}))
        return json.loads(answer["Payload"].read())

    return invoke


def who(cloud, name):
    code = {"ZipFile": archive({"index.js": NODE})}
    return make(cloud, name, Runtime="nodejs20.x", Handler="index.handler", Code=code)()


def test_functions_of_an_ordinary_users_cloud_are_known_by_their_processes(as_user, name):
    become, binary = needs(as_user)
    cloud = Cloud("--sandbox", "require", by=[*become, binary])
    try:
        assert f":assumed-role/{name}/{name}" in who(cloud, name)
        # This test is no function.
        assert cloud.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    finally:
        cloud.stop()


def closed(become):
    closed = [*become, "unshare", "-Ur", "sh", "-c", CLOSED, "sh"]
    if subprocess.run([*closed, "true"], capture_output=True).returncode != 0:
        pytest.skip("there are no user namespaces here")
    return closed


def test_without_namespaces_they_are_known_too(as_user, name):
    become, binary = needs(as_user)
    cloud = Cloud("--sandbox", "degrade", by=[*closed(become), binary])
    try:
        assert f":assumed-role/{name}/{name}" in who(cloud, name)
    finally:
        cloud.stop()


def test_a_cloud_that_must_have_every_layer_does_not_start_without(as_user):
    become, binary = needs(as_user)
    command = [*closed(become), binary, "up", "--memory", "--listen", "127.0.0.1:0", "--sandbox", "require"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the sandbox is required, but" in done.stderr and "no namespaces" in done.stderr


@pytest.mark.parametrize("network, platform", [("platform", "403"), ("none", "000")])
def test_runtimes_of_ones_own_have_networks_of_their_own(cloud, name, network, platform):
    code = {"ZipFile": archive({"bootstrap": BOOTSTRAP})}
    tags = {"cloudlet:network": network}
    invoke = make(cloud, name, Runtime="provided.al2023", Handler="x", Code=code, Tags=tags)
    assert invoke() == {"api": "127.0.0.1:9001", "platform": platform, "outside": "000"}
