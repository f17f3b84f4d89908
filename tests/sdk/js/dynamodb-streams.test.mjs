// DynamoDB Streams with its own client of the SDK. Shapes, codes and texts: the DynamoDB Streams API reference.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as streams from '@aws-sdk/client-dynamodb-streams';

import { PATIENCE_SECONDS, failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let tables;
let client;
before(async () => {
  cloud = await startCloud();
  tables = new dynamodb.DynamoDBClient(cloud.config);
  client = new streams.DynamoDBStreamsClient(cloud.config);
});
after(() => cloud.stop());

// A table with a stream, and the stream's ARN.
async function streamed(StreamViewType) {
  const TableName = uniqueName();
  const { TableDescription } = await tables.send(
    new dynamodb.CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType },
    })
  );
  await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: PATIENCE_SECONDS, minDelay: 0.1 }, { TableName });
  return { TableName, StreamArn: TableDescription.LatestStreamArn };
}

const put = (TableName, id, n) =>
  tables.send(new dynamodb.PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: String(n) } } }));

async function shardOf(StreamArn) {
  const { StreamDescription } = await client.send(new streams.DescribeStreamCommand({ StreamArn }));
  assert.equal(StreamDescription.Shards.length, 1);
  return StreamDescription.Shards[0].ShardId;
}

async function iterator(StreamArn, ShardIteratorType, SequenceNumber) {
  const ShardId = await shardOf(StreamArn);
  const input = { StreamArn, ShardId, ShardIteratorType, SequenceNumber };
  return (await client.send(new streams.GetShardIteratorCommand(input))).ShardIterator;
}

const read = (ShardIterator, Limit) => client.send(new streams.GetRecordsCommand({ ShardIterator, Limit }));

test('a stream is listed and described', async () => {
  const { TableName, StreamArn } = await streamed('KEYS_ONLY');
  const listed = await client.send(new streams.ListStreamsCommand({ TableName }));
  assert.deepEqual(
    listed.Streams.map((stream) => [stream.StreamArn, stream.TableName]),
    [[StreamArn, TableName]]
  );
  assert.ok(StreamArn.endsWith(`/stream/${listed.Streams[0].StreamLabel}`));
  const { StreamDescription } = await client.send(new streams.DescribeStreamCommand({ StreamArn }));
  assert.equal(StreamDescription.StreamStatus, 'ENABLED');
  assert.equal(StreamDescription.StreamViewType, 'KEYS_ONLY');
  assert.deepEqual(StreamDescription.KeySchema, [{ AttributeName: 'id', KeyType: 'HASH' }]);
  assert.ok(StreamDescription.CreationRequestDateTime instanceof Date);
  assert.match(StreamDescription.Shards[0].ShardId, /^shardId-[0-9]{20}-[a-zA-Z0-9]{1,36}$/);
  assert.match(StreamDescription.Shards[0].SequenceNumberRange.StartingSequenceNumber, /^\d{21,40}$/);
});

test('pages of streams follow one another', async () => {
  const made = [await streamed('NEW_IMAGE'), await streamed('NEW_IMAGE'), await streamed('OLD_IMAGE')];
  const found = [];
  let ExclusiveStartStreamArn;
  do {
    const page = await client.send(new streams.ListStreamsCommand({ Limit: 1, ExclusiveStartStreamArn }));
    assert.ok(page.Streams.length <= 1);
    found.push(...page.Streams.map((stream) => stream.StreamArn));
    ExclusiveStartStreamArn = page.LastEvaluatedStreamArn;
  } while (ExclusiveStartStreamArn);
  assert.equal(new Set(found).size, found.length);
  assert.ok(made.every(({ StreamArn }) => found.includes(StreamArn)));
});

