"""What every Python suite needs: a running cloud, clients for it, and names that nobody else uses."""

import atexit
import http.client
import io
import os
import re
import subprocess
import sys
import time
import uuid
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]
READY = re.compile(r"ready at (http://\S+)")
# How long anything is waited for: on the slowest machine nothing but a hang takes as long.
PATIENCE_SECONDS = 900
# As waiters of boto3 take it.
WAIT = {"Delay": 1, "MaxAttempts": PATIENCE_SECONDS}


def until(what, look):
    """Looks again and again until there is something to see, and gives it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)
    return seen


class Cloud:
    """A cloud of its own on a free port, in memory or over a folder. `by` runs it: the binary, or a command around it."""

    def __init__(self, *options, by=None, data=None):
        by = by or [os.environ.get("CLOUDLET", str(REPOSITORY / "target/debug/cloudlet"))]
        store = ["--data", str(data)] if data else ["--memory"]
        command = [*by, "up", *store, "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        # Also when the fixture that made it fails.
        atexit.register(self.stop)
        line = self.process.stdout.readline()
        found = READY.search(line)
        if not found:
            self.stop()
            raise RuntimeError(f"the cloud did not start: {line!r}")
        self.url = found[1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        atexit.unregister(self.stop)
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_SECONDS)

    def client(self, service, key="test", secret="test", token=None, region="us-east-1", **config):
        # One attempt: a retry would hide a failure, and slow down the tests of errors.
        config = Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_SECONDS, **config)
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=config,
        )

    def ask(self, url, method="GET", body=None, headers=None):
        """Calls an address of this cloud whose host name this machine may not resolve; gives status, headers, body."""
        address = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        path = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
        connection.request(method, path, body=body, headers={**(headers or {}), "Host": address.netloc})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def environment(self):
        """The environment of a program that is to reach this cloud: an endpoint, and nothing else."""
        return {**os.environ, "AWS_ENDPOINT_URL": self.url}


@pytest.fixture(scope="session")
def cloud():
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def name():
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture
def s3(cloud):
    return cloud.client("s3", s3={"addressing_style": "path"})


@pytest.fixture
def iam(cloud):
    return cloud.client("iam")


@pytest.fixture
def role(iam, name):
    """The ARN of a role that functions can run under."""
    trust = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":"lambda.amazonaws.com"}}]}"""
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


def archive(files):
    """A zip archive of texts; `bootstrap` and extensions can be executed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            runs = path == "bootstrap" or path.startswith("extensions/")
            entry.external_attr = (0o755 if runs else 0o644) << 16
            target.writestr(entry, text)
    return content.getvalue()


def fails(code, call, status=None, **arguments):
    """Asserts that a call fails with an error code, and returns the error."""
    with pytest.raises(call.__self__.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == code, response["Error"]
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    return response["Error"]
