// Kinesis in CBOR, as the SDKs for Java speak it: awsJson 1.1 with another notation. The SDK for JavaScript does not, so
// that requests are made here, with its own parts for CBOR and signatures.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { cbor, tag } from '@smithy/core/cbor';
import { SignatureV4 } from '@smithy/signature-v4';

import { startCloud, uniqueName } from './cloud.mjs';

const CBOR = 'application/x-amz-cbor-1.1';

let cloud;
before(async () => {
  cloud = await startCloud();
});
after(() => cloud.stop());

class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return this.hash.digest();
  }
}

// Calls an operation; `input` may be bytes that are no CBOR.
async function call(operation, input) {
  const { host, hostname, port } = new URL(cloud.url);
  const signer = new SignatureV4({ ...cloud.config, service: 'kinesis', sha256: Sha256 });
  const body = input instanceof Uint8Array ? input : cbor.serialize(input);
  const headers = { host, 'content-type': CBOR, 'x-amz-target': `Kinesis_20131202.${operation}` };
  const request = { method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', query: {}, headers, body };
  const signed = await signer.sign(request);
  delete signed.headers.host;
  const response = await fetch(cloud.url, { method: 'POST', headers: signed.headers, body });
  assert.equal(response.headers.get('content-type'), CBOR);
  return { status: response.status, output: cbor.deserialize(new Uint8Array(await response.arrayBuffer())) };
}

async function stream() {
  const StreamName = uniqueName();
  const { status } = await call('CreateStream', { StreamName, ShardCount: 1 });
  assert.equal(status, 200);
  for (let state = ''; state !== 'ACTIVE'; ) {
    const { output } = await call('DescribeStreamSummary', { StreamName });
    state = output.StreamDescriptionSummary.StreamStatus;
  }
  return StreamName;
}

test('blobs are byte strings, instants are milliseconds after tag 1', async () => {
  const StreamName = await stream();
  const from = Date.now() - 60_000;
  const data = new Uint8Array([0, 1, 254, 255]);
  const put = await call('PutRecords', { StreamName, Records: [{ PartitionKey: 'k', Data: data }] });
  assert.equal(put.status, 200);
  assert.equal(put.output.FailedRecordCount, 0);
  const { output } = await call('GetShardIterator', {
    StreamName,
    ShardId: put.output.Records[0].ShardId,
    ShardIteratorType: 'AT_TIMESTAMP',
    Timestamp: tag({ tag: 1, value: from }),
  });
  const got = await call('GetRecords', output);
  const [record] = got.output.Records;
  assert.deepEqual(new Uint8Array(record.Data), data);
  assert.equal(record.SequenceNumber, put.output.Records[0].SequenceNumber);
  assert.equal(record.ApproximateArrivalTimestamp.tag, 1);
  const arrived = Number(record.ApproximateArrivalTimestamp.value);
  assert.ok(arrived >= from && arrived <= Date.now() + 60_000, `${arrived}`);
});

test('errors come in CBOR, too', async () => {
  const StreamName = uniqueName();
  const missing = await call('DescribeStream', { StreamName });
  assert.equal(missing.status, 400);
  assert.equal(missing.output.__type, 'ResourceNotFoundException');
  assert.equal(missing.output.message, `Stream ${StreamName} under account 000000000000 not found.`);
  const broken = await call('ListStreams', new Uint8Array([0xbf, 0x65, 0x4c]));
  assert.deepEqual([broken.status, broken.output], [400, { __type: 'SerializationException' }]);
  const wrong = await call('ListStreams', { Limit: 'ten' });
  assert.equal(wrong.output.message, 'STRING_VALUE can not be converted to an Integer');
});
