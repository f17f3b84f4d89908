// DynamoDB with the SDK and its document client. Codes and texts: the DynamoDB API reference.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';

import { PATIENCE_SECONDS, failsWith, startCloud, uniqueName } from './cloud.mjs';

let cloud;
let client;
let documents;
const table = uniqueName();
before(async () => {
  cloud = await startCloud();
  client = new dynamodb.DynamoDBClient(cloud.config);
  documents = lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [
        { AttributeName: 'user', AttributeType: 'S' },
        { AttributeName: 'at', AttributeType: 'N' },
        { AttributeName: 'kind', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'user', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-kind',
          KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    })
  );
  await dynamodb.waitUntilTableExists({ client, maxWaitTime: PATIENCE_SECONDS, minDelay: 0.1 }, { TableName: table });
});
after(() => cloud.stop());

test('documents come back as they were', async () => {
  const item = {
    user: 'u',
    at: 1,
    kind: 'note',
    nested: { list: [1, 'x', true, null, { deep: [] }] },
    bytes: new Uint8Array([0, 255]),
    tags: new Set(['a', 'b']),
    missing: undefined,
  };
  await documents.send(new lib.PutCommand({ TableName: table, Item: item }));
  const { Item } = await documents.send(new lib.GetCommand({ TableName: table, Key: { user: 'u', at: 1 } }));
  delete item.missing;
  assert.deepEqual(Item, item);
});

test('updates answer what they changed', async () => {
  const key = { user: 'u', at: 2 };
  const command = (values) =>
    new lib.UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: 'SET #c = if_not_exists(#c, :zero) + :n, items = list_append(if_not_exists(items, :none), :new)',
      ExpressionAttributeNames: { '#c': 'count' },
      ExpressionAttributeValues: { ':zero': 0, ':none': [], ...values },
      ReturnValues: 'UPDATED_NEW',
    });
  await assert.rejects(documents.send(command({ ':n': 1, ':new': ['a'] })), (error) => {
    assert.equal(error.name, 'ValidationException');
    return /reserved keyword: items/.test(error.message);
  });
  const fixed = (values) => {
    const update = command(values);
    update.input.UpdateExpression = update.input.UpdateExpression.replaceAll(/\bitems\b/g, 'entries');
    return documents.send(update);
  };
  await fixed({ ':n': 1, ':new': ['a'] });
  const { Attributes } = await fixed({ ':n': 2, ':new': ['b'] });
  assert.deepEqual(Attributes, { count: 3, entries: ['a', 'b'] });
});

test('pages follow each other', async () => {
  for (let at = 10; at < 35; at += 1) {
    await documents.send(new lib.PutCommand({ TableName: table, Item: { user: 'pages', at, kind: at % 2 ? 'odd' : 'even' } }));
  }
  const found = [];
  const query = { TableName: table, KeyConditionExpression: '#u = :u', ExpressionAttributeNames: { '#u': 'user' } };
  for await (const page of lib.paginateQuery(
    { client: documents, pageSize: 10 },
    { ...query, ExpressionAttributeValues: { ':u': 'pages' } }
  )) {
    found.push(page.Items.map((item) => item.at));
  }
  assert.deepEqual(found.map((page) => page.length), [10, 10, 5]);
  assert.deepEqual(found.flat(), Array.from({ length: 25 }, (_, n) => n + 10));
  const odd = await documents.send(
    new lib.QueryCommand({
      TableName: table,
      IndexName: 'by-kind',
      KeyConditionExpression: 'kind = :k',
      ExpressionAttributeValues: { ':k': 'odd' },
    })
  );
  assert.equal(odd.Count, 12);
});

