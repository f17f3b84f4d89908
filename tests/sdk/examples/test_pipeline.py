"""The example that fans out over queues, as `cloudlet deploy` puts it there."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, until

# What a piece of work that fails waits before it comes again.
VISIBILITY_SECONDS = 5
RECEIVES_MAX = 3


@pytest.fixture(scope="module")
def pipeline(cloud, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline") / "pipeline"
    ignored = shutil.ignore_patterns(".serverless", ".cloudlet", "__pycache__")
    shutil.copytree(REPOSITORY / "examples/pipeline", folder, ignore=ignored)

    def run(*arguments):
        binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
        command = [str(binary), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr

    parameter = f"visibility={VISIBILITY_SECONDS}"
    run("deploy", "--param", parameter)
    stack = cloud.client("cloudformation").describe_stacks(StackName="pipeline-dev")["Stacks"][0]
    yield {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    run("remove", "--param", parameter)
    assert cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []


def call(cloud, pipeline, method, path, body=None):
    data = json.dumps(body) if body is not None else None
    status, _, content = cloud.ask(pipeline["ServiceEndpoint"] + path, method, data)
    return status, json.loads(content)


def job(cloud, pipeline, texts):
    status, made = call(cloud, pipeline, "POST", "/jobs", texts)
    assert (status, made["parts"]) == (202, len(texts))
    return made["id"]


def waited(cloud, pipeline, id, counted):
    """The job once so many of its parts are counted."""

    def job():
        status, shown = call(cloud, pipeline, "GET", f"/jobs/{id}")
        assert status == 200
        return shown if shown["counted"] >= counted else None

    return until(f"{counted} parts are counted", job)


def test_every_text_is_counted_once(cloud, pipeline):
    texts = [" ".join(["word"] * (index % 7 + 1)) for index in range(100)]
    id = job(cloud, pipeline, texts)
    words = sum(index % 7 + 1 for index in range(100))
    shown = waited(cloud, pipeline, id, 100)
    assert shown == {"id": id, "parts": 100, "counted": 100, "words": words, "done": True}


def test_what_is_no_text_ends_in_the_dead_letter_queue(cloud, pipeline):
    id = job(cloud, pipeline, ["one", 2, "three words here"])
    assert waited(cloud, pipeline, id, 2)["words"] == 4
    sqs = cloud.client("sqs")

    def receive():
        url = pipeline["WorkDeadUrl"]
        received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageSystemAttributeNames=["All"])
        return received.get("Messages")

    messages = until("a dead letter", receive)
    assert [json.loads(message["Body"]) for message in messages] == [{"job": id, "part": 1, "text": 2}]
    # This receive is one of them.
    assert messages[0]["Attributes"]["ApproximateReceiveCount"] == str(RECEIVES_MAX + 1)
    assert call(cloud, pipeline, "GET", f"/jobs/{id}")[1]["done"] is False
    counts = sqs.get_queue_attributes(
        QueueUrl=pipeline["PartsDeadUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert counts["Attributes"]["ApproximateNumberOfMessages"] == "0"


@pytest.mark.parametrize("body", ["no list", [], {}])
def test_what_is_no_list_is_refused(cloud, pipeline, body):
    assert call(cloud, pipeline, "POST", "/jobs", body)[0] == 400


def test_a_job_that_is_not_there_is_a_404(cloud, pipeline):
    assert call(cloud, pipeline, "GET", "/jobs/none") == (404, {"message": "There is no job none"})
