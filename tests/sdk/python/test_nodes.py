"""Two clouds on one PostgreSQL are one cloud: what one acknowledges the other has, and either may die.

The server syncs every commit, belongs to the test, and is killed, too. It comes from the system's packages."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from conftest import PATIENCE_SECONDS, READY, REPOSITORY, archive, until

BINARY = os.environ.get("CLOUDLET", str(REPOSITORY / "target/debug/cloudlet"))
WRITERS = 4


class Postgres:
    """A server with a socket in a folder."""

    def __init__(self, folder):
        # Installs the packages where it may.
        subprocess.run([REPOSITORY / "tests/postgres", "true"], check=True)
        found = shutil.which("initdb") or max(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin, self.folder, self.process = Path(found).resolve().parent, folder, None
        folder.mkdir(parents=True)
        self.prefix = []
        if os.getuid() == 0:
            # It refuses to run as root, and its user must be able to reach the folder.
            self.prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
            shutil.chown(folder, "postgres", "postgres")
            for parent in folder.parents:
                if parent.stat().st_uid == 0 and parent != Path("/") and str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o711)
        self.run("initdb", "-D", folder / "data", "-U", "cloudlet", "-A", "trust", "--no-locale")
        self.url = f"postgres://cloudlet@/postgres?host={folder}"
        self.start()

    def run(self, program, *options):
        command = [*self.prefix, self.bin / program, *options]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def start(self):
        options = ["-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "max_connections=200"]

        def answers():
            # What a killed server has left may be in the way for a moment: then a new one ends at once.
            if self.process is None or self.process.poll() is not None:
                command = [*self.prefix, self.bin / "postgres", *options]
                log = open(self.folder.parent / "postgres.log", "ab")
                self.process = subprocess.Popen(command, cwd=self.folder, stderr=log, process_group=0)
            ready = [self.bin / "pg_isready", "-q", "-h", self.folder]
            return subprocess.run(ready, check=False).returncode == 0

        until("PostgreSQL starts", answers)

    def kill(self):
        """All of its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Node:
    """One of several clouds on a database."""

    def __init__(self, url, folder, blobs):
        command = [BINARY, "up", "--store", url, "--data", str(folder), "--blobs", str(blobs), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = READY.search(line)
        assert found, f"the cloud did not start: {line!r}"
        self.endpoint = found[1]

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=PATIENCE_SECONDS),
        )

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def database(tmp_path):
    server = Postgres(tmp_path / "pg")
    yield server
    server.kill()


@pytest.fixture
def nodes(database, tmp_path):
    running = [Node(database.url, tmp_path / f"node{number}", tmp_path / "blobs") for number in range(2)]
    yield running
    for node in running:
        node.kill()


class Load:
    """Writers that send messages to any node that takes them, and remember what was acknowledged and when."""

    def __init__(self, nodes, queue):
        self.acknowledged, self.errors, self.stop = [], [], threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(nodes, queue, number)) for number in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def write(self, nodes, queue, number):
        clients = [node.client("sqs") for node in nodes]
        url, at = clients[number % len(clients)].get_queue_url(QueueName=queue)["QueueUrl"], number
        count = 0
        while not self.stop.is_set():
            body = f"{number}-{count}"
            try:
                clients[at % len(clients)].send_message(QueueUrl=url, MessageBody=body)
                self.acknowledged.append((time.monotonic(), body))
                count += 1
            except ClientError as error:
                # Every refusal in between is one that clients repeat by themselves.
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error.response
                self.errors.append(error.response["Error"]["Code"])
                at += 1
                count += 1
            except BotoCoreError as error:
                self.errors.append(type(error).__name__)
                at += 1
                count += 1

    def wait_for(self, more):
        wanted = len(self.acknowledged) + more
        until(f"{more} more messages are taken", lambda: len(self.acknowledged) >= wanted)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        times = sorted(at for at, _ in self.acknowledged)
        return max(after - before for before, after in zip(times, times[1:]))


def received(node, queue):
    sqs = node.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def check_queue(node, queue, load):
    """Every acknowledged message is there, and there once."""
    bodies = received(node, queue)
    assert len(bodies) == len(set(bodies))
    lost = {body for _, body in load.acknowledged} - set(bodies)
    assert not lost, f"{len(lost)} of {len(load.acknowledged)} are lost"


def test_what_one_node_writes_the_other_has(nodes):
    one, two = nodes
    one.client("ssm").put_parameter(Name="p", Value="x" * 100, Type="String")
    assert two.client("ssm").get_parameter(Name="p")["Parameter"]["Value"] == "x" * 100
    body = os.urandom(3 << 20)
    one.client("s3").create_bucket(Bucket="shared")
    one.client("s3").put_object(Bucket="shared", Key="k", Body=body)
    assert two.client("s3").get_object(Bucket="shared", Key="k")["Body"].read() == body

    # A receiver at one node is woken by a message at the other.
    url = one.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    sender = threading.Timer(1, lambda: two.client("sqs").send_message(QueueUrl=url, MessageBody="hello"))
    sender.start()
    receive = lambda: one.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages")
    assert [message["Body"] for message in until("a message", receive)] == ["hello"]

    # What is denied at one node is soon denied at the other.
    iam = one.client("iam")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(document))
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    theirs = session.client("sqs", endpoint_url=two.endpoint, config=Config(retries={"total_max_attempts": 1}))
    assert theirs.get_queue_url(QueueName="q")["QueueUrl"]
    iam.delete_user_policy(UserName="u", PolicyName="p")

    def denied():
        try:
            theirs.get_queue_url(QueueName="q")
        except ClientError as error:
            return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
        return False

    until("a change of a policy is seen by the other node", denied)


