// Custom::S3: a function hears of a bucket that was there before its stack.
//
// CloudFormation sets the notifications of a bucket only where it makes the bucket. This function adds those of one
// function to whatever the bucket tells others, and takes them away again. Ids of statements, notifications and the
// resource are those that Serverless Framework gives: a stack may have been deployed by either.
'use strict';

const { createHash } = require('node:crypto');

const lambda = require('@aws-sdk/client-lambda');
const s3 = require('@aws-sdk/client-s3');

const functions = new lambda.LambdaClient({});
const buckets = new s3.S3Client({});

// Longest id of a statement that the framework makes.
const STATEMENT_LENGTH_MAX = 100;

exports.handler = async (event, context) => {
  const answer = {
    Status: 'SUCCESS',
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    PhysicalResourceId: event.PhysicalResourceId ?? 'CustomResourceExistingS3',
  };
  try {
    await act(event, context.invokedFunctionArn);
  } catch (error) {
    console.error(error);
    answer.Status = 'FAILED';
    answer.Reason = `${error.message} (see the log stream ${context.logStreamName})`;
  }
  // As bytes: the URL of AWS is signed for a request without a media type.
  const response = await fetch(event.ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(answer)) });
  if (!response.ok) throw new Error(`the answer was refused with status ${response.status}`);
};

async function act({ RequestType, ResourceProperties: wanted, OldResourceProperties: old }, own) {
  if (RequestType === 'Delete') return leave(wanted);
  const moves = old && (old.BucketName !== wanted.BucketName || old.FunctionName !== wanted.FunctionName);
  if (moves) await leave(old);
  if (RequestType === 'Create' || moves) await permit(wanted, own);
  await listen(wanted, own);
}

// Lets the bucket invoke the function. A statement that an earlier attempt left is made anew.
async function permit(resource, own) {
  const [, partition, , , account] = own.split(':');
  await forbid(resource);
  await functions.send(
    new lambda.AddPermissionCommand({
      FunctionName: resource.FunctionName,
      StatementId: statementOf(resource),
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceArn: `arn:${partition}:s3:::${resource.BucketName}`,
      SourceAccount: account,
    })
  );
}

async function forbid(resource) {
  const { FunctionName } = resource;
  const statement = new lambda.RemovePermissionCommand({ FunctionName, StatementId: statementOf(resource) });
  await functions.send(statement).catch(unless('ResourceNotFoundException'));
}

// The function's notifications in the place of those that it had.
async function listen(resource, own) {
  const arn = own.split(':').slice(0, 6).concat(resource.FunctionName).join(':');
  const notifications = resource.BucketConfigs.map((config) => ({
    Id: idOf(resource, config),
    LambdaFunctionArn: arn,
    Events: [config.Event],
    ...(config.Rules?.length && { Filter: { Key: { FilterRules: config.Rules.map(ruleOf) } } }),
  }));
  await replace(resource, notifications);
}

// What is gone already, or is no longer ours to change, does not keep a stack from being changed or deleted.
async function leave(resource) {
  await forbid(resource);
  await replace(resource, []).catch(unless('NoSuchBucket', 'AccessDenied'));
}

async function replace(resource, notifications) {
  const Bucket = resource.BucketName;
  const { $metadata, ...all } = await buckets.send(new s3.GetBucketNotificationConfigurationCommand({ Bucket }));
  const others = (all.LambdaFunctionConfigurations ?? []).filter(({ Id }) => !isOf(resource, Id));
  const NotificationConfiguration = { ...all, LambdaFunctionConfigurations: [...others, ...notifications] };
  await buckets.send(new s3.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

function statementOf({ FunctionName, BucketName }) {
  return `${FunctionName}-${BucketName.replaceAll(/[.:*]/g, '')}`.slice(0, STATEMENT_LENGTH_MAX);
}

function idOf({ FunctionName }, config) {
  return `${FunctionName}-${createHash('md5').update(JSON.stringify(config)).digest('hex')}`;
}

function isOf({ FunctionName }, id = '') {
  return id.startsWith(`${FunctionName}-`) && /^[0-9a-f]{32}$/.test(id.slice(FunctionName.length + 1));
}

// `{ Prefix: 'in/' }` as S3 has it.
function ruleOf(rule) {
  const [[name, Value]] = Object.entries(rule);
  return { Name: name.toLowerCase(), Value };
}

const unless = (...names) => (error) => {
  if (!names.includes(error.name)) throw error;
};
