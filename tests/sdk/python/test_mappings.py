"""Event source mappings with boto3. Shapes and codes: the API reference of Lambda."""

import json
import re

import pytest

from conftest import WAIT, archive, fails, until

TELL = """
import json
import re
def handler(event, context):
    print("event " + json.dumps(event))
    bad = [r for r in event["Records"] if r.get("body") == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in bad]}
"""


@pytest.fixture
def function(cloud, iam, role, name):
    allowed = ["sqs:*", "dynamodb:*", "kinesis:*"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="sources", PolicyDocument=json.dumps(document))
    functions = cloud.client("lambda")
    code = {"ZipFile": archive({"index.py": TELL})}
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=role, Code=code, Timeout=60
    )
    yield name
    functions.delete_function(FunctionName=name)


def told(cloud, function, count):
    """The events that the function printed, once there are so many records in them."""
    logs = cloud.client("logs")

    def records():
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern='"event {"')["events"]
        except logs.exceptions.ResourceNotFoundException:
            found = []
        events = [json.loads(one["message"].split("event ", 1)[1]) for one in found]
        records = [record for event in events for record in event["Records"]]
        return records if len(records) >= count else None

    return until(f"{count} records", records)


def settle(functions, uuid, state):
    until(state, lambda: functions.get_event_source_mapping(UUID=uuid)["State"] == state)


def test_a_queue_feeds_a_function(cloud, sqs, function, name):
    functions = cloud.client("lambda")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{name}-dead", "maxReceiveCount": 2}
    attributes = {"VisibilityTimeout": "600", "RedrivePolicy": json.dumps(redrive)}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    made = functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    assert (made["State"], made["BatchSize"], made["StateTransitionReason"]) == ("Creating", 10, "USER_INITIATED")
    uuid = made["UUID"]
    settle(functions, uuid, "Enabled")
    for body in ["good", "bad"]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    # The bad one comes again when it is visible again, and is buried after the second time.
    for count in (2, 3):
        bad = [record for record in told(cloud, function, count) if record["body"] == "bad"]
        latest = max(bad, key=lambda record: int(record["attributes"]["ApproximateReceiveCount"]))
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=latest["receiptHandle"], VisibilityTimeout=0)
    receive = lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20).get("Messages")
    assert [message["Body"] for message in until("the bad one is buried", receive)] == ["bad"]
    bodies = [record["body"] for record in told(cloud, function, 3)]
    assert (bodies.count("good"), bodies.count("bad")) == (1, 2)
    error = fails("ResourceConflictException", functions.create_event_source_mapping, FunctionName=function, EventSourceArn=arn)
    assert uuid in error["Message"]
    listed = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in listed] == [uuid]
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    settle(functions, uuid, "Disabled")
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"

    def is_gone():
        try:
            functions.get_event_source_mapping(UUID=uuid)
        except functions.exceptions.ResourceNotFoundException:
            return True

    until("the mapping is gone", is_gone)
    fails("ResourceNotFoundException", functions.get_event_source_mapping, UUID=uuid)


def test_a_table_feeds_a_function(cloud, function, name):
    functions, dynamodb = cloud.client("lambda"), cloud.client("dynamodb")
    table = dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    uuid = functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON"
    )["UUID"]
    for number in range(5):
        dynamodb.put_item(TableName=name, Item={"id": {"S": str(number)}})
    records = told(cloud, function, 5)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records] == ["0", "1", "2", "3", "4"]
    shown = lambda: functions.get_event_source_mapping(UUID=uuid)
    until("its result", lambda: shown()["LastProcessingResult"] == "OK")
    functions.delete_event_source_mapping(UUID=uuid)
    dynamodb.delete_table(TableName=name)


def test_a_stream_feeds_a_function(cloud, function, name):
    functions, kinesis = cloud.client("lambda"), cloud.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=WAIT)
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    uuid = functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="LATEST", BatchSize=10
    )["UUID"]
    settle(functions, uuid, "Enabled")
    kinesis.put_record(StreamName=name, PartitionKey="key", Data=b"hello")
    record = told(cloud, function, 1)[0]
    assert (record["kinesis"]["data"], record["kinesis"]["partitionKey"]) == ("aGVsbG8=", "key")
    functions.delete_event_source_mapping(UUID=uuid)
    kinesis.delete_stream(StreamName=name)


def test_what_fails_goes_to_a_bucket(cloud, iam, s3, role, name):
    """The key and the record: "Retain discarded batch records for a Kinesis Data Streams event source in Lambda"."""
    allowed = ["kinesis:*", "s3:PutObject"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="sources", PolicyDocument=json.dumps(document))
    functions, kinesis = cloud.client("lambda"), cloud.client("kinesis")
    code = {"ZipFile": archive({"index.py": "def handler(event, context):\n    raise ValueError('no')\n"})}
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=role, Code=code, Timeout=60
    )
    s3.create_bucket(Bucket=name)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=WAIT)
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    mapping = {
        "FunctionName": name, "EventSourceArn": arn, "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 0
    }
    to = lambda place: {"OnFailure": {"Destination": place}}
    error = fails(
        "InvalidParameterValueException", functions.create_event_source_mapping, **mapping, DestinationConfig=to(arn)
    )
    assert error["Message"] == f"The destination ARN {arn} is invalid."
    uuid = functions.create_event_source_mapping(**mapping, DestinationConfig=to(f"arn:aws:s3:::{name}"))["UUID"]
    settle(functions, uuid, "Enabled")
    number = kinesis.put_record(StreamName=name, PartitionKey="key", Data=b"hello")["SequenceNumber"]
    objects = until("an object", lambda: s3.list_objects_v2(Bucket=name).get("Contents"))
    date = r"(\d{4})/(\d\d)/(\d\d)/\1-\2-\3T\d\d\.\d\d\.\d\d-[0-9a-f-]{36}"
    assert re.fullmatch(f"aws/lambda/{uuid}/shardId-000000000000/{date}", objects[0]["Key"]), objects
    record = json.loads(s3.get_object(Bucket=name, Key=objects[0]["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = record["KinesisBatchInfo"]
    assert (info["batchSize"], info["startSequenceNumber"], info["streamArn"]) == (1, number, arn)
    payload = json.loads(record["payload"])
    assert payload["Records"][0]["kinesis"]["data"] == "aGVsbG8="
    functions.delete_event_source_mapping(UUID=uuid)
    functions.delete_function(FunctionName=name)
    kinesis.delete_stream(StreamName=name)
