"""SQS with boto3. Codes and shapes: the SQS API reference."""

import hashlib
import time

from conftest import fails


def queue(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def test_a_queue_is_made_found_listed_and_deleted(sqs, name):
    url = queue(sqs, name, VisibilityTimeout="5")
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix=name)["QueueUrls"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "5"
    assert attributes["QueueArn"] == f"arn:aws:sqs:us-east-1:000000000000:{name}"
    assert queue(sqs, name, VisibilityTimeout="5") == url
    fails("QueueAlreadyExists", sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "6"})
    sqs.delete_queue(QueueUrl=url)
    error = fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name)
    assert error["Message"] == "The specified queue does not exist."


def test_a_message_goes_through_with_its_attributes_and_hashes(sqs, name):
    url = queue(sqs, name)
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hällo", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5("hällo".encode()).hexdigest()
    received = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"]
    assert len(received) == 1
    message = received[0]
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hällo")
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\x01"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_received_message_is_hidden_until_its_visibility_ends(sqs, name):
    url = queue(sqs, name)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a"


def test_a_long_poll_ends_when_a_message_comes(cloud, sqs, name):
    url = queue(sqs, name)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    start = time.monotonic()
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert messages[0]["Body"] == "later"
    # A poll that did not hear of it would look once more at its end.
    assert time.monotonic() - start < 19


def test_batches_say_what_failed(sqs, name):
    url = queue(sqs, name)
    entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(3)]
    entries.append({"Id": "late", "MessageBody": "x", "DelaySeconds": 901})
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["0", "1", "2"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]] == [
        ("late", "InvalidParameterValue", True)
    ]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    done = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(received)],
    )
    assert len(done["Successful"]) == 3
    twice = [{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}]
    fails("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", sqs.send_message_batch, QueueUrl=url, Entries=twice)
    fails("AWS.SimpleQueueService.EmptyBatchRequest", sqs.send_message_batch, QueueUrl=url, Entries=[])


def test_a_fifo_queue_keeps_order_and_drops_repeats(sqs, name):
    url = queue(sqs, f"{name}.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ["1", "2", "2", "3"]:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["1", "2", "3"]
    fails("MissingParameter", sqs.send_message, QueueUrl=url, MessageBody="x")


def test_a_message_that_is_received_too_often_goes_to_the_dead_letters(sqs, name):
    dead = queue(sqs, f"{name}-dead")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = queue(sqs, name, RedrivePolicy=f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"1"}}', VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "bad"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "bad"


def test_tags_purge_and_wrong_handles(sqs, name):
    url = queue(sqs, name)
    sqs.tag_queue(QueueUrl=url, Tags={"a": "b", "c": "d"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["c"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    fails("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)
    fails("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
    fails("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="x", DelaySeconds=901)
