"""The example with a bus, a topic and queues, as `cloudlet deploy` puts it there."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, until


@pytest.fixture(scope="module")
def orders(cloud, tmp_path_factory):
    folder = tmp_path_factory.mktemp("orders") / "orders"
    shutil.copytree(REPOSITORY / "examples/orders", folder, ignore=shutil.ignore_patterns(".serverless", ".cloudlet"))

    def run(*arguments):
        binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
        done = subprocess.run(
            [str(binary), *arguments], cwd=folder, env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr

    for stage in ["test", "prod"]:
        run("deploy", "--stage", stage)
    yield
    for stage in ["test", "prod"]:
        run("remove", "--stage", stage)
    topics = [topic["TopicArn"] for topic in cloud.client("sns").list_topics()["Topics"]]
    assert not [topic for topic in topics if ":orders-" in topic]


def outputs(cloud, stage):
    stack = cloud.client("cloudformation").describe_stacks(StackName=f"orders-{stage}")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def take(cloud, url, count):
    sqs = cloud.client("sqs")
    taken = []

    def all_taken():
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
        return len(taken) >= count

    until(f"{count} messages", all_taken)
    return taken


def test_orders_go_from_the_bus_to_the_warehouse(cloud, orders):
    addresses = outputs(cloud, "test")
    entries = [
        {"EventBusName": "orders-test", "Source": "shop", "DetailType": kind, "Detail": json.dumps(detail)}
        for kind, detail in [
            ("order.placed", {"id": "1", "total": 20}),
            ("order.placed", {"id": "2", "total": 120}),
            ("order.placed", {"id": "3", "total": 0}),
            ("order.seen", {"id": "4", "total": 500}),
        ]
    ]
    assert cloud.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
    seen = take(cloud, addresses["SeenUrl"], 2)
    assert sorted(message["Subject"] for message in seen) == ["Order 1", "Order 2"]
    large = take(cloud, addresses["WarehouseUrl"], 1)
    assert [(order["order"], order["total"], order["size"]) for order in large] == [("2", 120, "large")]


def test_the_queue_of_tests_is_in_their_stage_alone(cloud, orders):
    assert "SeenUrl" not in outputs(cloud, "prod")
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="orders-prod")["StackResources"]
    assert not [one for one in resources if one["LogicalResourceId"].startswith("Seen")]
