"""The example with a table, in both languages, as `cloudlet deploy` puts it there."""

import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY


class Items:
    def __init__(self, cloud, address):
        self.cloud = cloud
        self.address = address

    def call(self, method, path, body=None):
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        status, headers, content = self.cloud.ask(self.address + path, method, data)
        assert headers["content-type"] == "application/json"
        return status, json.loads(content)


@pytest.fixture(scope="module", params=["typescript", "python"])
def items(request, cloud, tmp_path_factory):
    folder = tmp_path_factory.mktemp("items") / request.param
    ignored = shutil.ignore_patterns(".serverless", ".cloudlet", "__pycache__")
    shutil.copytree(REPOSITORY / "examples/items" / request.param, folder, ignore=ignored, symlinks=True)

    def run(*arguments):
        binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
        command = [str(binary), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("deploy")
    stacks = cloud.client("cloudformation")
    stack = stacks.describe_stacks(StackName=f"items-{request.param}-dev")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    yield Items(cloud, outputs["ServiceEndpoint"])
    run("remove")
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []


def test_an_item_lives_from_post_to_delete(items):
    status, made = items.call("POST", "/items", {"name": "tea", "price": 4.5, "tags": ["green"]})
    assert status == 201
    assert (made["name"], made["price"], made["tags"]) == ("tea", 4.5, ["green"])
    assert re.fullmatch(r"[0-9a-f-]{36}", made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["createdAt"])
    assert made["updatedAt"] == made["createdAt"]
    path = f"/items/{made['id']}"
    assert items.call("GET", path) == (200, made)

    status, changed = items.call("PUT", path, {"name": "black tea", "price": 5})
    assert status == 200
    assert (changed["name"], changed["price"], changed["tags"]) == ("black tea", 5, [])
    assert changed["createdAt"] == made["createdAt"]
    assert changed["updatedAt"] > made["updatedAt"]
    assert items.call("GET", path) == (200, changed)

    assert items.call("DELETE", path) == (200, changed)
    assert items.call("GET", path)[0] == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_item_that_is_not_there_is_a_404(items, method):
    body = {"name": "tea", "price": 1} if method == "PUT" else None
    assert items.call(method, "/items/none", body) == (404, {"message": "There is no item none"})
    assert items.call("GET", "/items/none")[0] == 404


@pytest.mark.parametrize("method, path", [("POST", "/items"), ("PUT", "/items/none")])
@pytest.mark.parametrize(
    "body, message",
    [
        (None, "The body must be a JSON object"),
        ("{", "The body must be a JSON object"),
        ("[]", "The body must be a JSON object"),
        ({"price": 1}, "name must be a text of 1 to 100 characters"),
        ({"name": "x" * 101, "price": 1}, "name must be a text of 1 to 100 characters"),
        ({"name": "tea", "price": "1"}, "price must be a number that is not negative"),
        ({"name": "tea", "price": True}, "price must be a number that is not negative"),
        ({"name": "tea", "price": -0.5}, "price must be a number that is not negative"),
        ({"name": "tea", "price": 1, "tags": [1]}, "tags must be a list of texts"),
    ],
)
def test_a_bad_body_is_a_400(items, method, path, body, message):
    assert items.call(method, path, body) == (400, {"message": message})
