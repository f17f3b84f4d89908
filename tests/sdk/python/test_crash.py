"""What was acknowledged is there after kill -9, whatever was going on; the next start takes it from there."""

import os
import random
import re
import signal
import subprocess
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from conftest import PATIENCE_SECONDS, REPOSITORY

BINARY = os.environ.get("CLOUDLET", str(REPOSITORY / "target/debug/cloudlet"))
WRITERS = 4
ROUNDS = 3


class Durable:
    """A cloud over a folder."""

    def __init__(self, folder):
        command = [BINARY, "up", "--data", str(folder), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"ready at (http://\S+)", line)
        assert found, f"the cloud did not start: {line!r}"
        self.endpoint = found[1]

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def write_until_killed(cloud, number, acknowledged):
    """Writes one thing after the other; only what was answered with success counts."""
    ssm, sqs, s3 = cloud.client("ssm"), cloud.client("sqs"), cloud.client("s3")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    for count in range(10_000):
        name = f"{number}-{count}"
        try:
            ssm.put_parameter(Name=name, Value=name, Type="String")
            acknowledged["parameters"].append(name)
            sqs.send_message(QueueUrl=url, MessageBody=name)
            acknowledged["messages"].append(name)
            # Some objects stand in a row, some are files.
            body = name.encode() * (1 if count % 2 else 5_000)
            s3.put_object(Bucket="crash", Key=name, Body=body)
            acknowledged["objects"].append((name, body))
        except (BotoCoreError, ClientError):
            return


def received(cloud):
    """The bodies of all messages of the queue, each once."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_acknowledged_writes_survive_kill_9(tmp_path, seed):
    cloud = Durable(tmp_path)
    cloud.client("sqs").create_queue(QueueName="jobs")
    cloud.client("s3").create_bucket(Bucket="crash")
    acknowledged = {"parameters": [], "messages": [], "objects": []}
    writers = [
        threading.Thread(target=write_until_killed, args=(cloud, number, acknowledged)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    # The moment is when so many were acknowledged, not a time.
    moment = random.Random(seed).randrange(20, 200)
    while len(acknowledged["parameters"]) < moment:
        writers[0].join(0.001)
    cloud.kill()
    for writer in writers:
        writer.join()

    cloud = Durable(tmp_path)
    try:
        ssm, s3 = cloud.client("ssm"), cloud.client("s3")
        for name in acknowledged["parameters"]:
            assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == name
        for name, body in acknowledged["objects"]:
            assert s3.get_object(Bucket="crash", Key=name)["Body"].read() == body
        bodies = received(cloud)
        assert len(bodies) == len(set(bodies)), "a message was doubled"
        assert set(acknowledged["messages"]) <= set(bodies), "a message was lost"
        # At most the one that each writer had under way may be there besides.
        assert len(bodies) - len(acknowledged["messages"]) <= WRITERS
    finally:
        cloud.kill()


def test_a_folder_has_one_cloud(tmp_path):
    cloud = Durable(tmp_path)
    try:
        command = [BINARY, "up", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert second.returncode != 0
        assert str(tmp_path) in second.stderr
    finally:
        cloud.kill()
