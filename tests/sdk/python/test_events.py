"""EventBridge, Scheduler and Pipes with boto3: rules, schedules and pipes that call what they name."""

import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError

from conftest import WAIT, archive, until


@pytest.fixture
def queue(sqs, name):
    """A queue that services may send to: its URL and ARN."""

    def make(suffix):
        url = sqs.create_queue(QueueName=f"{name}-{suffix}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn

    return make


@pytest.fixture
def acting(iam, name):
    """The ARN of a role that a service assumes, with leave for some actions."""

    def make(service, *actions):
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
        }
        made = iam.create_role(RoleName=f"{name}-acting", AssumeRolePolicyDocument=json.dumps(trust))
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
        }
        iam.put_role_policy(RoleName=f"{name}-acting", PolicyName="p", PolicyDocument=json.dumps(policy))
        return made["Role"]["Arn"]

    return make


def bodies(sqs, url, count):
    """The bodies of the messages of a queue, once there are as many."""
    found = []

    def all_found():
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
        return len(found) >= count

    until(f"{count} messages", all_found)
    assert len(found) == count, found
    return found


def at(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("at(%Y-%m-%dT%H:%M:%S)")


def test_schedules_call_their_targets(cloud, sqs, name, queue, acting):
    scheduler = cloud.client("scheduler")
    url, arn = queue("q")
    role = acting("scheduler.amazonaws.com", "sqs:SendMessage")
    window = {"Mode": "OFF"}
    made = scheduler.create_schedule(
        Name=name,
        ScheduleExpression=at(2),
        FlexibleTimeWindow=window,
        ActionAfterCompletion="DELETE",
        Target={"Arn": arn, "RoleArn": role, "Input": "<aws.scheduler.schedule-arn>"},
    )
    body = {"QueueUrl": url, "MessageBody": "attempt <aws.scheduler.attempt-number>"}
    scheduler.create_schedule(
        Name=f"{name}-u",
        ScheduleExpression=at(2),
        FlexibleTimeWindow=window,
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "RoleArn": role, "Input": json.dumps(body)},
    )
    assert sorted(bodies(sqs, url, 2)) == [made["ScheduleArn"], "attempt 1"]
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name=name)
    shown = scheduler.get_schedule(Name=f"{name}-u")
    assert shown["State"] == "ENABLED" and isinstance(shown["CreationDate"], datetime)


def test_groups_have_schedules(cloud, name, queue, acting):
    scheduler = cloud.client("scheduler")
    _, arn = queue("q")
    target = {"Arn": arn, "RoleArn": acting("scheduler.amazonaws.com", "sqs:SendMessage")}
    group = scheduler.create_schedule_group(Name=name, Tags=[{"Key": "a", "Value": "b"}])["ScheduleGroupArn"]
    assert scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "a", "Value": "b"}]
    for number in range(3):
        scheduler.create_schedule(
            Name=f"s{number}",
            GroupName=name,
            ScheduleExpression="cron(0 8 ? * MON-FRI *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            StartDate=datetime.now(timezone.utc) + timedelta(days=1),
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
            Target=target,
        )
    pages = scheduler.get_paginator("list_schedules").paginate(GroupName=name, PaginationConfig={"PageSize": 2})
    assert [entry["Name"] for page in pages for entry in page["Schedules"]] == ["s0", "s1", "s2"]
    with pytest.raises(ClientError) as refused:
        scheduler.create_schedule(
            Name="x",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**target, "RoleArn": "arn:aws:iam::000000000000:role/none"},
        )
    assert refused.value.response["Error"]["Message"] == (
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    )
    scheduler.delete_schedule_group(Name=name)
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name="s0", GroupName=name)


class Endpoint:
    """An HTTP endpoint of the test's own that remembers what it was asked."""

    def __init__(self):
        heard = self.heard = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                heard.append((self.path, self.headers, body))
                answer = b'{"access_token":"tok","expires_in":600}' if self.path == "/token" else b"{}"
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, count):
        until(f"{count} requests", lambda: len(self.heard) >= count)
        return self.heard


