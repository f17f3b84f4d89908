"""`cloudlet tail`: messages are shown as they come, and stay where they are."""

import json
import os
import queue
import re
import subprocess
import threading
from pathlib import Path

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, WAIT

BINARY = Path(os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")).resolve()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Tail:
    """The command at work."""

    def __init__(self, cloud, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "tail", *arguments], env=cloud.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(COLOUR.sub("", line.rstrip("\n")))

    def line(self):
        return self.lines.get(timeout=PATIENCE_SECONDS)

    def message(self):
        """What is shown of a message, behind the time."""
        line = self.line()
        assert re.match(r"\d\d:\d\d:\d\d ", line), line
        return line[9:]


@pytest.fixture
def tail(cloud):
    tails = []

    def listen(*arguments):
        tails.append(Tail(cloud, *arguments))
        return tails[-1]

    yield listen
    for one in tails:
        one.process.kill()
        one.process.wait()


def test_messages_of_a_queue_are_shown_and_stay(tail, sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="before")
    heard = tail("queue", name)
    assert heard.line().startswith("listening at arn:aws:sqs:us-east-1:000000000000:")
    for body in ["one", "two"]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
        assert heard.message() == body
    got = []
    while len(got) < 3:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["ApproximateReceiveCount"]
        )
        got += answer.get("Messages", [])
    assert sorted(message["Body"] for message in got) == ["before", "one", "two"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in got} == {"1"}


def test_messages_of_a_topic_are_shown_without_a_subscription(tail, cloud, name):
    sns = cloud.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    heard = tail("topic", name)
    assert heard.line() == f"listening at {arn}"
    sns.publish(TopicArn=arn, Message="plain")
    assert heard.message() == "plain"
    sns.publish(TopicArn=arn, Subject="News", Message="more")
    assert heard.message() == "News: more"
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


def test_a_topic_that_is_not_there_is_not_waited_for(cloud, name):
    done = subprocess.run(
        [BINARY, "tail", "topic", name], env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 1
    assert "Topic does not exist" in done.stderr, done.stderr


def test_events_of_a_bus_are_shown_without_a_rule(tail, cloud, name):
    events = cloud.client("events")
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    heard = tail("bus", name)
    assert heard.line() == f"listening at {arn}"
    entry = {"EventBusName": name, "Source": "shop", "DetailType": "order", "Detail": json.dumps({"n": 1})}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert heard.message() == 'shop order {"n":1}'
    assert events.list_rules(EventBusName=name)["Rules"] == []


def test_records_of_a_stream_are_shown_and_stay(tail, cloud, name):
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=WAIT)
    heard = tail("stream", name)
    assert heard.line() == f"listening at stream {name}"
    for key, data in [("a", b"one"), ("b", b"two"), ("c", b"\xff\x00")]:
        shard = kinesis.put_record(StreamName=name, PartitionKey=key, Data=data)["ShardId"]
        shown = "/wA=" if key == "c" else data.decode()
        assert heard.message() == f"{key} {shown}"
    start = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert records[-1]["Data"] == b"\xff\x00"


def test_json_has_the_whole_message(tail, sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    heard = tail("queue", name, "--json")
    text = ""
    while not text.endswith("\n}"):
        # Nothing but messages is printed: nobody says when listening has begun.
        sent = sqs.send_message(QueueUrl=url, MessageBody="again")
        try:
            text += "\n" + heard.lines.get(timeout=1)
        except queue.Empty:
            continue
    message = json.loads(text)
    assert message["Body"] == "again"
    assert len(message["MessageId"]) == len(sent["MessageId"])


def test_who_may_not_listen_is_refused(cloud, iam, sqs, name):
    sqs.create_queue(QueueName=name)
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    arn = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    done = subprocess.run(
        [BINARY, "tail", "queue", arn], env={**cloud.environment(), **keys}, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode != 0
    assert "not authorized to perform: cloudlet:Tail" in done.stderr, done.stderr
