"""Programs as people write them: Celery's SQS transport (kombu), and moving dead letters back with boto3."""

import pytest
from conftest import fails, until
from kombu import Connection, Queue


@pytest.fixture
def broker(cloud, name):
    options = {
        "region": "us-east-1",
        "queue_name_prefix": f"{name}-",
        "wait_time_seconds": 1,
        "polling_interval": 0.1,
        "visibility_timeout": 600,
        "is_secure": False,
    }
    port = cloud.url.rsplit(":", 1)[1]
    with Connection(f"sqs://test:test@127.0.0.1:{port}", transport_options=options) as connection:
        yield connection


def drain(broker, done):
    """Handles events until it is done."""

    def handled():
        try:
            broker.drain_events(timeout=5)
        except TimeoutError:
            pass  # Nothing has come, so far.
        return done()

    until("all events", handled)


def test_kombu_sends_receives_and_acknowledges(broker):
    queue = Queue("work", routing_key="work")
    with broker.Producer() as producer:
        for number in range(12):
            producer.publish({"number": number, "text": "hällo"}, routing_key="work", declare=[queue])
    got = []

    def take(body, message):
        got.append(body["number"])
        message.ack()

    with broker.Consumer([queue], callbacks=[take], accept=["json"]):
        drain(broker, lambda: len(got) >= 12)
    assert sorted(got) == list(range(12))


def test_kombu_gets_a_rejected_message_again(broker):
    queue = Queue("again", routing_key="again")
    with broker.Producer() as producer:
        producer.publish({"x": 1}, routing_key="again", declare=[queue])
    seen = []

    def take(body, message):
        seen.append(body)
        if len(seen) == 1:
            message.requeue()
        else:
            message.ack()

    with broker.Consumer([queue], callbacks=[take], accept=["json"]):
        drain(broker, lambda: len(seen) >= 2)
    assert seen == [{"x": 1}, {"x": 1}]


def test_dead_letters_are_moved_back(sqs, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}'
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    for body in "abc":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    for _ in range(2):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "3"
    started = sqs.start_message_move_task(SourceArn=arn)
    assert started["TaskHandle"]

    def moved():
        task = sqs.list_message_move_tasks(SourceArn=arn)["Results"][0]
        return task if task["Status"] == "COMPLETED" else None

    task = until("all are moved", moved)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    back = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in back) == ["a", "b", "c"]
    fails("InvalidParameterValue", sqs.cancel_message_move_task, 400, TaskHandle="foobared")