def test_events_reach_an_api_destination(cloud, name, acting):
    events, endpoint = cloud.client("events"), Endpoint()
    role = acting("events.amazonaws.com", "events:InvokeApiDestination")
    connection = events.create_connection(
        Name=name,
        AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
        AuthParameters={
            "OAuthParameters": {
                "ClientParameters": {"ClientID": "id", "ClientSecret": "very-secret"},
                "AuthorizationEndpoint": f"{endpoint.url}/token",
                "HttpMethod": "POST",
            }
        },
    )
    destination = events.create_api_destination(
        Name=name,
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint=f"{endpoint.url}/orders/*",
        HttpMethod="POST",
    )
    assert b"client_id=id&client_secret=very-secret&grant_type=client_credentials" == endpoint.until(1)[0][2]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    target = {
        "Id": "1",
        "Arn": destination["ApiDestinationArn"],
        "RoleArn": role,
        "HttpParameters": {"PathParameterValues": ["$.detail.id"]},
        "InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '{"order": <id>}'},
    }
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": json.dumps({"id": 7})}])
    path, headers, body = endpoint.until(2)[1]
    assert (path, json.loads(body)) == ("/orders/7", {"order": 7})
    assert headers["authorization"] == "Bearer tok"
    assert "very-secret" not in json.dumps(events.describe_connection(Name=name), default=str)
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)


ENRICH = "exports.handler = async (records) => records.map(({ body }) => ({ n: JSON.parse(body).n * 10 }));"


def test_a_pipe_filters_enriches_and_forwards(cloud, sqs, name, queue, acting, role):
    pipes, functions = cloud.client("pipes"), cloud.client("lambda")
    (source_url, source), (target_url, target) = queue("from"), queue("to")
    enrichment = functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=role,
        Handler="index.handler",
        Timeout=30,
        Code={"ZipFile": archive({"index.js": ENRICH})},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    own = acting("pipes.amazonaws.com", "sqs:*", "lambda:InvokeFunction")
    pipes.create_pipe(
        Name=name,
        Source=source,
        Target=target,
        RoleArn=own,
        Enrichment=enrichment,
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["a"]}})}]}},
        TargetParameters={"InputTemplate": '{"times ten": <$.n>}'},
    )
    for kind, n in (("a", 1), ("b", 2), ("a", 3)):
        sqs.send_message(QueueUrl=source_url, MessageBody=json.dumps({"kind": kind, "n": n}))
    found = sorted(json.loads(body)["times ten"] for body in bodies(sqs, target_url, 2))
    assert found == [10, 30]
    assert pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING"
    assert pipes.delete_pipe(Name=name)["CurrentState"] == "DELETING"
    with pytest.raises(pipes.exceptions.NotFoundException):
        pipes.describe_pipe(Name=name)


SOME = """exports.handler = async (records) => {
  for (const record of records) console.log(`got ${record.n} ${record.handle}`);
  const failed = records.filter(({ n }) => n === 2);
  return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
};
"""


def test_a_function_may_do_a_part_of_the_batch_of_a_pipe(cloud, sqs, name, queue, acting, role):
    pipes, functions, logs = cloud.client("pipes"), cloud.client("lambda"), cloud.client("logs")
    source_url, source = queue("from")
    target = functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=role,
        Handler="index.handler",
        Timeout=30,
        Code={"ZipFile": archive({"index.js": SOME})},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    pipes.create_pipe(
        Name=name,
        Source=source,
        Target=target,
        RoleArn=acting("pipes.amazonaws.com", "sqs:*", "lambda:InvokeFunction"),
        TargetParameters={
            "InputTemplate": '{"n": <$.body.n>, "id": "<$.messageId>", "handle": "<$.receiptHandle>"}'
        },
    )
    for n in (1, 2):
        sqs.send_message(QueueUrl=source_url, MessageBody=json.dumps({"n": n}))

    def seen():
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="got")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rsplit("got ", 1)[1].split() for event in found]

    def times(n):
        return [handle for number, handle in seen() if number == str(n)]

    # It comes again when it is visible again, and what was done does not.
    handle = until("the second message is seen", lambda: times(2))[0]
    until("the first message is seen", lambda: times(1))
    sqs.change_message_visibility(QueueUrl=source_url, ReceiptHandle=handle, VisibilityTimeout=0)
    until("the second message comes again", lambda: len(times(2)) >= 2)
    assert len(times(1)) == 1, seen()
    pipes.delete_pipe(Name=name)
