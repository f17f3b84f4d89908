import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as apigateway from '@aws-sdk/client-api-gateway';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';

import { PATIENCE_SECONDS, failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
before(async () => {
  cloud = await startCloud();
});
after(() => cloud.stop());

test('sts: who am I', async () => {
  const client = new sts.STSClient(cloud.config);
  const identity = await client.send(new sts.GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, 'arn:aws:iam::000000000000:root');
});

test('ssm: a parameter', async () => {
  const client = new ssm.SSMClient(cloud.config);
  const Name = `/${uniqueName()}`;
  await client.send(new ssm.PutParameterCommand({ Name, Value: 'x', Type: 'String' }));
  const { Parameter } = await client.send(new ssm.GetParameterCommand({ Name }));
  assert.equal(Parameter.Value, 'x');
  assert.ok(Parameter.LastModifiedDate instanceof Date);
  await assert.rejects(
    client.send(new ssm.GetParameterCommand({ Name: `${Name}-none` })),
    (error) => error instanceof ssm.ParameterNotFound
  );
});

test('logs: groups, streams and events', async () => {
  const client = new logs.CloudWatchLogsClient(cloud.config);
  const logGroupName = uniqueName();
  await client.send(new logs.CreateLogGroupCommand({ logGroupName }));
  await client.send(new logs.CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
  const logEvents = [{ timestamp: Date.now(), message: 'one line' }];
  await client.send(new logs.PutLogEventsCommand({ logGroupName, logStreamName: 's', logEvents }));
  const { events } = await client.send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: 'line' }));
  assert.deepEqual(events.map((event) => event.message), ['one line']);
  await assert.rejects(
    client.send(new logs.CreateLogGroupCommand({ logGroupName })),
    (error) => error instanceof logs.ResourceAlreadyExistsException
  );
});

test('iam: a role and its errors', async () => {
  const client = new iam.IAMClient(cloud.config);
  const RoleName = uniqueName();
  const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { Role } = await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document }));
  assert.equal(Role.Arn, `arn:aws:iam::000000000000:role/${RoleName}`);
  assert.deepEqual(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument ?? '{}')).Statement, [statement]);
  await assert.rejects(
    client.send(new iam.GetRoleCommand({ RoleName: `${RoleName}-none` })),
    (error) => error instanceof iam.NoSuchEntityException && error.$metadata.httpStatusCode === 404
  );
});

// A stack is the shortest way to a function whose code is written in place.
async function stack(resources, outputs = {}) {
  const client = new cloudformation.CloudFormationClient(cloud.config);
  const StackName = uniqueName();
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  const role = {
    Type: 'AWS::IAM::Role',
    Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] } },
  };
  const template = { Resources: { Role: role, ...resources }, Outputs: outputs };
  const Capabilities = ['CAPABILITY_IAM'];
  await client.send(
    new cloudformation.CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template), Capabilities })
  );
  const wait = { client, maxWaitTime: PATIENCE_SECONDS, minDelay: 1, maxDelay: 1 };
  await cloudformation.waitUntilStackCreateComplete(wait, { StackName });
  const { Stacks } = await client.send(new cloudformation.DescribeStacksCommand({ StackName }));
  return Object.fromEntries((Stacks[0].Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue]));
}

const fn = (code) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Runtime: 'nodejs20.x',
    Handler: 'index.handler',
    Timeout: 60,
    Code: { ZipFile: code },
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
  },
});

test('lambda: a function of a stack is invoked', async () => {
  const code = "exports.handler = async (event) => { if (event.fail) throw new RangeError('no'); return { got: event }; };";
  const { Name } = await stack({ Function: fn(code) }, { Name: { Value: { Ref: 'Function' } } });
  const client = new lambda.LambdaClient(cloud.config);
  const invoke = async (event) => {
    const answer = await client.send(
      new lambda.InvokeCommand({ FunctionName: Name, Payload: JSON.stringify(event), LogType: 'Tail' })
    );
    return [answer.FunctionError, JSON.parse(answer.Payload.transformToString())];
  };
  assert.deepEqual(await invoke({ a: 1 }), [undefined, { got: { a: 1 } }]);
  const [error, thrown] = await invoke({ fail: true });
  assert.deepEqual([error, thrown.errorType, thrown.errorMessage], ['Unhandled', 'RangeError', 'no']);
  await assert.rejects(
    client.send(new lambda.InvokeCommand({ FunctionName: uniqueName() })),
    (error) => error instanceof lambda.ResourceNotFoundException && error.$metadata.httpStatusCode === 404
  );
});

test('lambda: the SDK is there without being in the package', async () => {
  const code = `
    const { SQSClient, ListQueuesCommand } = require('@aws-sdk/client-sqs');
    exports.handler = async () => typeof new SQSClient({}).send + typeof ListQueuesCommand;`;
  const { Name } = await stack({ Function: fn(code) }, { Name: { Value: { Ref: 'Function' } } });
  const client = new lambda.LambdaClient(cloud.config);
  const answer = await client.send(new lambda.InvokeCommand({ FunctionName: Name }));
  assert.equal(answer.Payload.transformToString(), '"functionfunction"');
});

test('cloudformation: a wrong template is refused', async () => {
  const client = new cloudformation.CloudFormationClient(cloud.config);
  const TemplateBody = JSON.stringify({ Resources: { A: { Type: 'AWS::No::Such' } } });
  await assert.rejects(
    client.send(new cloudformation.CreateStackCommand({ StackName: uniqueName(), TemplateBody })),
    failsWith('ValidationError', 400)
  );
});

test('api gateway: an API of a stack is found', async () => {
  const name = uniqueName();
  const api = { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: name } };
  const { Id } = await stack({ Api: api }, { Id: { Value: { Ref: 'Api' } } });
  const client = new apigateway.APIGatewayClient(cloud.config);
  const found = await client.send(new apigateway.GetRestApiCommand({ restApiId: Id }));
  assert.equal(found.name, name);
  await assert.rejects(
    client.send(new apigateway.GetRestApiCommand({ restApiId: 'nothing' })),
    (error) => error instanceof apigateway.NotFoundException && error.$metadata.httpStatusCode === 404
  );
});