test('errors have their classes and carry the item', async () => {
  const Item = { user: 'once', at: 1, value: 'first' };
  const put = new lib.PutCommand({
    TableName: table,
    Item,
    ConditionExpression: 'attribute_not_exists(#u)',
    ExpressionAttributeNames: { '#u': 'user' },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  await documents.send(put);
  await assert.rejects(documents.send(put), (error) => {
    assert.ok(error instanceof dynamodb.ConditionalCheckFailedException);
    assert.equal(error.message, 'The conditional request failed');
    assert.deepEqual(error.Item.value, { S: 'first' });
    return true;
  });
  await assert.rejects(
    documents.send(new lib.GetCommand({ TableName: uniqueName(), Key: { user: 'x' } })),
    (error) => error instanceof dynamodb.ResourceNotFoundException && error.$metadata.httpStatusCode === 400
  );
  await assert.rejects(
    documents.send(new lib.GetCommand({ TableName: table, Key: { user: 'x' } })),
    failsWith('ValidationException', 400)
  );
});

test('statements take parameters', async () => {
  const run = (Statement, Parameters) => documents.send(new lib.ExecuteStatementCommand({ Statement, Parameters }));
  await run(`INSERT INTO "${table}" VALUE {'user': ?, 'at': ?, 'tags': ?}`, ['sql', 1, ['a', { b: 1 }]]);
  const { Items } = await run(`SELECT tags FROM "${table}" WHERE "user" = ? AND "at" IN [?, ?]`, ['sql', 1, 2]);
  assert.deepEqual(Items, [{ tags: ['a', { b: 1 }] }]);
  await assert.rejects(run(`INSERT INTO "${table}" VALUE {'user': 'sql', 'at': 1}`), failsWith('DuplicateItemException'));
});

test('batches and transactions', async () => {
  const Item = (at) => ({ user: 'batch', at, kind: 'even' });
  const puts = [1, 2, 3].map((at) => ({ PutRequest: { Item: Item(at) } }));
  const written = await documents.send(new lib.BatchWriteCommand({ RequestItems: { [table]: puts } }));
  assert.deepEqual(written.UnprocessedItems, {});
  const Keys = [1, 2, 9].map((at) => ({ user: 'batch', at }));
  const { Responses } = await documents.send(new lib.BatchGetCommand({ RequestItems: { [table]: { Keys } } }));
  assert.deepEqual(Responses[table].map((item) => item.at).sort(), [1, 2]);
  const move = (from, to) =>
    new lib.TransactWriteCommand({
      TransactItems: [
        { Delete: { TableName: table, Key: { user: 'batch', at: from } } },
        { Put: { TableName: table, Item: Item(to), ConditionExpression: 'attribute_not_exists(kind)' } },
      ],
    });
  await documents.send(move(3, 4));
  await assert.rejects(documents.send(move(1, 4)), (error) => {
    assert.ok(error instanceof dynamodb.TransactionCanceledException);
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ConditionalCheckFailed']);
    return true;
  });
  const get = (at) => ({ Get: { TableName: table, Key: { user: 'batch', at } } });
  const read = await documents.send(new lib.TransactGetCommand({ TransactItems: [get(1), get(3), get(4)] }));
  assert.deepEqual(read.Responses, [{ Item: Item(1) }, {}, { Item: Item(4) }]);
});

test('a table is changed and describes itself', async () => {
  const TableName = uniqueName();
  const KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' }];
  const AttributeDefinitions = ['id', 'kind'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName,
      KeySchema,
      AttributeDefinitions: AttributeDefinitions.slice(0, 1),
      BillingMode: 'PAY_PER_REQUEST',
    })
  );
  await documents.send(new lib.PutCommand({ TableName, Item: { id: 'early', kind: 'a' } }));
  await client.send(
    new dynamodb.UpdateTableCommand({
      TableName,
      AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-kind',
            KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        },
      ],
    })
  );
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' };
  await client.send(new dynamodb.UpdateTableCommand({ TableName, StreamSpecification }));
  const describe = async () => (await client.send(new dynamodb.DescribeTableCommand({ TableName }))).Table;
  let described = await describe();
  for (let left = 10 * PATIENCE_SECONDS; described.GlobalSecondaryIndexes[0].IndexStatus !== 'ACTIVE'; left--) {
    assert.ok(left > 0, 'the index is not ready');
    await new Promise((done) => setTimeout(done, 100));
    described = await describe();
  }
  assert.match(described.LatestStreamArn, /\/stream\//);
  const found = await documents.send(
    new lib.QueryCommand({
      TableName,
      IndexName: 'by-kind',
      KeyConditionExpression: 'kind = :k',
      ExpressionAttributeValues: { ':k': 'a' },
    })
  );
  assert.deepEqual(found.Items, [{ id: 'early', kind: 'a' }]);
  await client.send(new dynamodb.DeleteTableCommand({ TableName }));
});
