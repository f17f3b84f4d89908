"""The framework deploys our examples to Cloudlet, and so does `cloudlet deploy`; then they answer."""

import json

import pytest

from projects import TOOLS, example_project


@pytest.fixture(params=TOOLS)
def deployed(request, cloud, tmp_path):
    """Deploys an example with a tool and returns what asks its APIs; the same tool removes it in the end."""
    tool = TOOLS[request.param]
    stacks = cloud.client("cloudformation")
    made = []

    def deploy(name, service):
        folder = example_project(name, tmp_path / name)
        tool(cloud, folder, "deploy")
        made.append((folder, f"{service}-dev"))
        stack = stacks.describe_stacks(StackName=f"{service}-dev")["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return Apis(cloud, outputs, lambda *command: tool(cloud, folder, *command))

    yield deploy
    for folder, stack in made:
        tool(cloud, folder, "remove")
        with pytest.raises(stacks.exceptions.ClientError, match="does not exist"):
            stacks.describe_stacks(StackName=stack)


class Apis:
    """The APIs of a stack, by the addresses in its outputs."""

    def __init__(self, cloud, outputs, again):
        self.cloud = cloud
        # Runs the tool once more in the same project.
        self.again = again
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
    assert "No changes to deploy" in apis.again("deploy")
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
