"""The `cloudlet` command on a project, from the first deployment to its removal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, Cloud, until

sys.path.insert(0, str(REPOSITORY / "tests/sdk/oracle"))
from projects import example_project  # noqa: E402


@pytest.fixture(scope="module")
def own():
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def run(own, tmp_path):
    folder = example_project("hello", tmp_path / "hello")
    binary = Path(os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")).resolve()

    def run(*arguments, fails=False, both=False, **variables):
        done = subprocess.run(
            [binary, *arguments], cwd=folder, env={**own.environment(), **variables},
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if both:
            return done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    run.folder = folder
    return run


def said(cloud, url):
    status, _, body = cloud.ask(url)
    assert status == 200, body
    return json.loads(body)["message"]


def test_a_project_from_its_deployment_to_its_removal(own, run):
    deployed = json.loads(run("deploy", "--json"))
    assert deployed["outcome"] == "deployed"
    assert json.loads(run("deploy", "--json"))["outcome"] == "skipped"

    info = json.loads(run("info", "--json"))
    urls = [endpoint["url"] for endpoint in info["endpoints"]]
    hello = [url for url in urls if url.endswith("/hello")]
    assert len(hello) == 2, urls
    for url in hello:
        assert said(own, f"{url}?name=Ana") == "Hello, Ana!"

    event = json.dumps({"pathParameters": {"name": "Ana"}})
    answer = json.loads(run("invoke", "-f", "greet", "-d", event))
    assert json.loads(answer["body"])["message"] == "Hello, Ana!"
    # Logs are there a moment after the answer.
    until("the end is logged", lambda: "END Duration" in run("logs", "-f", "greet"))

    code = run.folder / "src/hello.js"
    code.write_text(code.read_text().replace("}!`", "}, again!`"))
    run("deploy", "function", "-f", "hello")
    assert said(own, f"{hello[0]}?name=Ana") == "Hello, Ana, again!"

    run("remove")
    stacks = own.client("cloudformation")
    with pytest.raises(stacks.exceptions.ClientError, match="does not exist"):
        stacks.describe_stacks(StackName="hello-dev")
    for command in ["info"], ["invoke", "-f", "greet"], ["logs", "-f", "greet"]:
        assert "deploy the service first" in run(*command, fails=True), command


def test_what_is_wrong_with_a_project_is_said_with_its_place(own, run):
    file = run.folder / "serverless.yml"
    good = file.read_text()
    file.write_text(good.replace("runtime: nodejs20.x", "runtime: go1.x"))
    assert "serverless.yml:6:3: the runtime `go1.x` is not supported" in run("deploy", fails=True)
    file.write_text(good.replace("- httpApi: GET /hello", "- pigeon: coop"))
    error = run("deploy", fails=True)
    assert "serverless.yml:24" in error and "pigeon" in error
    file.write_text(good.replace("handler: src/hello.handler", "handler: src/nobody.handler", 1))
    done = run("package", "--json", both=True)
    assert "the handler `src/nobody.handler` has no file in its package: src/nobody.js is not there" in done
    file.write_text(good + "\n  broken: [")
    assert "serverless.yml:" in run("deploy", fails=True)
    for resources in [
        "resources: {Resources: {Signing: {Type: AWS::Lambda::CodeSigningConfig}}}",
        "resources: {extensions: {HelloLambdaFunction: {Properties: {CodeSigningConfigArn: x}}}}",
    ]:
        file.write_text(f"{good}\n{resources}\n")
        assert "CodeSigningConfig" in run("deploy", fails=True)
    file.write_text(good.replace("GREETING: Hello", "GREETING: ${self:custom.none}"))
    error = run("deploy", fails=True)
    assert "serverless.yml:9:5: " in error and "provider.environment.GREETING" in error
    file.unlink()
    # A cloud that nobody can use is not started.
    assert "no serverless.yml in" in run("dev", "--memory", "--listen", "localhost:0", fails=True)
    file.write_text(good)
    wrong = run("deploy", fails=True, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="wrong")
    assert "AWS_SECRET_ACCESS_KEY to the keys of this cloud" in wrong and "Canonical" not in wrong
    stacks = own.client("cloudformation").list_stacks()["StackSummaries"]
    assert [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"] == []


def test_the_stage_of_a_rest_api_gets_its_access_log_and_its_tags(own, run):
    file = run.folder / "serverless.yml"
    good = file.read_text()
    logs = "  logs:\n    restApi:\n      format: '$context.httpMethod $context.status'\n"
    file.write_text(good.replace("provider:\n", "provider:\n  tags: {team: green}\n" + logs, 1))
    run("deploy")
    urls = [endpoint["url"] for endpoint in json.loads(run("info", "--json"))["endpoints"]]
    rest = next(url for url in urls if url.endswith("/dev/hello"))
    assert said(own, f"{rest}?name=Ana") == "Hello, Ana!"

    def lines():
        found = own.client("logs").filter_log_events(logGroupName="/aws/api-gateway/hello-dev")
        return [event["message"].strip() for event in found["events"]]

    until("a line of the access log", lines)
    assert lines() == ["GET 200"]
    gateway = own.client("apigateway")
    api = gateway.get_rest_apis()["items"][0]["id"]
    assert gateway.get_stage(restApiId=api, stageName="dev")["tags"]["team"] == "green"

    # A setting that is not in the template is carried over as well.
    file.write_text(file.read_text().replace("$context.status", "$context.path"))
    run("deploy")
    stage = gateway.get_stage(restApiId=api, stageName="dev")
    assert stage["accessLogSettings"]["format"] == "$context.httpMethod $context.path"
    run("remove")


def test_events_of_a_bus_reach_a_function(own, run):
    file = run.folder / "serverless.yml"
    function = """
  listen:
    handler: src/listen.handler
    events:
      - eventBridge: {pattern: {source: [shop]}}
      - schedule: rate(1 hour)
