"""DynamoDB with boto3, client and resource. Codes and texts: the DynamoDB API reference, and what
nubo-db/dynamodb-conformance saw DynamoDB answer."""

import decimal
import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import WAIT, fails, until


@pytest.fixture
def ddb(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def resource(cloud):
    return boto3.resource(
        "dynamodb",
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def table(ddb, resource, name):
    """A table with keys `p` and `s`, a global index by `g` and a local one by `l`."""
    ddb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "p", "AttributeType": "S"},
            {"AttributeName": "s", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "S"},
            {"AttributeName": "l", "AttributeType": "B"},
        ],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-l",
                "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    ddb.get_waiter("table_exists").wait(TableName=name)
    return resource.Table(name)


def test_a_table_is_made_described_listed_and_deleted(ddb, name):
    made = ddb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 1},
    )["TableDescription"]
    assert made["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
    ddb.get_waiter("table_exists").wait(TableName=name)
    described = ddb.describe_table(TableName=name)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert described["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    listed = [one for page in ddb.get_paginator("list_tables").paginate() for one in page["TableNames"]]
    assert name in listed and listed == sorted(listed)
    fails("ResourceInUseException", ddb.create_table, TableName=name,
          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
    ddb.delete_table(TableName=name)
    ddb.get_waiter("table_not_exists").wait(TableName=name)
    error = fails("ResourceNotFoundException", ddb.put_item, 400, TableName=name, Item={"id": {"S": "x"}})
    assert error["Message"] == "Requested resource not found"


def test_every_type_comes_back(table):
    item = {
        "p": "types",
        "s": Decimal("-1.50"),
        "text": "é\U0001f600",
        "empty": "",
        "binary": b"\x00\xff",
        "yes": True,
        "nothing": None,
        "list": ["a", Decimal(1), [False, {}]],
        "map": {"a": {"b": {"c": [None]}}, "": "no name"},
        "strings": {"b", "a"},
        "numbers": {Decimal("1"), Decimal("2.5")},
        "binaries": {b"x", b"y"},
        "huge": Decimal("1E+37"),
        "tiny": Decimal("-1E-128"),
        "precise": Decimal("12345678901234567890123456789012345678"),
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"p": "types", "s": Decimal("-1.5")}, ConsistentRead=True)["Item"]
    # The class of bytes in answers compares with bytes, but its sets do not.
    found["binaries"] = {binary.value for binary in found["binaries"]}
    assert found == item


def test_items_are_put_under_conditions(table):
    key = {"p": "c", "s": 1}
    table.put_item(Item={**key, "version": 1}, ConditionExpression=Attr("p").not_exists())
    with pytest.raises(ClientError) as caught:
        table.put_item(
            Item={**key, "version": 2},
            ConditionExpression=Attr("p").not_exists() | Attr("version").gt(5),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert caught.value.response["Error"]["Message"] == "The conditional request failed"
    assert caught.value.response["Item"]["version"] == {"N": "1"}
    old = table.put_item(Item={**key, "version": 2}, ConditionExpression=Attr("version").eq(1), ReturnValues="ALL_OLD")
    assert old["Attributes"]["version"] == 1
    gone = table.delete_item(Key=key, ConditionExpression=Attr("version").between(2, 3), ReturnValues="ALL_OLD")
    assert gone["Attributes"]["version"] == 2
    assert "Item" not in table.get_item(Key=key)


def test_updates_set_remove_add_and_delete(table):
    key = {"p": "u", "s": 1}
    made = table.update_item(
        Key=key,
        UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one, tags = :tags, doc = :doc",
        ExpressionAttributeNames={"#n": "count"},
        ExpressionAttributeValues={":zero": 0, ":one": 1, ":tags": {"a", "b"}, ":doc": {"steps": [1, 2]}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert made == {**key, "count": 1, "tags": {"a", "b"}, "doc": {"steps": [1, 2]}}
    changed = table.update_item(
        Key=key,
        UpdateExpression="SET doc.steps[7] = :v REMOVE doc.steps[0] ADD #n :two DELETE tags :gone",
        ExpressionAttributeNames={"#n": "count"},
        ExpressionAttributeValues={":v": 3, ":two": 2, ":gone": {"a", "z"}},
        ReturnValues="UPDATED_NEW",
    )["Attributes"]
    assert changed["count"] == 3 and changed["tags"] == {"b"}
    assert table.get_item(Key=key)["Item"]["doc"] == {"steps": [2, 3]}
    with pytest.raises(ClientError) as caught:
        table.update_item(Key=key, UpdateExpression="SET name = :n", ExpressionAttributeValues={":n": "x"})
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name",
    }


def test_counters_do_not_lose_updates(table):
    def add(_):
        return table.meta.client.update_item(
            TableName=table.name, Key={"p": "race", "s": 1}, UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": 1},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(64)))
    assert table.get_item(Key={"p": "race", "s": 1}, ConsistentRead=True)["Item"]["n"] == 64


def fill(table, partition="q", count=25):
    with table.batch_writer() as batch:
        for n in range(count):
            batch.put_item(Item={"p": partition, "s": n, "n": n % 5, "g": f"g{n % 2}", "l": bytes([200 - n]), "x": "y" * 10})


def test_a_query_pages_filters_and_reverses(table):
    fill(table)
    asked = {"KeyConditionExpression": Key("p").eq("q") & Key("s").between(3, 20), "Limit": 7}
    found, pages, start = [], 0, {}
    while True:
        page = table.query(**asked, **start)
        found += [int(item["s"]) for item in page["Items"]]
        pages += 1
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == list(range(3, 21)) and pages == 3
    filtered = table.query(
        KeyConditionExpression=Key("p").eq("q"), FilterExpression=Attr("n").is_in([1, 2]) & ~Attr("x").contains("z"),
        ScanIndexForward=False, ProjectionExpression="s",
    )
    assert [int(item["s"]) for item in filtered["Items"]] == [22, 21, 17, 16, 12, 11, 7, 6, 2, 1]
    assert (filtered["Count"], filtered["ScannedCount"]) == (10, 25)
    counted = table.query(KeyConditionExpression=Key("p").eq("q"), Select="COUNT")
    assert counted["Count"] == 25 and "Items" not in counted


def test_indexes_are_queried_and_scanned(table):
    fill(table)
    by_g = table.query(IndexName="by-g", KeyConditionExpression=Key("g").eq("g1") & Key("s").lt(6))
    assert [dict(item) for item in by_g["Items"]] == [
        {"p": "q", "s": n, "g": "g1", "n": n % 5} for n in (1, 3, 5)
    ]
    by_l = table.query(IndexName="by-l", KeyConditionExpression=Key("p").eq("q") & Key("l").begins_with(bytes([199])))
    assert [int(item["s"]) for item in by_l["Items"]] == [1]
    assert table.scan(IndexName="by-g", FilterExpression=Attr("n").eq(4))["Count"] == 5
    table.update_item(Key={"p": "q", "s": 1}, UpdateExpression="REMOVE g")
    assert table.query(IndexName="by-g", KeyConditionExpression=Key("g").eq("g1"))["Count"] == 11
    with pytest.raises(ClientError, match="Consistent reads are not supported on global secondary indexes"):
        table.query(IndexName="by-g", KeyConditionExpression=Key("g").eq("g1"), ConsistentRead=True)


def test_a_parallel_scan_sees_everything_once(table):
    for n in range(40):
        table.put_item(Item={"p": f"scan-{n}", "s": n})
    seen = []
    for segment in range(4):
        start = {}
        while True:
            page = table.scan(Segment=segment, TotalSegments=4, Limit=7, **start)
            seen += [item["p"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert sorted(seen) == sorted(f"scan-{n}" for n in range(40))


def test_a_page_ends_at_a_megabyte(table):
    for n in range(12):
        table.put_item(Item={"p": "large", "s": n, "x": "x" * 120_000})
    page = table.query(KeyConditionExpression=Key("p").eq("large"))
    assert page["Count"] == 9 and page["LastEvaluatedKey"] == {"p": "large", "s": 8}


def test_capacity_is_told(ddb, table):
    ask = {"TableName": table.name, "ReturnConsumedCapacity": "TOTAL"}
    key = {"p": {"S": "cap"}, "s": {"N": "1"}}
    put = ddb.put_item(**ask, Item={**key, "x": {"S": "x" * 2500}})
    assert put["ConsumedCapacity"] == {"TableName": table.name, "CapacityUnits": 3.0}
    assert ddb.get_item(**ask, Key=key)["ConsumedCapacity"]["CapacityUnits"] == 0.5
    assert ddb.get_item(**ask, Key=key, ConsistentRead=True)["ConsumedCapacity"]["CapacityUnits"] == 1.0


def test_legacy_parameters_still_work(ddb, table):
    key = {"p": {"S": "legacy"}, "s": {"N": "1"}}
    ddb.put_item(TableName=table.name, Item={**key, "n": {"N": "1"}}, Expected={"p": {"Exists": False}})
    ddb.update_item(
        TableName=table.name, Key=key,
        AttributeUpdates={"n": {"Action": "ADD", "Value": {"N": "4"}}, "x": {"Value": {"S": "y"}}},
        Expected={"n": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "3"}]}},
    )
    found = ddb.query(
        TableName=table.name,
        KeyConditions={
            "p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "legacy"}]},
            "s": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "1"}]},
        },
        QueryFilter={"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "5"}, {"N": "6"}]}},
        AttributesToGet=["n", "x"],
    )
    assert found["Items"] == [{"n": {"N": "5"}, "x": {"S": "y"}}]
    assert ddb.scan(TableName=table.name, ScanFilter={"x": {"ComparisonOperator": "NULL"}})["Count"] == 0


def test_batches_write_and_read(ddb, table):
    keys = [{"p": {"S": "batch"}, "s": {"N": str(n)}} for n in range(30)]
    puts = [{"PutRequest": {"Item": {**key, "x": {"S": "y"}}}} for key in keys]
    for start in (0, 25):
        assert ddb.batch_write_item(RequestItems={table.name: puts[start : start + 25]})["UnprocessedItems"] == {}
    asked = {table.name: {"Keys": keys, "ProjectionExpression": "x, s", "ConsistentRead": True}}
    found = ddb.batch_get_item(RequestItems=asked)
    assert found["UnprocessedKeys"] == {} and len(found["Responses"][table.name]) == 30
    assert found["Responses"][table.name][0].keys() == {"x", "s"}
    error = fails("ValidationException", ddb.batch_write_item, RequestItems={table.name: [puts[0], puts[0]]})
    assert error["Message"] == "Provided list of item keys contains duplicates"


def test_transactions_are_all_or_nothing(ddb, table):
    put = lambda n, **more: {"Put": {"TableName": table.name, "Item": {"p": {"S": "t"}, "s": {"N": str(n)}}, **more}}
    ddb.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken=table.name)
    ddb.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken=table.name)
    condition = {"ConditionExpression": "attribute_not_exists(p)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(ddb.exceptions.TransactionCanceledException) as caught:
        ddb.transact_write_items(TransactItems=[put(3), put(1, **condition)])
    none, failed = caught.value.response["CancellationReasons"]
    assert none["Code"] == "None" and failed["Code"] == "ConditionalCheckFailed"
    assert failed["Item"] == {"p": {"S": "t"}, "s": {"N": "1"}}
    get = lambda n: {"Get": {"TableName": table.name, "Key": {"p": {"S": "t"}, "s": {"N": str(n)}}}}
    found = ddb.transact_get_items(TransactItems=[get(2), get(3)])["Responses"]
    assert found == [{"Item": {"p": {"S": "t"}, "s": {"N": "2"}}}, {}]
    statement = lambda text: {"Statement": text.format(table.name)}
    ddb.execute_transaction(TransactStatements=[
        statement("INSERT INTO \"{}\" VALUE {{'p': 't', 's': 4}}"),
        statement("UPDATE \"{}\" SET n = 1 WHERE p = 't' AND s = 2"),
    ])
    with pytest.raises(ddb.exceptions.TransactionCanceledException) as caught:
        ddb.execute_transaction(TransactStatements=[statement("INSERT INTO \"{}\" VALUE {{'p': 't', 's': 4}}")])
    assert caught.value.response["CancellationReasons"][0]["Code"] == "DuplicateItem"


def test_a_stream_tells_what_happened(cloud, ddb, name):
    ddb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    key = {"id": {"S": "x"}}
    for n in ("1", "1", "2"):
        ddb.put_item(TableName=name, Item={**key, "n": {"N": n}})
    ddb.delete_item(TableName=name, Key=key)
    streams = cloud.client("dynamodbstreams")
    arn = ddb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    assert [stream["StreamArn"] for stream in streams.list_streams(TableName=name)["Streams"]] == [arn]
    seen = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        seen += streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in seen] == ["INSERT", "MODIFY", "REMOVE"]
    assert seen[1]["dynamodb"]["OldImage"]["n"] == {"N": "1"} and seen[1]["dynamodb"]["NewImage"]["n"] == {"N": "2"}
    ddb.delete_table(TableName=name)


