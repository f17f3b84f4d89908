"""Kinesis with boto3. Codes and shapes: the Kinesis Data Streams API reference."""

import http.client
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import PATIENCE_SECONDS, WAIT, fails, until


@pytest.fixture
def kinesis(cloud):
    return cloud.client("kinesis")


def stream(kinesis, name, shards=1):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=WAIT)
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]


def shards(kinesis, name, **more):
    return [shard["ShardId"] for shard in kinesis.list_shards(StreamName=name, **more)["Shards"]]


def read(kinesis, name, shard, kind="TRIM_HORIZON", **more):
    iterator = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **more)
    return kinesis.get_records(ShardIterator=iterator["ShardIterator"])


def test_a_stream_is_made_described_listed_and_deleted(kinesis, name):
    arn = stream(kinesis, name, 2)
    assert arn == f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    described = kinesis.describe_stream(StreamARN=arn)["StreamDescription"]
    assert (described["StreamStatus"], len(described["Shards"]), described["EncryptionType"]) == ("ACTIVE", 2, "NONE")
    assert name in [found for page in kinesis.get_paginator("list_streams").paginate() for found in page["StreamNames"]]
    fails("ResourceInUseException", kinesis.create_stream, 400, StreamName=name, ShardCount=1)
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=WAIT)
    error = fails("ResourceNotFoundException", kinesis.describe_stream, 400, StreamName=name)
    assert error["Message"] == f"Stream {name} under account 000000000000 not found."


def test_records_are_read_in_order(kinesis, name):
    stream(kinesis, name)
    numbers = [kinesis.put_record(StreamName=name, PartitionKey="k", Data=bytes([n]))["SequenceNumber"] for n in range(5)]
    assert numbers == sorted(numbers) and len(set(numbers)) == 5
    answer = read(kinesis, name, "shardId-000000000000")
    assert [record["Data"] for record in answer["Records"]] == [bytes([n]) for n in range(5)]
    assert [record["SequenceNumber"] for record in answer["Records"]] == numbers
    assert answer["MillisBehindLatest"] == 0
    after = read(kinesis, name, "shardId-000000000000", "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3])
    assert [record["Data"] for record in after["Records"]] == [b"\x04"]
    assert kinesis.get_records(ShardIterator=answer["NextShardIterator"])["Records"] == []


def test_shards_split_and_merge(kinesis, name):
    stream(kinesis, name)
    kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=WAIT)
    assert len(shards(kinesis, name, ShardFilter={"Type": "AT_LATEST"})) == 2
    end = read(kinesis, name, "shardId-000000000000")
    assert "NextShardIterator" not in end and len(end["ChildShards"]) == 2
    one, two = shards(kinesis, name, ShardFilter={"Type": "AT_LATEST"})
    kinesis.merge_shards(StreamName=name, ShardToMerge=one, AdjacentShardToMerge=two)
    assert shards(kinesis, name) == [f"shardId-{n:012}" for n in range(4)]


def test_a_shard_takes_so_much(kinesis, name):
    stream(kinesis, name)
    records = [{"PartitionKey": "k", "Data": b"x" * 100_000} for _ in range(20)]
    answer = kinesis.put_records(StreamName=name, Records=records)
    assert 0 < answer["FailedRecordCount"] < 20
    refused = [record for record in answer["Records"] if "ErrorCode" in record]
    assert refused[0]["ErrorCode"] == "ProvisionedThroughputExceededException"

    def is_refused():
        with ThreadPoolExecutor(20) as pool:
            reads = [pool.submit(read, kinesis, name, "shardId-000000000000") for _ in range(20)]
        errors = [one.exception() for one in reads if one.exception()]
        assert all(isinstance(error, kinesis.exceptions.ProvisionedThroughputExceededException) for error in errors)
        return errors

    until("too many reads in a second", is_refused)


def test_a_consumer_subscribes(kinesis, name):
    arn = stream(kinesis, name)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    describe = lambda: kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]
    until("the consumer is active", lambda: describe()["ConsumerStatus"] == "ACTIVE")
    kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"one")
    events = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition={"Type": "TRIM_HORIZON"}
    )["EventStream"]
    event = next(iter(events))["SubscribeToShardEvent"]
    assert [record["Data"] for record in event["Records"]] == [b"one"]
    assert event["ContinuationSequenceNumber"] == event["Records"][0]["SequenceNumber"]
    events.close()


def test_tls_offers_http_2(cloud):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    connection = http.client.HTTPSConnection("127.0.0.1", cloud.port, context=context, timeout=PATIENCE_SECONDS)
    connection.connect()
    assert connection.sock.selected_alpn_protocol() == "h2"
    connection.close()
