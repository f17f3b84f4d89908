"""Functions that hear of a bucket that was there before, and of a log group, deployed by the framework and by us."""

import json

import pytest

from projects import TOOLS, told

BUCKET = """
service: hears
provider:
  name: aws
  runtime: nodejs20.x
functions:
  bucket:
    handler: index.tell
    events:
      - s3:
          bucket: %s
          event: s3:ObjectCreated:*
          existing: true
          rules:
            - prefix: %s
            - suffix: .txt
      - s3:
          bucket: %s
          event: s3:ObjectRemoved:*
          existing: true
"""
TELL = "exports.tell = async (event) => { for (const { eventName, s3 } of event.Records) console.log(JSON.stringify({told: [eventName, s3.object.key]})); };\n"


@pytest.mark.parametrize("tool", TOOLS)
def test_a_bucket_that_exists_tells_a_function(cloud, s3, sqs, tmp_path, name, tool):
    deploy = lambda prefix: (
        (tmp_path / "serverless.yml").write_text(BUCKET % (name, prefix, name)),
        TOOLS[tool](cloud, tmp_path, "deploy"),
    )
    (tmp_path / "index.js").write_text(TELL)
    s3.create_bucket(Bucket=name)
    # What others have asked of the bucket stays.
    queue = others(sqs, name)
    mine = [{"Id": "mine", "QueueArn": queue, "Events": ["s3:ObjectTagging:*"]}]
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": mine})
    deploy("in/")
    for key in ["in/a.txt", "in/a.jpg", "out/a.txt"]:
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    s3.delete_object(Bucket=name, Key="out/a.txt")
    heard = told(cloud, "hears-dev-bucket", 2)
    assert sorted(heard) == [["ObjectCreated:Put", "in/a.txt"], ["ObjectRemoved:Delete", "out/a.txt"]]
    shown = s3.get_bucket_notification_configuration(Bucket=name)
    assert [one["Id"] for one in shown["QueueConfigurations"]] == ["mine"]
    assert sorted(one["Events"][0] for one in shown["LambdaFunctionConfigurations"]) == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]

    deploy("other/")
    for key in ["in/b.txt", "other/b.txt"]:
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    assert ["ObjectCreated:Put", "other/b.txt"] in told(cloud, "hears-dev-bucket", 3)
    assert len(s3.get_bucket_notification_configuration(Bucket=name)["LambdaFunctionConfigurations"]) == 2

    TOOLS[tool](cloud, tmp_path, "remove")
    shown = s3.get_bucket_notification_configuration(Bucket=name)
    assert [one["Id"] for one in shown["QueueConfigurations"]] == ["mine"]
    assert "LambdaFunctionConfigurations" not in shown


def test_a_stack_moves_between_the_tools(cloud, s3, tmp_path, name):
    """The helper that asks the bucket has the framework's names, but each tool brings its own code and response."""
    (tmp_path / "index.js").write_text(TELL)
    s3.create_bucket(Bucket=name)
    for tool in ["osls4", "cloudlet", "osls3", "cloudlet", "osls4"]:
        prefix = f"{tool}/"
        (tmp_path / "serverless.yml").write_text(BUCKET % (name, prefix, name))
        TOOLS[tool](cloud, tmp_path, "deploy")
        s3.put_object(Bucket=name, Key=f"{prefix}a.txt", Body=b"x")
        asked = s3.get_bucket_notification_configuration(Bucket=name)["LambdaFunctionConfigurations"]
        assert len(asked) == 2, tool
    heard = [key for _, key in told(cloud, "hears-dev-bucket", 5)]
    assert sorted(heard) == ["cloudlet/a.txt", "cloudlet/a.txt", "osls3/a.txt", "osls4/a.txt", "osls4/a.txt"]
    TOOLS["cloudlet"](cloud, tmp_path, "remove")
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=name)


def others(sqs, name):
    """A queue that the bucket may send to."""
    queue = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
    return queue


LOGS = """
service: watches
provider:
  name: aws
  runtime: nodejs20.x
functions:
  errors:
    handler: index.tell
    events:
      - cloudwatchLog:
          logGroup: %s
          filter: '{$.level = "error"}'
"""
# Records come compressed: "AWS Lambda example" of "Log group-level subscription filters".
UNPACK = """
const { gunzipSync } = require('node:zlib');
exports.tell = async ({ awslogs }) => {
  const data = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')));
  console.log(JSON.stringify({ told: data }));
};
"""


@pytest.mark.parametrize("tool", TOOLS)
def test_a_log_group_tells_a_function(cloud, tmp_path, name, tool):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="app")
    (tmp_path / "serverless.yml").write_text(LOGS % name)
    (tmp_path / "index.js").write_text(UNPACK)
    TOOLS[tool](cloud, tmp_path, "deploy")
    try:
        (filtered,) = logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"]
        now = int(logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["creationTime"])
        lines = [json.dumps({"level": level, "n": n}) for n, level in enumerate(["info", "error", "info", "error"])]
        events = [{"timestamp": now + n, "message": line} for n, line in enumerate(lines)]
        logs.put_log_events(logGroupName=name, logStreamName="app", logEvents=events)
        batches = told(cloud, "watches-dev-errors")
        assert {batch["messageType"] for batch in batches} == {"DATA_MESSAGE"}
        assert (batches[0]["logGroup"], batches[0]["logStream"]) == (name, "app")
        assert batches[0]["subscriptionFilters"] == [filtered["filterName"]]
        got = [json.loads(event["message"]) for batch in batches for event in batch["logEvents"]]
        assert got == [{"level": "error", "n": 1}, {"level": "error", "n": 3}]
        assert batches[0]["logEvents"][0]["timestamp"] == now + 1
    finally:
        TOOLS[tool](cloud, tmp_path, "remove")
    assert logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"] == []