"""
    file.write_text(file.read_text().replace("\nfunctions:\n", "\nfunctions:" + function, 1))
    (run.folder / "src/listen.js").write_text("exports.handler = async event => console.log('heard', event.detail.n);\n")
    run("deploy")
    events = own.client("events")
    rules = {rule.get("ScheduleExpression", "pattern") for rule in events.list_rules()["Rules"]}
    assert rules == {"rate(1 hour)", "pattern"}
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"n": 4711})}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    until("it is heard", lambda: "heard 4711" in run("logs", "-f", "listen"))
    run("remove")
    assert events.list_rules()["Rules"] == []


def test_a_schedule_of_scheduler_calls_a_function(own, run):
    (run.folder / "serverless.yml").write_text(
        "service: ticks\n"
        "provider: {name: aws, runtime: nodejs20.x}\n"
        "functions:\n"
        "  tick:\n"
        "    handler: index.handler\n"
        "    events:\n"
        "      - schedule: {method: scheduler, rate: rate(1 minute), timezone: Europe/Berlin, input: {hello: you}}\n"
    )
    (run.folder / "index.js").write_text("exports.handler = async (event) => console.log(`tick ${JSON.stringify(event)}`);")
    run("deploy")
    (schedule,) = own.client("scheduler").list_schedules()["Schedules"]
    shown = own.client("scheduler").get_schedule(Name=schedule["Name"])
    assert shown["ScheduleExpressionTimezone"] == "Europe/Berlin"

    def called():
        try:
            found = own.client("logs").filter_log_events(logGroupName="/aws/lambda/ticks-dev-tick", filterPattern="tick")
        except own.client("logs").exceptions.ResourceNotFoundException:
            return False
        return any('tick {"hello":"you"}' in event["message"] for event in found["events"])

    # A rate without a start begins at once.
    until("the function is called", called)
    run("remove")
    assert own.client("scheduler").list_schedules()["Schedules"] == []
