import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';

import * as s3 from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { failsWith, startCloud, uniqueName } from './cloud.mjs';

const MIB = 1024 * 1024;
let cloud;
let client;
const Bucket = uniqueName();
before(async () => {
  cloud = await startCloud();
  client = new s3.S3Client({ ...cloud.config, forcePathStyle: true });
  await client.send(new s3.CreateBucketCommand({ Bucket }));
});
after(() => cloud.stop());

test('an object is put and got, with the checksums that the SDK adds', async () => {
  const put = await client.send(
    new s3.PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'text', ContentType: 'text/plain', Metadata: { a: 'b' } })
  );
  assert.ok(put.ChecksumCRC32);
  const got = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'a b/ü', ChecksumMode: 'ENABLED' }));
  assert.equal(await got.Body.transformToString(), 'text');
  assert.deepEqual([got.ContentType, got.Metadata], ['text/plain', { a: 'b' }]);
});

test('a stream is uploaded in chunks with a trailing checksum, and in parts', async () => {
  const body = randomBytes(6 * MIB);
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  await client.send(
    new s3.PutObjectCommand({
      Bucket,
      Key: 'stream',
      Body: Readable.from([body.subarray(0, MIB), body.subarray(MIB)]),
      ContentLength: body.length,
      ChecksumAlgorithm: 'SHA256',
    })
  );
  const got = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'stream' }));
  assert.equal(hash(await got.Body.transformToByteArray()), hash(body));
  await new Upload({ client, params: { Bucket, Key: 'parts', Body: body }, partSize: 5 * MIB }).done();
  const parts = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'parts' }));
  assert.equal(hash(await parts.Body.transformToByteArray()), hash(body));
});

test('lists are paged', async () => {
  for (const Key of ['p/1', 'p/2', 'p/3']) await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: '' }));
  const keys = [];
  const pages = s3.paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: 'p/' });
  for await (const page of pages) keys.push(...page.Contents.map((entry) => entry.Key));
  assert.deepEqual(keys, ['p/1', 'p/2', 'p/3']);
});

test('a presigned address works without credentials', async () => {
  const put = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 });
  assert.equal((await fetch(put, { method: 'PUT', body: 'signed' })).status, 200);
  const get = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), 'signed');
});

test('errors have their classes', async () => {
  await assert.rejects(
    client.send(new s3.GetObjectCommand({ Bucket, Key: 'none' })),
    (error) => error instanceof s3.NoSuchKey && error.$metadata.httpStatusCode === 404
  );
  await assert.rejects(client.send(new s3.HeadObjectCommand({ Bucket, Key: 'none' })), failsWith('NotFound', 404));
  await assert.rejects(client.send(new s3.DeleteBucketCommand({ Bucket })), failsWith('BucketNotEmpty', 409));
});
