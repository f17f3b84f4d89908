"""A project whose functions hear of topics and buckets, in the forms that serverless.yml has for them."""

import json
import os
import subprocess

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, until

CONFIGURATION = """
service: SERVICE
provider:
  name: aws
  runtime: nodejs20.x
  stage: dev
  # The framework adds no permission for an `onError` that is no text.
  iam: { role: { statements: [{ Effect: Allow, Action: sns:Publish, Resource: !Ref Letters }] } }
functions:
  hear:
    handler: index.handler
    destinations:
      onSuccess:
        type: sqs
        arn: !GetAtt Heard.Arn
    onError: !Ref Letters
    events:
      - sns: SERVICE-named
      - sns:
          topicName: SERVICE-filtered
          displayName: Filtered
          filterPolicy: { kind: [wanted] }
      - sns:
          arn: !Ref Own
          topicName: SERVICE-own
          redrivePolicy:
            deadLetterTargetRef: Dead
      - s3:
          bucket: SERVICE-new
          event: s3:ObjectCreated:*
          rules:
            - suffix: .txt
      - s3:
          bucket: SERVICE-new
          event: s3:ObjectRemoved:*
          rules:
            - prefix: b
resources:
  Resources:
    Own: { Type: AWS::SNS::Topic, Properties: { TopicName: SERVICE-own } }
    Letters: { Type: AWS::SNS::Topic }
    Heard: { Type: AWS::SQS::Queue, Properties: { QueueName: SERVICE-heard } }
    Dead: { Type: AWS::SQS::Queue }
"""


@pytest.fixture(scope="module")
def service(cloud, tmp_path_factory):
    name = "notified"
    folder = tmp_path_factory.mktemp(name)
    (folder / "serverless.yml").write_text(CONFIGURATION.replace("SERVICE", name))
    (folder / "index.js").write_text("exports.handler = async (event) => event.Records[0];")

    def run(*arguments):
        binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
        done = subprocess.run(
            [str(binary), *arguments], cwd=folder, env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("deploy")
    yield name
    cloud.client("s3", s3={"addressing_style": "path"}).delete_object(Bucket=f"{name}-new", Key="a.txt")
    run("remove")


def heard(cloud, service):
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{service}-heard")["QueueUrl"]
    receive = lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages")
    [message] = until("something is heard", receive)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])["responsePayload"]


def test_functions_hear_of_topics(cloud, service):
    sns = cloud.client("sns")
    topic = "arn:aws:sns:us-east-1:000000000000:" + service
    for kind in ["named", "own"]:
        sns.publish(TopicArn=f"{topic}-{kind}", Message=kind)
        assert heard(cloud, service)["Sns"]["Message"] == kind
    for kind in ["unwanted", "wanted"]:
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=f"{topic}-filtered", Message=kind, MessageAttributes=attributes)
    assert heard(cloud, service)["Sns"]["Message"] == "wanted"
    assert sns.get_topic_attributes(TopicArn=f"{topic}-filtered")["Attributes"]["DisplayName"] == "Filtered"
    listed = sns.list_subscriptions_by_topic(TopicArn=f"{topic}-own")["Subscriptions"]
    shown = sns.get_subscription_attributes(SubscriptionArn=listed[0]["SubscriptionArn"])["Attributes"]
    assert ":sqs:" in json.loads(shown["RedrivePolicy"])["deadLetterTargetArn"]


def test_functions_hear_of_buckets(cloud, service):
    s3 = cloud.client("s3", s3={"addressing_style": "path"})
    s3.put_object(Bucket=f"{service}-new", Key="a.jpg", Body=b"x")
    s3.delete_object(Bucket=f"{service}-new", Key="a.jpg")
    s3.put_object(Bucket=f"{service}-new", Key="a.txt", Body=b"x")
    record = heard(cloud, service)
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "a.txt")
    s3.put_object(Bucket=f"{service}-new", Key="b", Body=b"x")
    s3.delete_object(Bucket=f"{service}-new", Key="b")
    record = heard(cloud, service)
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectRemoved:Delete", "b")
