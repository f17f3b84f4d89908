// The items in the table.
import { randomUUID } from 'node:crypto';

import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

/** What a caller says about an item. */
export interface Description {
  name: string;
  price: number;
  tags: string[];
}

export interface Item extends Description {
  id: string;
  createdAt: string;
  updatedAt: string;
}

const TableName = process.env.TABLE;
const EXISTS = 'attribute_exists(id)';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function create(description: Description): Promise<Item> {
  const now = new Date().toISOString();
  const Item = { id: randomUUID(), ...description, createdAt: now, updatedAt: now };
  await table.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(id)' }));
  return Item;
}

export async function get(id: string): Promise<Item | undefined> {
  const { Item } = await table.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }));
  return Item as Item | undefined;
}

/** The new item, or nothing where there was none. */
export async function update(id: string, { name, price, tags }: Description): Promise<Item | undefined> {
  const { Attributes } = await ifItExists(() =>
    table.send(
      new UpdateCommand({
        TableName,
        Key: { id },
        UpdateExpression: 'SET #name = :name, price = :price, tags = :tags, updatedAt = :now',
        ConditionExpression: EXISTS,
        ExpressionAttributeNames: { '#name': 'name' },
        ExpressionAttributeValues: {
          ':name': name,
          ':price': price,
          ':tags': tags,
          ':now': new Date().toISOString(),
        },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  );
  return Attributes as Item | undefined;
}

/** The item as it was, or nothing where there was none. */
export async function remove(id: string): Promise<Item | undefined> {
  const { Attributes } = await table.send(new DeleteCommand({ TableName, Key: { id }, ReturnValues: 'ALL_OLD' }));
  return Attributes as Item | undefined;
}

async function ifItExists<T extends object>(write: () => Promise<T>): Promise<Partial<T>> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return {};
    throw error;
  }
}
