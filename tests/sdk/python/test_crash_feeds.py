"""What queues feed to functions survives kill -9 at any time: nothing is lost, and groups keep their order."""

import json
import random
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from conftest import archive, until
from test_crash import Durable

ROUNDS = 3
GROUPS = 3
# Long enough for a batch on a busy machine.
TIMEOUT_SECONDS = 20
# The function notes what it gets, in its order, before it answers: a death between the two brings it again.
NOTE = """
import os
import boto3
table = boto3.resource("dynamodb").Table("notes")
def handler(event, context):
    for record in event["Records"]:
        group, number = record["body"].split("-")
        table.update_item(
            Key={"id": group},
            UpdateExpression="SET numbers = list_append(if_not_exists(numbers, :none), :number)",
            ExpressionAttributeValues={":none": [], ":number": [int(number)]},
        )
"""
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
                                                 "Action": ["sqs:*", "logs:*", "dynamodb:*"]}]}


def prepare(cloud, name, attributes):
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    cloud.client("dynamodb").create_table(
        TableName="notes",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    role = iam.create_role(RoleName="note", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="note", PolicyName="all", PolicyDocument=json.dumps(ALLOW))
    code = {"ZipFile": archive({"index.py": NOTE})}
    functions.create_function(
        FunctionName="note", Runtime="python3.12", Handler="index.handler", Role=role, Code=code, Timeout=TIMEOUT_SECONDS
    )
    # What a death leaves hidden comes again soon.
    attributes = {"VisibilityTimeout": str(TIMEOUT_SECONDS), **attributes}
    cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    functions.create_event_source_mapping(FunctionName="note", EventSourceArn=arn, BatchSize=5)


def send_until_killed(cloud, name, sent, acknowledged):
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    while True:
        group = f"g{random.randrange(GROUPS)}"
        number = sent[group] = sent.get(group, -1) + 1
        fifo = {"MessageGroupId": group} if name.endswith(".fifo") else {}
        try:
            sqs.send_message(QueueUrl=url, MessageBody=f"{group}-{number}", **fifo)
        except (BotoCoreError, ClientError):
            return
        acknowledged.setdefault(group, set()).add(number)


def count(acknowledged):
    return sum(map(len, list(acknowledged.values())))


def noted(cloud):
    items = cloud.client("dynamodb").scan(TableName="notes", ConsistentRead=True)["Items"]
    return {item["id"]["S"]: [int(number["N"]) for number in item["numbers"]["L"]] for item in items}


@pytest.mark.parametrize(
    "name, attributes", [("jobs", {}), ("jobs.fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"})]
)
def test_what_was_sent_is_processed_after_kill_9(tmp_path, name, attributes):
    sent, acknowledged = {}, {}
    for number in range(ROUNDS):
        cloud = Durable(tmp_path)
        if number == 0:
            prepare(cloud, name, attributes)
        sender = threading.Thread(target=send_until_killed, args=(cloud, name, sent, acknowledged))
        sender.start()
        wanted = random.randrange(10, 60) + count(acknowledged)
        until("some messages are sent", lambda: count(acknowledged) >= wanted)
        # Anything may be under way then.
        time.sleep(random.uniform(0, 2))
        cloud.kill()
        sender.join()
    cloud = Durable(tmp_path)
    try:
        def all_noted():
            found = noted(cloud)
            return found if all(numbers <= set(found.get(group, [])) for group, numbers in acknowledged.items()) else None

        found = until("all that was acknowledged is processed", all_noted)
        assert count(acknowledged) > 20
        if name.endswith(".fifo"):
            for group, numbers in found.items():
                firsts = list(dict.fromkeys(numbers))
                assert firsts == sorted(firsts), f"{group}: {numbers}"
    finally:
        cloud.kill()
