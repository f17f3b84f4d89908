"""`cloudlet dev --inspect`: a debugger at one address across reloads, and stack traces of the sources."""

import json
import os
import subprocess
import threading
from pathlib import Path

import boto3
import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY

BINARY = Path(os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")).resolve()
HERE = Path(__file__).resolve().parent
CODE = """globalThis.state = 'STATE'; exports.handler = async (event) => { if (event.fail) throw new Error('as asked'); debugger; return event.word + '!'; };
//# sourceMappingURL=index.js.map
"""
# Everything in the first line is from line 10 of the source.
MAP = {"version": 3, "sources": ["src/index.ts"], "names": [], "mappings": "AASA"}


class Dev:
    def __init__(self, folder):
        self.process = subprocess.Popen(
            [BINARY, "dev", "--memory", "--listen", "127.0.0.1:0", "--inspect", "look:0"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self.lines = []
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def said(self, text):
        def found():
            return next((line for line in self.lines if text in line), None)

        with self.changed:
            assert self.changed.wait_for(found, timeout=PATIENCE_SECONDS), "".join(self.lines)
            return found()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "serverless.yml").write_text(
        "service: seen\nprovider:\n  name: aws\n  runtime: nodejs20.x\nfunctions:\n  look:\n    handler: index.handler\n"
        "    timeout: 3\n"
    )
    (tmp_path / "index.js").write_text(CODE.replace("STATE", "old"))
    (tmp_path / "index.js.map").write_text(json.dumps(MAP))
    return tmp_path


def test_a_debugger_stays_at_one_address(project):
    dev = Dev(project)
    try:
        address = dev.said("a debugger reaches seen-dev-look at ").split()[-1]
        url = dev.said("cloudlet is ready at ").split("ready at ")[1].split()[0]
        dev.said("deployed")
        client = boto3.client("lambda", endpoint_url=url)

        def invoke(event):
            answer = client.invoke(FunctionName="seen-dev-look", Payload=json.dumps(event), LogType="Tail")
            return json.loads(answer["Payload"].read())

        debugger = subprocess.Popen(
            ["node", "--experimental-websocket", HERE / "debugger.mjs", address],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            assert debugger.stdout.readline().strip() == address
            assert invoke({"word": "yes"}) == "yes!"
            assert debugger.stdout.readline().strip() == "yes"
            (project / "index.js").write_text(CODE.replace("STATE", "new"))
            assert debugger.stdout.readline().strip() == f"{address} new"
        finally:
            debugger.kill()
            debugger.wait()
        error = invoke({"fail": True})
        assert error["errorMessage"] == "as asked"
        assert any("src/index.ts:10" in line for line in error["trace"]), error
        dev.said("src/index.ts:10")
    finally:
        dev.process.terminate()
        dev.process.wait(timeout=PATIENCE_SECONDS)
