// The items behind a REST API.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

import { create, get, remove, update, type Description } from './items';

/** Ends a request with a status other than 200. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  try {
    return await route(event);
  } catch (error) {
    if (error instanceof Refusal) return answer(error.status, { message: error.message });
    throw error;
  }
}

async function route({ httpMethod, pathParameters, body }: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const id = pathParameters?.id ?? '';
  switch (httpMethod) {
    case 'POST':
      return answer(201, await create(described(body)));
    case 'PUT':
      return answer(200, found(id, await update(id, described(body))));
    case 'DELETE':
      return answer(200, found(id, await remove(id)));
    default:
      return answer(200, found(id, await get(id)));
  }
}

function found<T>(id: string, item: T | undefined): T {
  if (item === undefined) throw new Refusal(404, `There is no item ${id}`);
  return item;
}

function described(body: string | null): Description {
  const { name, price, tags = [] } = parsed(body);
  if (typeof name !== 'string' || name.length < 1 || name.length > 100) {
    throw new Refusal(400, 'name must be a text of 1 to 100 characters');
  }
  if (typeof price !== 'number' || price < 0) {
    throw new Refusal(400, 'price must be a number that is not negative');
  }
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw new Refusal(400, 'tags must be a list of texts');
  }
  return { name, price, tags };
}

function parsed(body: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Answered as any other body that is no object.
  }
  throw new Refusal(400, 'The body must be a JSON object');
}

function answer(statusCode: number, value: object): APIGatewayProxyResult {
  return { statusCode, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}
