// SNS with the AWS SDK for JavaScript v3, and AWS's own check of signatures.
import assert from 'node:assert/strict';
import https from 'node:https';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';

import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import MessageValidator from 'sns-validator';

import { failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let topics;
let queues;
const get = https.get;
const asked = [];
before(async () => {
  cloud = await startCloud();
  topics = new sns.SNSClient(cloud.config);
  queues = new sqs.SQSClient(cloud.config);
  // The certificate is fetched from where the message says that it is; here that name leads to the cloud.
  https.get = (url, ...more) => {
    const { hostname, pathname } = new URL(String(url));
    asked.push(hostname);
    const done = more.find((argument) => typeof argument === 'function');
    const request = new Readable({ read() {} });
    fetch(cloud.url + pathname, { headers: { host: hostname } }).then(async (answer) => {
      const response = Readable.from([await answer.text()]);
      response.statusCode = answer.status;
      done(response);
    });
    return request;
  };
});
after(async () => {
  https.get = get;
  await cloud.stop();
});

async function notified(SignatureVersion, Subject) {
  const Name = uniqueName();
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name, Attributes: { SignatureVersion } }));
  const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${Name}`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: Endpoint,
        Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
      },
    ],
  });
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: Name, Attributes: { Policy } }));
  await topics.send(new sns.SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  await topics.send(new sns.PublishCommand({ TopicArn, Message: 'hällo\n"wörld"', Subject }));
  const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl }));
  return JSON.parse(Messages[0].Body);
}

const validate = (message) =>
  new Promise((resolve, reject) => {
    new MessageValidator().validate(message, (error, valid) => (error ? reject(error) : resolve(valid)));
  });

for (const version of ['1', '2']) {
  test(`sns-validator accepts a signature of version ${version}, and no other text`, async () => {
    for (const subject of [undefined, 'greeting']) {
      const message = await notified(version, subject);
      assert.equal(message.SignatureVersion, version);
      assert.match(message.SigningCertURL, /^https:\/\/sns\.us-east-1\.amazonaws\.com\/SimpleNotificationService-[0-9a-f]{32}\.pem$/);
      const valid = await validate({ ...message });
      assert.equal(valid.MessageId, message.MessageId);
      await assert.rejects(validate({ ...message, Message: 'another' }), /signature is invalid/);
    }
    assert.ok(asked.includes('sns.us-east-1.amazonaws.com'));
  });
}

test('a FIFO topic numbers what it takes, once', async () => {
  const Name = `${uniqueName()}.fifo`;
  const Attributes = { FifoTopic: 'true', ContentBasedDeduplication: 'true' };
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name, Attributes }));
  const publish = () => topics.send(new sns.PublishCommand({ TopicArn, Message: 'm', MessageGroupId: 'g' }));
  const first = await publish();
  const again = await publish();
  assert.match(first.SequenceNumber, /^\d{20}$/);
  assert.equal(again.SequenceNumber, first.SequenceNumber);
  await assert.rejects(
    topics.send(new sns.PublishCommand({ TopicArn, Message: 'm' })),
    failsWith('InvalidParameterException', 400)
  );
});
