import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as events from '@aws-sdk/client-eventbridge';
import * as iam from '@aws-sdk/client-iam';
import * as pipes from '@aws-sdk/client-pipes';
import * as scheduler from '@aws-sdk/client-scheduler';
import * as sqs from '@aws-sdk/client-sqs';

import { PATIENCE_SECONDS, failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let queues;
before(async () => {
  cloud = await startCloud();
  queues = new sqs.SQSClient(cloud.config);
});
after(() => cloud.stop());

async function queue() {
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: uniqueName() }));
  const asked = new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  const { Attributes } = await queues.send(asked);
  return { url: QueueUrl, arn: Attributes.QueueArn };
}

async function role(service, ...actions) {
  const client = new iam.IAMClient(cloud.config);
  const RoleName = uniqueName();
  const document = (statement) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const AssumeRolePolicyDocument = document({ Principal: { Service: service }, Action: 'sts:AssumeRole' });
  const { Role } = await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  const PolicyDocument = document({ Action: actions, Resource: '*' });
  await client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument }));
  return Role.Arn;
}

async function body(url) {
  for (let left = PATIENCE_SECONDS / 3; left > 0; left -= 1) {
    const asked = new sqs.ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 3 });
    const { Messages } = await queues.send(asked);
    if (Messages?.length) return Messages[0].Body;
  }
  return assert.fail('no message came');
}

test('a schedule sends to a queue', async () => {
  const client = new scheduler.SchedulerClient(cloud.config);
  const { url, arn } = await queue();
  const RoleArn = await role('scheduler.amazonaws.com', 'sqs:SendMessage');
  const Name = uniqueName();
  await client.send(
    new scheduler.CreateScheduleCommand({
      Name,
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: arn, RoleArn, Input: JSON.stringify({ hello: 'queue' }) },
    })
  );
  // A rate without a start begins at once.
  assert.deepEqual(JSON.parse(await body(url)), { hello: 'queue' });
  const shown = await client.send(new scheduler.GetScheduleCommand({ Name }));
  assert.ok(shown.CreationDate instanceof Date);
  assert.equal(shown.Target.RetryPolicy.MaximumRetryAttempts, 185);
  const wrong = new scheduler.CreateScheduleCommand({
    Name: 'x',
    ScheduleExpression: 'rate(10 seconds)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: arn, RoleArn },
  });
  await assert.rejects(client.send(wrong), failsWith('ValidationException', 400));
  await client.send(new scheduler.DeleteScheduleCommand({ Name }));
  await assert.rejects(
    client.send(new scheduler.GetScheduleCommand({ Name })),
    failsWith('ResourceNotFoundException', 404)
  );
});

test('a pipe forwards messages', async () => {
  const client = new pipes.PipesClient(cloud.config);
  const [from, to] = [await queue(), await queue()];
  const RoleArn = await role('pipes.amazonaws.com', 'sqs:*');
  const Name = uniqueName();
  await client.send(
    new pipes.CreatePipeCommand({
      Name,
      Source: from.arn,
      Target: to.arn,
      RoleArn,
      TargetParameters: { InputTemplate: '{"n": <$.body.n>, "from": "<aws.pipes.source-arn>"}' },
    })
  );
  await queues.send(new sqs.SendMessageCommand({ QueueUrl: from.url, MessageBody: '{"n": 4}' }));
  assert.deepEqual(JSON.parse(await body(to.url)), { n: 4, from: from.arn });
  const { Pipes } = await client.send(new pipes.ListPipesCommand({ NamePrefix: Name }));
  assert.equal(Pipes[0].CurrentState, 'RUNNING');
  await client.send(new pipes.DeletePipeCommand({ Name }));
  await assert.rejects(client.send(new pipes.DescribePipeCommand({ Name })), failsWith('NotFoundException', 404));
});

test('connections and API destinations', async () => {
  const client = new events.EventBridgeClient(cloud.config);
  const Name = uniqueName();
  const { ConnectionArn, ConnectionState } = await client.send(
    new events.CreateConnectionCommand({
      Name,
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: 'secret' } },
    })
  );
  assert.equal(ConnectionState, 'AUTHORIZED');
  const InvocationEndpoint = 'https://example.com/';
  await client.send(
    new events.CreateApiDestinationCommand({ Name, ConnectionArn, InvocationEndpoint, HttpMethod: 'PUT' })
  );
  const shown = await client.send(new events.DescribeApiDestinationCommand({ Name }));
  assert.equal(shown.ApiDestinationState, 'ACTIVE');
  const { AuthParameters } = await client.send(new events.DescribeConnectionCommand({ Name }));
  assert.deepEqual(AuthParameters, { ApiKeyAuthParameters: { ApiKeyName: 'x-key' } });
  await client.send(new events.DeleteApiDestinationCommand({ Name }));
  await client.send(new events.DeleteConnectionCommand({ Name }));
  await assert.rejects(
    client.send(new events.DescribeConnectionCommand({ Name })),
    failsWith('ResourceNotFoundException', 400)
  );
});