def test_changes_come_into_a_stream_of_kinesis(cloud, ddb, table):
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName=table.name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=table.name, WaiterConfig=WAIT)
    arn = kinesis.describe_stream_summary(StreamName=table.name)["StreamDescriptionSummary"]["StreamARN"]
    made = ddb.enable_kinesis_streaming_destination(
        TableName=table.name,
        StreamArn=arn,
        EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
    )
    assert made["DestinationStatus"] == "ENABLING"
    ask = lambda: ddb.describe_kinesis_streaming_destination(TableName=table.name)["KinesisDataStreamDestinations"]
    assert ask() == [
        {"StreamArn": arn, "DestinationStatus": "ACTIVE", "ApproximateCreationDateTimePrecision": "MICROSECOND"}
    ]
    fails("ValidationException", ddb.enable_kinesis_streaming_destination, 400, TableName=table.name, StreamArn=arn)
    with table.batch_writer() as batch:
        for n in range(30):
            batch.put_item(Item={"p": "k", "s": n, "x": b"\x00\xff"})
    table.update_item(
        Key={"p": "k", "s": 3}, UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"a", "b"}}
    )
    table.delete_item(Key={"p": "k", "s": 3})
    iterator = kinesis.get_shard_iterator(
        StreamName=table.name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    seen = []

    def all_seen():
        nonlocal iterator
        time.sleep(0.3)  # A shard is read five times in a second.
        answer = kinesis.get_records(ShardIterator=iterator)
        iterator = answer["NextShardIterator"]
        seen.extend(json.loads(record["Data"]) for record in answer["Records"])
        return len(seen) >= 32

    until("all changes", all_seen)
    assert len(seen) == 32
    of_three = [record for record in seen if record["dynamodb"]["Keys"]["s"]["N"] == "3"]
    assert [record["eventName"] for record in of_three] == ["INSERT", "MODIFY", "REMOVE"]
    assert all(record["tableName"] == table.name and record["eventSource"] == "aws:dynamodb" for record in seen)
    changed = of_three[1]["dynamodb"]
    assert changed["OldImage"]["x"] == {"B": "AP8="} and sorted(changed["NewImage"]["x"]["SS"]) == ["a", "b"]
    assert changed["ApproximateCreationDateTime"] > 10**15
    off = ddb.disable_kinesis_streaming_destination(TableName=table.name, StreamArn=arn)
    assert off["DestinationStatus"] == "DISABLING" and ask()[0]["DestinationStatus"] == "DISABLED"
    kinesis.delete_stream(StreamName=table.name)


def test_an_index_is_added_with_what_is_there(ddb, table):
    fill(table, partition="late")
    ddb.update_table(
        TableName=table.name,
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}, {"AttributeName": "p", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-n",
                    "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "p", "KeyType": "RANGE"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )

    def are_active():
        indexes = ddb.describe_table(TableName=table.name)["Table"]["GlobalSecondaryIndexes"]
        return all(index["IndexStatus"] == "ACTIVE" for index in indexes)

    until("all indexes are active", are_active)
    found = table.query(IndexName="by-n", KeyConditionExpression=Key("n").eq(3) & Key("p").eq("late"))
    assert found["Count"] == 5 and found["Items"][0].keys() == {"p", "s", "n"}


def test_partiql(ddb, table):
    run = ddb.execute_statement
    run(Statement=f"INSERT INTO \"{table.name}\" VALUE {{'p': ?, 's': 1, 'n': 5}}", Parameters=[{"S": "pq"}])
    error = fails("DuplicateItemException", run, Statement=f"INSERT INTO \"{table.name}\" VALUE {{'p': 'pq', 's': 1}}")
    assert error["Message"] == "Duplicate primary key exists in table"
    new = run(Statement=f"UPDATE \"{table.name}\" SET n = n + 1 WHERE p = 'pq' AND s = 1 RETURNING ALL NEW *")
    assert new["Items"] == [{"p": {"S": "pq"}, "s": {"N": "1"}, "n": {"N": "6"}}]
    fill(table)
    seen, token = [], {}
    while True:
        page = run(Statement=f"SELECT s FROM \"{table.name}\" WHERE p = 'q' ORDER BY s DESC", Limit=10, **token)
        seen += [int(item["s"]["N"]) for item in page["Items"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == list(range(24, -1, -1))
    batch = ddb.batch_execute_statement(
        Statements=[
            {"Statement": f"SELECT n FROM \"{table.name}\" WHERE p = 'pq' AND s = 1"},
            {"Statement": "SELECT * FROM nowhere WHERE p = 'x'"},
        ]
    )["Responses"]
    assert batch[0]["Item"] == {"n": {"N": "6"}}
    assert batch[1]["Error"]["Code"] == "ResourceNotFound"
    run(Statement=f"DELETE FROM \"{table.name}\" WHERE p = 'pq' AND s = 1")
    assert run(Statement=f"SELECT * FROM \"{table.name}\" WHERE p = 'pq'")["Items"] == []


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"UpdateExpression": "SET a"}, 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a"'),
        (
            {"UpdateExpression": "SET a = :v"},
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"N": "1"}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
        ),
        (
            {"UpdateExpression": "SET a = :v, a.b = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
        ),
        (
            {"UpdateExpression": "SET p = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}},
            "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
        ),
        (
            {"UpdateExpression": "SET a.b = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "The document path provided in the update expression is invalid for update",
        ),
        (
            {"UpdateExpression": "SET a = b"},
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"N": "x"}}},
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v",
        ),
        (
            {"UpdateExpression": "REMOVE a", "ConditionExpression": "begins_with(a, :v)", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            {"UpdateExpression": "REMOVE a", "AttributeUpdates": {"a": {"Action": "DELETE"}}},
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}",
        ),
    ],
)
def test_bad_updates_are_refused_in_dynamodbs_words(ddb, table, arguments, text):
    key = {"p": {"S": "bad"}, "s": {"N": "1"}}
    error = fails("ValidationException", ddb.update_item, 400, TableName=table.name, Key=key, **arguments)
    assert error["Message"] == text