def test_a_killed_node_loses_nothing_and_the_other_goes_on(nodes):
    one, two = nodes
    one.client("sqs").create_queue(QueueName="jobs")
    load = Load(nodes, "jobs")
    load.wait_for(150)
    one.kill()
    load.wait_for(150)
    gap = load.end()
    print(f"{len(load.acknowledged)} messages, errors {set(load.errors)}, longest silence {gap:.2f} s")
    check_queue(two, "jobs", load)


ROLE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}
HANDLER = """
exports.handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, event.wait));
  return event.name;
};
"""


def test_work_of_a_killed_node_is_taken_over(nodes):
    one, two = nodes
    queue = one.client("sqs").create_queue(QueueName="done")["QueueUrl"]
    iam, functions = one.client("iam"), one.client("lambda")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    send = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
    iam.put_role_policy(RoleName="r", PolicyName="send", PolicyDocument=json.dumps(send))
    code = {"ZipFile": archive({"index.js": HANDLER})}
    created = functions.create_function(FunctionName="f", Runtime="nodejs20.x", Handler="index.handler", Role=role, Timeout=300, Code=code)
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    destination = f"arn:aws:sqs:us-east-1:{created['FunctionArn'].split(':')[4]}:done"
    functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": destination}})
    for number in range(5):
        event = json.dumps({"name": f"n{number}", "wait": 2500})
        functions.invoke(FunctionName="f", InvocationType="Event", Payload=event)
    one.kill()
    killed = time.monotonic()

    names = set()

    def all_done():
        answer = two.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        names.update(json.loads(message["Body"])["responsePayload"] for message in answer.get("Messages", []))
        return names == {f"n{number}" for number in range(5)}

    until("the other node runs what was accepted", all_done)
    print(f"all functions of 2.5 s were through {time.monotonic() - killed:.1f} s after the kill")


def test_a_killed_database_loses_nothing_and_the_nodes_go_on(nodes, database):
    nodes[0].client("sqs").create_queue(QueueName="jobs")
    load = Load(nodes, "jobs")
    for _ in range(2):
        load.wait_for(100)
        database.kill()
        time.sleep(1)
        database.start()
    load.wait_for(100)
    gap = load.end()
    print(f"{len(load.acknowledged)} messages, errors {set(load.errors)}, longest silence {gap:.2f} s")
    check_queue(nodes[1], "jobs", load)


def test_nodes_that_do_not_fit_together_are_refused(nodes, database, tmp_path):
    def refused(*options):
        command = [BINARY, "up", "--store", database.url.replace("cloudlet@", "cloudlet:secret@"), "--listen", "127.0.0.1:0", *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode != 0 and "secret" not in ran.stdout + ran.stderr
        return ran.stderr

    elsewhere = refused("--data", str(tmp_path / "third"), "--blobs", str(tmp_path / "elsewhere"))
    assert "keeps its blobs elsewhere" in elsewhere
    same = refused("--data", str(tmp_path / "node0"), "--blobs", str(tmp_path / "blobs"))
    assert "in use by another node" in same
    ran = subprocess.run([BINARY, "up", "--store", "postgres://me:secret@nowhere:1/x", "--memory"], capture_output=True, text=True, check=False)
    assert ran.returncode != 0 and "secret" not in ran.stderr


def test_a_start_that_waits_says_for_whom(nodes, database, tmp_path):
    """Somebody's session held the lock of all commits, and a node that started said nothing and did not answer."""
    psql = [*database.prefix, database.bin / "psql", "-Xq", "-h", database.folder, "-U", "cloudlet", "postgres"]
    session = subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=database.folder)
    session.stdin.write("SET application_name = 'forgotten'; BEGIN; SELECT 'held' FROM cloudlet_meta FOR UPDATE;\n")
    session.stdin.flush()
    while "held" not in session.stdout.readline():
        pass
    command = [BINARY, "up", "--store", database.url, "--data", str(tmp_path / "late"), "--blobs", str(tmp_path / "blobs")]
    late = subprocess.Popen([*command, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        told = late.stderr.readline()
        assert "still waiting for the tables" in told and "forgotten, idle in transaction" in told, told
        # It goes on as soon as it can.
        session.communicate("ROLLBACK;\n")
        assert READY.search(late.stdout.readline())
    finally:
        late.kill()
        late.communicate()
        session.kill()


def test_blobs_may_live_in_a_bucket(database, cloud, tmp_path):
    """The bucket is another cloud's."""
    cloud.client("s3", s3={"addressing_style": "path"}).create_bucket(Bucket="blobs-of-nodes")
    saved = {name: os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ.update({"AWS_ENDPOINT_URL_S3": cloud.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    try:
        pair = [Node(database.url, tmp_path / name, "s3://blobs-of-nodes/of/pair") for name in ("a", "b")]
    finally:
        for name, value in saved.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    try:
        body = os.urandom(15 << 20)
        s3 = pair[0].client("s3")
        s3.create_bucket(Bucket="photos")
        s3.put_object(Bucket="photos", Key="k", Body=body)
        assert pair[1].client("s3").get_object(Bucket="photos", Key="k")["Body"].read() == body
    finally:
        for node in pair:
            node.kill()
    kept = cloud.client("s3", s3={"addressing_style": "path"}).list_objects_v2(Bucket="blobs-of-nodes")["Contents"]
    # The mark and the object.
    assert all(item["Key"].startswith("of/pair/") for item in kept) and len(kept) == 2