test('records are read in order, from every kind of place', async () => {
  const { TableName, StreamArn } = await streamed('NEW_AND_OLD_IMAGES');
  const latest = await iterator(StreamArn, 'LATEST');
  for (const n of [1, 2, 3]) await put(TableName, 'x', n);
  await tables.send(new dynamodb.DeleteItemCommand({ TableName, Key: { id: { S: 'x' } } }));
  const { Records, NextShardIterator } = await read(await iterator(StreamArn, 'TRIM_HORIZON'));
  assert.deepEqual(
    Records.map((record) => record.eventName),
    ['INSERT', 'MODIFY', 'MODIFY', 'REMOVE']
  );
  const [first, second, , last] = Records;
  assert.deepEqual([first.eventSource, first.eventVersion, first.awsRegion], ['aws:dynamodb', '1.1', 'us-east-1']);
  assert.deepEqual(first.dynamodb.Keys, { id: { S: 'x' } });
  assert.ok(first.dynamodb.ApproximateCreationDateTime instanceof Date);
  assert.deepEqual(second.dynamodb.OldImage, { id: { S: 'x' }, n: { N: '1' } });
  assert.deepEqual(second.dynamodb.NewImage, { id: { S: 'x' }, n: { N: '2' } });
  assert.equal(last.dynamodb.NewImage, undefined);
  assert.equal(new Set(Records.map((record) => record.eventID)).size, 4);
  assert.deepEqual((await read(latest)).Records, Records);
  const number = second.dynamodb.SequenceNumber;
  assert.deepEqual((await read(await iterator(StreamArn, 'AT_SEQUENCE_NUMBER', number))).Records, Records.slice(1));
  assert.deepEqual((await read(await iterator(StreamArn, 'AFTER_SEQUENCE_NUMBER', number))).Records, Records.slice(2));
  const one = await read(await iterator(StreamArn, 'TRIM_HORIZON'), 1);
  assert.deepEqual([one.Records.length, (await read(one.NextShardIterator, 1)).Records[0]], [1, second]);
  assert.deepEqual((await read(NextShardIterator)).Records, []);
});

test('a stream that is switched off ends with its last record', async () => {
  const { TableName, StreamArn } = await streamed('NEW_IMAGE');
  await put(TableName, 'x', 1);
  const StreamSpecification = { StreamEnabled: false };
  await tables.send(new dynamodb.UpdateTableCommand({ TableName, StreamSpecification }));
  await put(TableName, 'y', 1);
  const { Records, NextShardIterator } = await read(await iterator(StreamArn, 'TRIM_HORIZON'));
  assert.deepEqual([Records.length, NextShardIterator], [1, undefined]);
  const { StreamDescription } = await client.send(new streams.DescribeStreamCommand({ StreamArn }));
  assert.equal(StreamDescription.StreamStatus, 'DISABLED');
  assert.ok(StreamDescription.Shards[0].SequenceNumberRange.EndingSequenceNumber);
});

test('wrong requests are refused with their codes', async () => {
  const { StreamArn } = await streamed('NEW_IMAGE');
  const gone = StreamArn.replace(/stream\/.*/, 'stream/2020-01-01T00:00:00.000');
  const refuses = (command, code) => assert.rejects(client.send(command), failsWith(code, 400));
  await refuses(new streams.DescribeStreamCommand({ StreamArn: gone }), 'ResourceNotFoundException');
  const ShardId = 'shardId-00000000000000000000-00000000';
  const wanted = { StreamArn, ShardId, ShardIteratorType: 'LATEST' };
  await refuses(new streams.GetShardIteratorCommand(wanted), 'ResourceNotFoundException');
  const own = { ...wanted, ShardId: await shardOf(StreamArn) };
  for (const more of [{ ShardIteratorType: 'AT_SEQUENCE_NUMBER' }, { SequenceNumber: '1'.repeat(21) }]) {
    await refuses(new streams.GetShardIteratorCommand({ ...own, ...more }), 'ValidationException');
  }
  await refuses(new streams.GetRecordsCommand({ ShardIterator: 'nothing' }), 'ValidationException');
  const old = `${StreamArn}|1|1|`;
  await refuses(new streams.GetRecordsCommand({ ShardIterator: old }), 'ExpiredIteratorException');
});
