import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as sqs from '@aws-sdk/client-sqs';

import { failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let client;
before(async () => {
  cloud = await startCloud();
  client = new sqs.SQSClient(cloud.config);
});
after(() => cloud.stop());

test('a message goes through a queue', async () => {
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: uniqueName() }));
  const sent = await client.send(
    new sqs.SendMessageCommand({
      QueueUrl,
      MessageBody: 'hällo',
      MessageAttributes: { raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) } },
    })
  );
  // The SDK itself checks the hashes of what it sends and receives.
  const { Messages } = await client.send(
    new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MessageAttributeNames: ['All'] })
  );
  assert.equal(Messages.length, 1);
  assert.equal(Messages[0].MessageId, sent.MessageId);
  assert.equal(Messages[0].Body, 'hällo');
  assert.deepEqual([...Messages[0].MessageAttributes.raw.BinaryValue], [0, 255]);
  await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
});

test('a long poll gets the message that is sent meanwhile', async () => {
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: uniqueName() }));
  const poll = client.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: 'meanwhile' }));
  const { Messages } = await poll;
  assert.deepEqual(Messages.map(({ Body }) => Body), ['meanwhile']);
});

test('errors have their classes', async () => {
  await assert.rejects(
    client.send(new sqs.GetQueueUrlCommand({ QueueName: uniqueName() })),
    (error) => error instanceof sqs.QueueDoesNotExist && error.$metadata.httpStatusCode === 400
  );
  const wrong = new sqs.SQSClient({ ...cloud.config, credentials: { accessKeyId: 'test', secretAccessKey: 'no' } });
  await assert.rejects(wrong.send(new sqs.ListQueuesCommand({})), failsWith('SignatureDoesNotMatch'));
});
