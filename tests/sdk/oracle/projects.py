"""Projects that both the framework and Cloudlet package and deploy."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from conftest import PATIENCE_SECONDS, until

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
CONFIGS = sorted(path.stem for path in (HERE / "configs").glob("*.yml"))
EXAMPLES = ["hello", "express"]
TEMPLATES = ["cloudformation-template-create-stack.json", "cloudformation-template-update-stack.json"]
CODE = "exports.handler = async () => 1;\n"


def config_project(name, folder):
    """A project of one configuration, with the code and the layer that the configurations speak of."""
    folder.mkdir()
    shutil.copy(HERE / "configs" / f"{name}.yml", folder / "serverless.yml")
    (folder / "index.js").write_text(CODE)
    (folder / "a.js").write_text(CODE)
    (folder / "layer").mkdir()
    (folder / "layer/tool.txt").write_text("a tool\n")
    return folder


def example_project(name, folder):
    ignored = shutil.ignore_patterns(".serverless", ".cloudlet")
    return Path(shutil.copytree(REPOSITORY / "examples" / name, folder, ignore=ignored))


def osls(version, cloud, folder, *arguments):
    """Runs the framework. Version 3 calls AWS through version 2 of the SDK, which does not read AWS_ENDPOINT_URL."""
    package = {3: "osls", 4: "osls4"}[version]
    environment = cloud.environment()
    environment.update(SLS_TELEMETRY_DISABLED="1", SLS_NOTIFICATIONS_MODE="off", CI="1")
    command = ["node", HERE / "node_modules" / package / "bin/serverless.js", *arguments]
    if version == 3:
        command = [binary(), "exec", "--", *command]
    return run(command, folder, environment)


def cloudlet(cloud, folder, *arguments):
    return run([binary(), *arguments], folder, cloud.environment())


# Version 4 of the framework is told where to go by nothing but AWS_ENDPOINT_URL and credentials.
TOOLS = {
    "osls3": lambda cloud, folder, *command: osls(3, cloud, folder, *command),
    "osls4": lambda cloud, folder, *command: osls(4, cloud, folder, *command),
    "cloudlet": cloudlet,
}


def told(cloud, function, count=1):
    """What a function printed as `{"told": ...}`, once it is as much as this."""
    logs = cloud.client("logs")

    def printed():
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="told")
            found = [json.loads(one["message"][one["message"].index("{") :])["told"] for one in events["events"]]
        except logs.exceptions.ResourceNotFoundException:
            found = []
        return found if len(found) >= count else None

    return until(f"{count} lines", printed)


def binary():
    return Path(os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")).resolve()


def run(command, folder, environment):
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def templates(folder):
    """The templates of a packaged project in a form that can be compared."""
    found = {}
    for name in TEMPLATES:
        path = folder / ".serverless" / name
        # Without a bucket to make there is nothing to create first.
        if path.exists():
            found[name] = comparable(json.loads(path.read_text()))
    return found


def comparable(template):
    """A template without what differs between two archives of the same files: hashes, times, and ids made of them."""
    text = json.dumps(template)
    text = re.sub(r"(LambdaVersion)[0-9A-Za-z]{30,44}\b", r"\1", text)
    text = re.sub(r"(LambdaLayer|LambdaLayerPermission)[0-9a-f]{40}\b", r"\1", text)
    text = re.sub(r"(ApiGatewayDeployment)\d{13}\b", r"\1", text)
    text = re.sub(r"(WebsocketsDeployment)(?!Stage)[0-9A-Za-z]{30,44}\b", r"\1", text)
    text = re.sub(r'"[^"]+/\d{13}-[^"/]+/([^"/]+\.zip)"', r'"\1"', text)
    text = re.sub(r'("CodeSha256": )"[^"]*"', r'\1""', text)
    return visit(json.loads(text))


def visit(value):
    if isinstance(value, dict):
        value = {key: visit(member) for key, member in value.items()}
        if value.get("Description") == "Current Lambda layer hash":
            value["Value"] = ""
        # The framework adds the statements of destinations as each function's archive happens to be hashed, all at once
        # (osls lib/plugins/aws/package/compile/functions.js, `compileFunctions`): their order is chance, and means nothing.
        if isinstance(value.get("Statement"), list):
            value["Statement"].sort(key=lambda statement: json.dumps(statement, sort_keys=True))
        return value
    if isinstance(value, list):
        return [visit(item) for item in value]
    # The event of the `lambda` integration is the framework's, the text of the mapping template is our own.
    if isinstance(value, str) and "enhancedAuthContext" in value:
        return "the event"
    return value


def differences(ours, theirs, path=""):
    """Every place where two values differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key), theirs.get(key), f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (left, right) in enumerate(zip(ours, theirs)):
            yield from differences(left, right, f"{path}/{index}")
    elif ours != theirs:
        yield f"{path}: ours is {ours}, theirs is {theirs}"