def test_bad_items_and_keys_are_refused(ddb, table):
    put = lambda item: fails("ValidationException", ddb.put_item, TableName=table.name, Item=item)["Message"]
    prefix = "One or more parameter values were invalid: "
    assert put({"p": {"S": "x"}}) == prefix + "Missing the key s in the item"
    assert put({"p": {"S": "x"}, "s": {"S": "1"}}) == prefix + "Type mismatch for key s expected: N actual: S"
    assert "cannot contain an empty string value. Key: p" in put({"p": {"S": ""}, "s": {"N": "1"}})
    key = {"p": {"S": "x"}, "s": {"N": "1"}}
    assert put({**key, "a": {"SS": ["a", "a"]}}) == prefix + "Input collection [a, a] contains duplicates."
    assert put({**key, "a": {"S": "x" * 410_000}}) == "Item size has exceeded the maximum allowed size"
    error = fails("ValidationException", ddb.get_item, TableName=table.name, Key={"p": {"S": "x"}})
    assert error["Message"] == "The provided key element does not match the schema"
    error = fails("ValidationException", ddb.query, TableName=table.name, KeyConditionExpression="s = :v",
                  ExpressionAttributeValues={":v": {"N": "1"}})
    assert error["Message"] == "Query condition missed key schema element: p"


