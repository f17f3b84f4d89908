"""What calls cost, as ratios within one run: a call in a large collection beside the same call in a small one, and a
warm request beside a bare `node:http` server.

Only processor time and system calls are compared, never how long something takes, and each figure is the least of
several rounds in turns: other programs on the machine change them little. The limits catch what grows with what is
stored or is done once too often, not some percent; those are what `make bench` is for."""

import http.client
import json
import os
import re
import subprocess

import pytest

from conftest import PATIENCE_SECONDS, Cloud, archive

ROUNDS = 5
# The same work varies by half; what scans differs by the sizes, forty and a hundred times.
SAME = 3


def processor_nanos(pid):
    """Processor time that a process has taken, of all its threads (proc_pid_schedstat(5))."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as figures:
                total += int(figures.read().split()[0])
        except FileNotFoundError:
            pass  # A thread that has ended meanwhile.
    return total


def system_calls(pid):
    """Reads and writes that a process has asked for, of files and pipes (proc_pid_io(5))."""
    with open(f"/proc/{pid}/io") as figures:
        counts = dict(re.findall(r"(\w+): (\d+)", figures.read()))
    return int(counts["syscr"]) + int(counts["syscw"])


def cost(measure, pid, work, count):
    """What one of `count` calls costs, at the least."""
    before = measure(pid)
    for number in range(count):
        work(number)
    return (measure(pid) - before) / count


def least(measure, pid, works, count):
    """The least cost of each of these works, measured in turns."""
    rounds = [[cost(measure, pid, work, count) for work in works] for _ in range(ROUNDS)]
    return [min(costs) for costs in zip(*rounds)]


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A cloud with its data on the disk."""
    cloud = Cloud(data=tmp_path_factory.mktemp("data"))
    yield cloud
    cloud.stop()


def test_a_large_table_costs_no_more_than_a_small_one(disk):
    dynamodb = disk.client("dynamodb")
    hash_key, range_key, index_key = "account", "order", "state"
    sizes = {"small": 5, "large": 200}  # Partitions of 20 items.

    def item(partition, number):
        key = {hash_key: {"S": f"a{partition}"}, range_key: {"N": str(number)}}
        return {**key, index_key: {"S": f"s{partition}"}, "text": {"S": "x" * 200}}

    for table, partitions in sizes.items():
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": hash_key, "AttributeType": "S"},
                {"AttributeName": range_key, "AttributeType": "N"},
                {"AttributeName": index_key, "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": hash_key, "KeyType": "HASH"},
                {"AttributeName": range_key, "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-state",
                    "KeySchema": [{"AttributeName": index_key, "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        for partition in range(partitions):
            puts = [{"PutRequest": {"Item": item(partition, number)}} for number in range(20)]
            assert dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}

    def query(table):
        def call(number):
            state = {":state": {"S": f"s{number % sizes[table]}"}}
            answer = dynamodb.query(
                TableName=table,
                IndexName="by-state",
                KeyConditionExpression="#k = :state",
                ExpressionAttributeNames={"#k": index_key},
                ExpressionAttributeValues=state,
            )
            assert answer["Count"] == 20

        return call

    def put(table):
        def call(number):
            changed = {**item(number % sizes[table], 7), "text": {"S": os.urandom(8).hex()}}
            dynamodb.put_item(TableName=table, Item=changed)

        return call

    for kind in (query, put):
        small, large = least(processor_nanos, disk.process.pid, [kind("small"), kind("large")], 40)
        assert large <= SAME * small, (kind.__name__, small, large)


def test_a_deep_queue_costs_no_more_than_a_shallow_one(disk):
    sqs = disk.client("sqs")
    urls = {}
    for name, batches in (("shallow", 25), ("deep", 400)):
        urls[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        for _ in range(batches):
            entries = [{"Id": str(number), "MessageBody": "x" * 100} for number in range(10)]
            assert len(sqs.send_message_batch(QueueUrl=urls[name], Entries=entries)["Successful"]) == 10

    def receive(name):
        def call(_):
            messages = sqs.receive_message(QueueUrl=urls[name], VisibilityTimeout=3600)["Messages"]
            sqs.delete_message(QueueUrl=urls[name], ReceiptHandle=messages[0]["ReceiptHandle"])

        return call

    shallow, deep = least(processor_nanos, disk.process.pid, [receive("shallow"), receive("deep")], 40)
    assert deep <= SAME * shallow, (shallow, deep)


@pytest.fixture(scope="module")
def warm(disk):
    """A function URL with its function, warm."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = disk.client("iam").create_role(RoleName="cost", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    functions = disk.client("lambda")
    code = "exports.handler = async () => ({ statusCode: 200, body: 'ok' })"
    functions.create_function(
        FunctionName="cost",
        Runtime="nodejs20.x",
        Role=role,
        Handler="index.handler",
        Timeout=60,
        Code={"ZipFile": archive({"index.js": code})},
    )
    functions.add_permission(
        FunctionName="cost",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return functions.create_function_url_config(FunctionName="cost", AuthType="NONE")["FunctionUrl"]


def getter(port, host):
    """Asks for `/` over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def call(_):
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"ok")

    call(0)
    return call


def children(pid):
    """Processes below one, however deep."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as names:
                found += names.read().split()
    except FileNotFoundError:
        pass  # It has ended meanwhile, as those do that make ready what functions need.
    return found + [below for child in found for below in children(child)]


def nanos_of_children(pid):
    """Processor time of each process below one."""
    taken = {}
    for child in children(pid):
        try:
            taken[child] = processor_nanos(child)
        except FileNotFoundError:
            pass
    return taken


def cost_of_children(pid, work, count):
    """What one of `count` calls costs the processes below one that are there all the time."""
    before = nanos_of_children(pid)
    for number in range(count):
        work(number)
    after = nanos_of_children(pid)
    return sum(after[child] - before[child] for child in before.keys() & after.keys()) / count


def test_a_warm_request_reads_and_writes_little(disk, warm):
    get = getter(disk.port, warm.split("/")[2])
    [calls] = least(system_calls, disk.process.pid, [get], 200)
    # The pipe to the function and the answer's socket, twice each way at most; and a share of what is logged.
    assert calls <= 20, calls


def test_a_function_takes_little_more_than_a_bare_server_for_a_warm_request(disk, warm, tmp_path):
    bare = tmp_path / "bare.js"
    bare.write_text(
        "const server = require('http').createServer((_, answer) => answer.end('ok'));"
        "server.listen(0, '127.0.0.1', () => console.log(server.address().port));"
    )
    server = subprocess.Popen(["node", str(bare)], stdout=subprocess.PIPE, text=True)
    try:
        of_server = getter(int(server.stdout.readline()), "bare")
        of_function = getter(disk.port, warm.split("/")[2])
        floors, functions_take = [], []
        for _ in range(ROUNDS):
            floors.append(cost(processor_nanos, server.pid, of_server, 300))
            functions_take.append(cost_of_children(disk.process.pid, of_function, 300))
    finally:
        server.terminate()
        server.wait()
    assert min(functions_take) <= SAME * min(floors), (functions_take, floors)
