// A program as people write it: sqs-consumer polls a queue, deletes what its handler has done, and leaves what failed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as sqs from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

import { PATIENCE_SECONDS, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let client;
before(async () => {
  cloud = await startCloud();
  client = new sqs.SQSClient(cloud.config);
});
after(async () => {
  client.destroy();
  await cloud.stop();
});

test('a consumer handles messages, and what it cannot handle ends in the dead-letter queue', async () => {
  const dead = uniqueName();
  const { QueueUrl: deadUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: dead }));
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${dead}`,
    maxReceiveCount: 2,
  });
  const { QueueUrl } = await client.send(
    new sqs.CreateQueueCommand({ QueueName: uniqueName(), Attributes: { RedrivePolicy, VisibilityTimeout: '600' } })
  );
  const Entries = ['a', 'b', 'poison', 'c'].map((body, index) => ({ Id: String(index), MessageBody: body }));
  await client.send(new sqs.SendMessageBatchCommand({ QueueUrl, Entries }));

  const handled = [];
  let failures = 0;
  const consumer = Consumer.create({
    queueUrl: QueueUrl,
    sqs: client,
    batchSize: 10,
    // What failed comes again at once, and what is handled does not, however long that takes.
    terminateVisibilityTimeout: true,
    waitTimeSeconds: 1,
    handleMessage: async (message) => {
      if (message.Body === 'poison') throw new Error('no');
      handled.push(message.Body);
      return message;
    },
  });
  consumer.on('error', (error) => assert.fail(error));
  consumer.on('processing_error', () => (failures += 1));
  consumer.start();
  let letters = [];
  for (let tries = 0; tries < PATIENCE_SECONDS && letters.length === 0; tries += 1) {
    const answer = await client.send(new sqs.ReceiveMessageCommand({ QueueUrl: deadUrl, WaitTimeSeconds: 1 }));
    letters = answer.Messages ?? [];
  }
  consumer.stop({ abort: true });
  assert.deepEqual(handled.sort(), ['a', 'b', 'c']);
  assert.equal(failures, 2);
  assert.equal(letters[0].Body, 'poison');
});