def test_numbers_are_exact(table):
    key = {"p": "numbers", "s": 1}
    table.put_item(Item={**key, "n": Decimal("0.1")})
    new = table.update_item(
        Key=key, UpdateExpression="SET n = n + :v", ExpressionAttributeValues={":v": Decimal("0.2")}, ReturnValues="ALL_NEW"
    )
    assert new["Attributes"]["n"] == Decimal("0.3")
    with decimal.localcontext(prec=100), pytest.raises(ClientError, match="Number overflow"):
        table.update_item(Key=key, UpdateExpression="SET n = n + :v", ExpressionAttributeValues={":v": Decimal("1E50")})


def all_items(ddb, name):
    pages = ddb.get_paginator("scan").paginate(TableName=name)
    return sorted((item["s"]["N"], item.get("n", {}).get("N")) for page in pages for item in page["Items"])


def test_a_backup_and_a_time_come_back(ddb, table, name):
    fill(table, count=30)
    before = all_items(ddb, table.name)
    backup = ddb.create_backup(TableName=table.name, BackupName="first")["BackupDetails"]
    describe = lambda: ddb.describe_backup(BackupArn=backup["BackupArn"])["BackupDescription"]
    until("a backup", lambda: describe()["BackupDetails"]["BackupStatus"] == "AVAILABLE")
    features = describe()["SourceTableFeatureDetails"]
    assert [index["IndexName"] for index in features["GlobalSecondaryIndexes"]] == ["by-g"]
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    on = ddb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=specification)
    description = on["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert description["PointInTimeRecoveryStatus"] == "ENABLED"
    # Times have whole seconds.
    time.sleep(1.1)
    moment = int(time.time())
    time.sleep(1.1)
    fill(table, partition="later", count=5)
    table.delete_item(Key={"p": "q", "s": 3})
    ddb.restore_table_from_backup(TargetTableName=f"{name}-backup", BackupArn=backup["BackupArn"])
    ddb.restore_table_to_point_in_time(
        SourceTableName=table.name, TargetTableName=f"{name}-time", RestoreDateTime=moment
    )
    ddb.restore_table_to_point_in_time(
        SourceTableName=table.name, TargetTableName=f"{name}-latest", UseLatestRestorableTime=True
    )
    for target, expected in (("backup", before), ("time", before), ("latest", all_items(ddb, table.name))):
        ddb.get_waiter("table_exists").wait(TableName=f"{name}-{target}", WaiterConfig=WAIT)
        assert all_items(ddb, f"{name}-{target}") == expected, target
    assert ddb.delete_backup(BackupArn=backup["BackupArn"])["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    fails("BackupNotFoundException", ddb.describe_backup, BackupArn=backup["BackupArn"])


def test_a_table_goes_to_s3_and_comes_back(cloud, ddb, table, name):
    fill(table, count=30)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    specification = {"PointInTimeRecoveryEnabled": True}
    ddb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=specification)
    arn = table.table_arn
    export = ddb.export_table_to_point_in_time(TableArn=arn, S3Bucket=name, S3Prefix="out")["ExportDescription"]
    describe = lambda: ddb.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]
    done = until("an export", lambda: describe() if describe()["ExportStatus"] != "IN_PROGRESS" else None)
    assert done["ExportStatus"] == "COMPLETED" and done["ItemCount"] == 30
    summary = json.loads(s3.get_object(Bucket=name, Key=done["ExportManifest"])["Body"].read())
    files = s3.get_object(Bucket=name, Key=summary["manifestFilesS3Key"])["Body"].read().splitlines()
    data = json.loads(files[0])["dataFileS3Key"]
    lines = gzip.decompress(s3.get_object(Bucket=name, Key=data)["Body"].read()).splitlines()
    assert len(lines) == 30 and json.loads(lines[0]).keys() == {"Item"}
    assert ddb.list_exports(TableArn=arn)["ExportSummaries"][0]["ExportArn"] == export["ExportArn"]
    imported = ddb.import_table(
        S3BucketSource={"S3Bucket": name, "S3KeyPrefix": data.rsplit("/", 1)[0]},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": f"{name}-again",
            "AttributeDefinitions": [
                {"AttributeName": "p", "AttributeType": "S"},
                {"AttributeName": "s", "AttributeType": "N"},
            ],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )["ImportTableDescription"]
    look = lambda: ddb.describe_import(ImportArn=imported["ImportArn"])["ImportTableDescription"]
    done = until("an import", lambda: look() if look()["ImportStatus"] != "IN_PROGRESS" else None)
    assert done["ImportStatus"] == "COMPLETED" and done["ImportedItemCount"] == 30 and done["ErrorCount"] == 0
    assert all_items(ddb, f"{name}-again") == all_items(ddb, table.name)


def test_batches_touch_several_tables(ddb, table, name):
    other = f"{name}-other"
    ddb.create_table(
        TableName=other,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"p": {"S": "b"}, "s": {"N": "1"}}
    ddb.batch_write_item(RequestItems={
        table.name: [{"PutRequest": {"Item": key}}],
        other: [{"PutRequest": {"Item": {"id": {"S": "x"}}}}],
    })
    found = ddb.batch_get_item(RequestItems={
        table.name: {"Keys": [key]}, other: {"Keys": [{"id": {"S": "x"}}, {"id": {"S": "none"}}]},
    })
    assert found["Responses"] == {table.name: [key], other: [{"id": {"S": "x"}}]}
    ddb.batch_write_item(RequestItems={other: [{"DeleteRequest": {"Key": {"id": {"S": "x"}}}}]})
    assert ddb.scan(TableName=other)["Count"] == 0
