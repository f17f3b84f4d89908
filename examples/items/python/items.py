"""The items in the table."""

import os
import uuid
from datetime import datetime, timezone

import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def create(description):
    time = now()
    item = {"id": str(uuid.uuid4()), **description, "createdAt": time, "updatedAt": time}
    table.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    return item


def get(key):
    return table.get_item(Key={"id": key}, ConsistentRead=True).get("Item")


def update(key, description):
    """The new item, or nothing where there was none."""
    try:
        changed = table.update_item(
            Key={"id": key},
            UpdateExpression="SET #name = :name, price = :price, tags = :tags, updatedAt = :now",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={
                ":name": description["name"],
                ":price": description["price"],
                ":tags": description["tags"],
                ":now": now(),
            },
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    return changed["Attributes"]


def remove(key):
    """The item as it was, or nothing where there was none."""
    return table.delete_item(Key={"id": key}, ReturnValues="ALL_OLD").get("Attributes")
