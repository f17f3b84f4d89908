"""The framework deploys our examples to Cloudlet, and so does `cloudlet deploy`; then they answer."""

import json

import pytest

from projects import cloudlet, example_project, osls


def deploy_with_osls_3(cloud, folder):
    osls(3, cloud, folder, "deploy")


def deploy_with_osls_4(cloud, folder):
    """Nothing but AWS_ENDPOINT_URL and credentials tell it where to go."""
    osls(4, cloud, folder, "deploy")


def deploy_with_cloudlet(cloud, folder):
    cloudlet(cloud, folder, "deploy")


@pytest.fixture(params=[deploy_with_osls_3, deploy_with_osls_4, deploy_with_cloudlet], ids=["osls3", "osls4", "cloudlet"])
def deployed(request, cloud, tmp_path):
    """Deploys an example and returns what asks its APIs."""
    stacks = cloud.client("cloudformation")
    made = []

    def deploy(name, service):
        folder = example_project(name, tmp_path / name)
        request.param(cloud, folder)
        made.append(f"{service}-dev")
        stack = stacks.describe_stacks(StackName=made[0])["Stacks"][0]
        return Apis(cloud, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})

    yield deploy
    # The next deployment of the same service is to begin with nothing.
    for stack in made:
        for resource in stacks.list_stack_resources(StackName=stack)["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::S3::Bucket":
                empty(cloud, resource["PhysicalResourceId"])
        stacks.delete_stack(StackName=stack)
        stacks.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def empty(cloud, bucket):
    s3 = cloud.client("s3", s3={"addressing_style": "path"})
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])


class Apis:
    """The APIs of a stack, by the addresses in its outputs."""

    def __init__(self, cloud, outputs):
        self.cloud = cloud
        self.addresses = {"rest": outputs["ServiceEndpoint"], "http": outputs["HttpApiUrl"]}

    def call(self, kind, path, method="GET", body=None, headers=None):
        # The address in the output is AWS's; whoever resolves it to this cloud is answered by its host name.
        headers = dict(headers or {})
        data = json.dumps(body).encode() if body is not None else None
        if data:
            headers["Content-Type"] = "application/json"
        status, answered, content = self.cloud.ask(self.addresses[kind] + path, method, data, headers)
        return status, json.loads(content) if "json" in answered.get("content-type", "") else content.decode()


def test_hello_answers_in_both_languages(deployed):
    apis = deployed("hello", "hello")
    for kind in ["rest", "http"]:
        assert apis.call(kind, "/hello?name=Ana") == (
            200,
            {"message": "Hello, Ana!", "api": kind, "function": "hello-dev-hello"},
        )
        assert apis.call(kind, "/greet/Ana") == (
            200,
            {"message": "Hello, Ana!", "api": kind, "function": "hello-dev-greet"},
        )
    assert apis.call("rest", "/nothing") == (403, {"message": "Missing Authentication Token"})
    assert apis.call("http", "/nothing") == (404, {"message": "Not Found"})


def test_express_answers_as_a_plain_server_does(deployed):
    apis = deployed("express", "express-example")
    for kind in ["rest", "http"]:
        assert apis.call(kind, "/") == (200, "<h1>Notes</h1>")
        assert apis.call(kind, f"/notes/{kind}") == (404, {"error": "there is no such note"})
        note = {"id": kind, "text": "milk"}
        assert apis.call(kind, f"/notes/{kind}", "PUT", {"text": "milk"}) == (201, note)
        assert apis.call(kind, f"/notes/{kind}") == (200, note)
        assert apis.call(kind, "/notes/x", "PUT", {}) == (400, {"error": "a note needs a text"})
        status, echo = apis.call(kind, "/echo?a=1&b=2", headers={"User-Agent": "me"})
        assert (status, echo) == (200, {"query": {"a": "1", "b": "2"}, "agent": "me"})
