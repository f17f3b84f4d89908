"""CloudWatch Logs with boto3."""

import time

from conftest import fails


def test_events_are_written_read_and_filtered(cloud, name):
    logs = cloud.client("logs")
    group = f"/test/{name}"
    logs.create_log_group(logGroupName=group, tags={"a": "b"})
    error = fails("ResourceAlreadyExistsException", logs.create_log_group, logGroupName=group)
    assert error["Message"] == "The specified log group already exists"
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [(entry["logGroupName"], entry["retentionInDays"]) for entry in found] == [(group, 7)]
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = int(time.time() * 1000)
    lines = ["START x", '{"level": "error", "count": 3}', "END x"]
    events = [{"timestamp": now + n, "message": line} for n, line in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
    read = logs.get_log_events(logGroupName=group, logStreamName="one", startFromHead=True)
    assert [event["message"] for event in read["events"]] == lines

    def matching(pattern):
        found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        return [event["message"] for event in found]

    assert matching("START") == lines[:1]
    assert matching("{ $.count > 2 }") == lines[1:2]
    assert matching("") == lines
    logs.delete_log_stream(logGroupName=group, logStreamName="one")
    logs.delete_log_group(logGroupName=group)
    fails("ResourceNotFoundException", logs.describe_log_streams, logGroupName=group)


def test_what_logs_refuses(cloud, name):
    logs = cloud.client("logs")
    fails("ResourceNotFoundException", logs.create_log_stream, logGroupName=name, logStreamName="x")
    fails("InvalidParameterException", logs.create_log_group, logGroupName="not valid!")
    logs.create_log_group(logGroupName=name)
    fails("InvalidParameterException", logs.put_retention_policy, logGroupName=name, retentionInDays=2)
