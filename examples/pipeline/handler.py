"""Counts the words of many texts: a request fans out to a queue, and a second queue brings the counts together."""

import json
import os
import uuid

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")

TABLE = os.environ["TABLE"]
# The item of a job that counts its parts; the others are the parts themselves.
JOB = "job"
# Texts of one request.
TEXTS_MAX = 1000


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def key(job, part):
    return {"id": {"S": job}, "part": {"S": part}}


def send(queue, messages):
    """Sends messages, ten in a call."""
    for begin in range(0, len(messages), 10):
        entries = [
            {"Id": str(index), "MessageBody": json.dumps(message)}
            for index, message in enumerate(messages[begin : begin + 10])
        ]
        failed = sqs.send_message_batch(QueueUrl=os.environ[queue], Entries=entries).get("Failed")
        if failed:
            raise RuntimeError(f"messages were not sent: {failed}")


def start(event, context):
    """POST /jobs: a list of texts."""
    try:
        texts = json.loads(event["body"] or "")
    except ValueError:
        return answer(400, {"message": "The body is no JSON"})
    if not isinstance(texts, list) or not 1 <= len(texts) <= TEXTS_MAX:
        return answer(400, {"message": f"The body is no list of 1 to {TEXTS_MAX} texts"})
    job = str(uuid.uuid4())
    item = {**key(job, JOB), "parts": {"N": str(len(texts))}, "counted": {"N": "0"}, "words": {"N": "0"}}
    dynamodb.put_item(TableName=TABLE, Item=item)
    send("WORK", [{"job": job, "part": index, "text": text} for index, text in enumerate(texts)])
    return answer(202, {"id": job, "parts": len(texts)})


def show(event, context):
    """GET /jobs/{id}: how far it is."""
    job = event["pathParameters"]["id"]
    item = dynamodb.get_item(TableName=TABLE, Key=key(job, JOB), ConsistentRead=True).get("Item")
    if not item:
        return answer(404, {"message": f"There is no job {job}"})
    parts, counted, words = (int(item[name]["N"]) for name in ("parts", "counted", "words"))
    return answer(200, {"id": job, "parts": parts, "counted": counted, "words": words, "done": parts == counted})


def each(event, work):
    """Does the work of each message; reports those that failed, so that only they come again."""
    failures = []
    for record in event["Records"]:
        try:
            work(json.loads(record["body"]))
        except Exception as error:
            print(f"message {record['messageId']} failed: {error!r}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def count_words(event, context):
    """The first queue: counts the words of one text."""

    def count(message):
        words = len(message["text"].split())  # What is no text fails, and ends in the dead-letter queue.
        send("PARTS", [{"job": message["job"], "part": message["part"], "words": words}])

    return each(event, count)


def add_up(event, context):
    """The second queue: adds each count to its job once, however often its message comes."""

    def add(message):
        seen = {**key(message["job"], f"part-{message['part']}"), "words": {"N": str(message["words"])}}
        count = {
            "TableName": TABLE,
            "Key": key(message["job"], JOB),
            "UpdateExpression": "ADD counted :one, words :words",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":words": seen["words"]},
        }
        once = {"TableName": TABLE, "Item": seen, "ConditionExpression": "attribute_not_exists(id)"}
        try:
            dynamodb.transact_write_items(TransactItems=[{"Put": once}, {"Update": count}])
        except dynamodb.exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
                raise

    return each(event, add)
