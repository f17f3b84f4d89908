const assert = require('node:assert/strict');
const { test } = require('node:test');

const app = require('./app');
const { handler } = require('./handler');

async function listening(run) {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await run(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
  }
}

test('a plain server answers', () =>
  listening(async (url) => {
    const put = await fetch(`${url}/notes/1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'milk' }),
    });
    assert.equal(put.status, 201);
    const got = await fetch(`${url}/notes/1`);
    assert.deepEqual(await got.json(), { id: '1', text: 'milk' });
    assert.equal((await fetch(`${url}/nothing`)).status, 404);
  }));

test('a function answers the same', async () => {
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/echo',
    rawQueryString: 'a=1',
    headers: { 'user-agent': 'test' },
    requestContext: { http: { method: 'GET', path: '/echo', sourceIp: '127.0.0.1' }, stage: '$default' },
    isBase64Encoded: false,
  };
  const answer = await handler(event, {});
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(JSON.parse(answer.body), { query: { a: '1' }, agent: 'test' });
});
