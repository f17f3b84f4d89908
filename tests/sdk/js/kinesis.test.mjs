import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as kinesis from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

import { PATIENCE_SECONDS, failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let client;
before(async () => {
  cloud = await startCloud();
  // The SDK speaks HTTP/2 to Kinesis, without asking first.
  client = new kinesis.KinesisClient(cloud.config);
});
after(async () => {
  client.destroy();
  await cloud.stop();
});

async function stream(shards = 1) {
  const StreamName = uniqueName();
  await client.send(new kinesis.CreateStreamCommand({ StreamName, ShardCount: shards }));
  await kinesis.waitUntilStreamExists({ client, maxWaitTime: PATIENCE_SECONDS, minDelay: 1 }, { StreamName });
  return StreamName;
}

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);

test('records go through a stream over HTTP/2', async () => {
  const StreamName = await stream(2);
  const put = await client.send(
    new kinesis.PutRecordsCommand({
      StreamName,
      Records: ['a', 'b', 'c'].map((name) => ({ PartitionKey: name, Data: bytes(name) })),
    })
  );
  assert.equal(put.FailedRecordCount, 0);
  const { Shards } = await client.send(new kinesis.ListShardsCommand({ StreamName }));
  const found = [];
  for (const { ShardId } of Shards) {
    const { ShardIterator } = await client.send(
      new kinesis.GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' })
    );
    const { Records, MillisBehindLatest } = await client.send(new kinesis.GetRecordsCommand({ ShardIterator }));
    assert.equal(MillisBehindLatest, 0);
    for (const record of Records) {
      assert.ok(record.ApproximateArrivalTimestamp instanceof Date);
      found.push(text(record.Data));
    }
  }
  assert.deepEqual(found.sort(), ['a', 'b', 'c']);
});

test('a client of HTTP/1.1 is served as well', async () => {
  const old = new kinesis.KinesisClient({ ...cloud.config, requestHandler: new NodeHttpHandler() });
  const StreamName = await stream();
  const { SequenceNumber } = await old.send(
    new kinesis.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: bytes('x') })
  );
  assert.match(SequenceNumber, /^49\d{54}$/);
  await assert.rejects(
    old.send(new kinesis.PutRecordCommand({ StreamName: uniqueName(), PartitionKey: 'k', Data: bytes('x') })),
    failsWith('ResourceNotFoundException', 400)
  );
  old.destroy();
});

test('a registered consumer gets records as they come', async () => {
  const StreamName = await stream();
  const { StreamDescriptionSummary } = await client.send(new kinesis.DescribeStreamSummaryCommand({ StreamName }));
  const StreamARN = StreamDescriptionSummary.StreamARN;
  const { Consumer } = await client.send(
    new kinesis.RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'c' })
  );
  const { ConsumerARN } = Consumer;
  for (let status = ''; status !== 'ACTIVE'; ) {
    const described = await client.send(new kinesis.DescribeStreamConsumerCommand({ ConsumerARN }));
    status = described.ConsumerDescription.ConsumerStatus;
  }
  for (const requestHandler of [undefined, new NodeHttpHandler()]) {
    const reader = new kinesis.KinesisClient({ ...cloud.config, ...(requestHandler && { requestHandler }) });
    await client.send(new kinesis.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: bytes('first') }));
    const subscribe = () =>
      reader.send(
        new kinesis.SubscribeToShardCommand({
          ConsumerARN,
          ShardId: 'shardId-000000000000',
          StartingPosition: { Type: 'TRIM_HORIZON' },
        })
      );
    let subscription;
    while (!subscription) {
      // The subscription of the round before is another's for five seconds.
      subscription = await subscribe().catch((error) => {
        if (error.name !== 'ResourceInUseException') throw error;
        return new Promise((resolve) => setTimeout(resolve, 500));
      });
    }
    const got = [];
    for await (const event of subscription.EventStream) {
      for (const record of event.SubscribeToShardEvent.Records) got.push(text(record.Data));
      if (got.at(-1) === 'last') break;
      await client.send(new kinesis.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: bytes('last') }));
    }
    assert.equal(got[0], 'first');
    assert.equal(got.at(-1), 'last');
    reader.destroy();
  }
});
