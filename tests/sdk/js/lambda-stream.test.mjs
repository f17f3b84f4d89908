// InvokeWithResponseStream: events as the SDK reads them.
import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { failsWith, startCloud, uniqueName } from './cloud.mjs';

const CODE = `
exports.handler = awslambda.streamifyResponse(async (event, out) => {
  if (event.early) throw new RangeError('early');
  for (const word of event.words) out.write(word);
  if (event.late) throw new TypeError('late');
  out.end();
});`;

let cloud, lambda, name;

before(async () => {
  cloud = await startCloud();
  lambda = new LambdaClient(cloud.config);
  name = uniqueName();
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  const role = await new IAMClient(cloud.config).send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: 'nodejs20.x',
      Handler: 'index.handler',
      Timeout: 60,
      Role: role.Role.Arn,
      Code: { ZipFile: zipOf('index.js', CODE) },
    }),
  );
});

after(() => cloud.stop());

async function stream(event, more) {
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: name, Payload: JSON.stringify(event), ...more }),
  );
  const chunks = [];
  let complete;
  for await (const one of answer.EventStream) {
    if (one.PayloadChunk) chunks.push(Buffer.from(one.PayloadChunk.Payload).toString());
    if (one.InvokeComplete) complete = one.InvokeComplete;
  }
  return { answer, chunks, complete };
}

test('chunks come as they were written, and the end says so', async () => {
  const { answer, chunks, complete } = await stream({ words: ['one ', 'two'] }, { LogType: 'Tail' });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, '$LATEST']);
  assert.equal(answer.ResponseStreamContentType, 'application/vnd.amazon.eventstream');
  assert.deepEqual(chunks, ['one ', 'two']);
  assert.equal(complete.ErrorCode, undefined);
  assert.match(Buffer.from(complete.LogResult, 'base64').toString(), /^START RequestId: /);
});

test('errors are told at the end, wherever they happened', async () => {
  for (const [event, expected] of [
    [{ early: true }, ['early', []]],
    [{ late: true, words: ['half'] }, ['late', ['half']]],
  ]) {
    const { chunks, complete } = await stream(event);
    assert.equal(complete.ErrorCode, 'Unhandled');
    assert.deepEqual([JSON.parse(complete.ErrorDetails).errorMessage, chunks], expected);
  }
});

test('what cannot be invoked is refused before a stream begins', async () => {
  const missing = new InvokeWithResponseStreamCommand({ FunctionName: uniqueName() });
  await assert.rejects(lambda.send(missing), failsWith('ResourceNotFoundException', 404));
  const dry = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, InvocationType: 'DryRun' }));
  assert.equal(dry.StatusCode, 204);
});

// A zip file of one file (APPNOTE.TXT 4.3), so that the tests need no library for it.
function zipOf(path, text) {
  const data = Buffer.from(text);
  const packed = deflateRawSync(data);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(data), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(data.length, 18);
  fields.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(path), packed]);
  const more = Buffer.alloc(14);
  more.writeUInt32LE(0o100644 * 0x10000, 6);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), fields, more, Buffer.from(path)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

function crc32(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
