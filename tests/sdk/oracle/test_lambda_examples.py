"""Examples that are about Lambda alone: the framework and `cloudlet deploy` deploy them, and their URLs answer."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from conftest import PATIENCE_SECONDS
from projects import cloudlet, example_project, osls

TOOLS = {
    "osls3": lambda cloud, folder, *command: osls(3, cloud, folder, *command),
    "osls4": lambda cloud, folder, *command: osls(4, cloud, folder, *command),
    "cloudlet": cloudlet,
}


@pytest.fixture(params=TOOLS)
def urls(request, cloud, tmp_path):
    """Deploys an example with a tool and gives the URLs in the outputs of its stack."""
    tool = TOOLS[request.param]
    made = []

    def deploy(name):
        folder = example_project(name, tmp_path / name)
        tool(cloud, folder, "deploy")
        made.append(folder)
        stack = cloud.client("cloudformation").describe_stacks(StackName=f"{name}-dev")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    yield deploy
    for folder in made:
        tool(cloud, folder, "remove")


def get(cloud, url):
    status, _, body = cloud.ask(url)
    return status, json.loads(body)


def test_streaming(cloud, urls):
    outputs = urls("streaming")
    # The URL of the function, and that of the REST API whose integration streams.
    for url in [outputs["CountLambdaFunctionUrl"], outputs["ServiceEndpoint"] + "/count"]:
        counts_as_it_goes(cloud, urlsplit(url))


def counts_as_it_goes(cloud, url):
    def ask(query):
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", f"{url.path or '/'}?{query}", headers={"Host": url.netloc})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        return connection, answer

    # This one never comes to its second line, and an answer as a whole would be the error of its time limit.
    connection, answer = ask("to=2&pause=3600000")
    assert answer.readline() == b"data: 1\n"
    connection.close()
    _, answer = ask("to=3&pause=1")
    assert answer.read() == b"data: 1\n\ndata: 2\n\ndata: 3\n\n"


def test_extension(cloud, urls):
    url = urls("extension")["HelloLambdaFunctionUrl"]
    counts = []
    while not counts or counts[-1] < 2:
        status, body = get(cloud, url)
        assert status == 200, body
        counts.append(body["invocations"])
        assert len(counts) < 10, counts
    assert counts == sorted(counts)


def test_layers(cloud, urls):
    found = urls("layers")
    assert get(cloud, found["NodeLambdaFunctionUrl"]) == (
        200,
        {"greeting": "Hello, Node.js, from a layer", "settings": {"colour": "green"}},
    )
    assert get(cloud, found["PythonLambdaFunctionUrl"]) == (
        200,
        {"greeting": "Hello, Python, from a layer", "settings": {"colour": "blue"}},
    )
