"""What functions reach in each network, and who they are with the keys that everybody knows."""

import json
from pathlib import Path

import pytest

from conftest import archive

CODE = """
const { execFileSync } = require('node:child_process');
const attempt = async (work) => { try { return await work() } catch (e) { return e.cause?.code ?? 'failed' } };
const sign = ['-s', '--aws-sigv4', 'aws:amz:us-east-1:sts', '--user', 'test:test', '-d', 'Action=GetCallerIdentity&Version=2011-06-15'];
exports.handler = async ({ other, platform }) => ({
  who: await attempt(() => /<Arn>([^<]*)/.exec(execFileSync('curl', [...sign, `${platform}/`]).toString())[1]),
  other: await attempt(async () => (await fetch(other)).status),
  name: await attempt(async () => (await fetch('http://polly.us-east-1.amazonaws.com/v1/voices')).status),
  outside: await attempt(async () => (await fetch('http://192.0.2.1/')).status),
});
"""


@pytest.fixture
def ask(cloud, name, role):
    functions = cloud.client("lambda")

    def ask(network):
        key = f"{name}-{network}"
        functions.create_function(
            FunctionName=key, Runtime="nodejs20.x", Handler="index.handler", Role=role, Timeout=60,
            Code={"ZipFile": archive({"index.js": CODE})}, Tags={"cloudlet:network": network},
        )
        event = {"platform": cloud.url, "other": cloud.url}
        answer = functions.invoke(FunctionName=key, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    return ask


def test_the_platform_is_all_that_is_reached(ask, name):
    answer = ask("platform")
    # A service that is not here is named as such; nothing is passed on.
    assert (answer["name"], answer["outside"]) == (404, "ENETUNREACH")
    assert f":assumed-role/{name}/{name}-platform" in answer["who"]


def test_nothing_is_reached_without_a_network(ask):
    answer = ask("none")
    assert (answer["who"], answer["other"], answer["outside"]) == ("failed", "ECONNREFUSED", "ENETUNREACH")


def test_a_network_that_there_is_not_is_refused(cloud, name, role):
    functions = cloud.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="none, platform or host"):
        functions.create_function(
            FunctionName=name, Runtime="nodejs20.x", Handler="index.handler", Role=role,
            Code={"ZipFile": archive({"index.js": CODE})}, Tags={"cloudlet:network": "lan"},
        )


COUNTER = Path(__file__).parents[3] / "examples/extension/layer/extensions/counter"
COUNTED = "exports.handler = async () => Number(require('node:fs').readFileSync('/tmp/invocations', 'utf8'));"


@pytest.mark.parametrize("network", ["none", "platform", "host"])
def test_an_extension_runs_beside_the_function(cloud, name, role, network):
    functions = cloud.client("lambda")
    content = archive({"extensions/counter": COUNTER.read_text()})
    layer = functions.publish_layer_version(LayerName=name, Content={"ZipFile": content})
    functions.create_function(
        FunctionName=name, Runtime="nodejs20.x", Handler="index.handler", Role=role, Timeout=60,
        Code={"ZipFile": archive({"index.js": COUNTED})}, Tags={"cloudlet:network": network},
        Layers=[layer["LayerVersionArn"]],
    )
    for before in range(3):
        answer = functions.invoke(FunctionName=name)
        assert "FunctionError" not in answer
        # It hears of an invocation while that runs, and the environment is free when it has done with it.
        assert json.loads(answer["Payload"].read()) in (before, before + 1)
