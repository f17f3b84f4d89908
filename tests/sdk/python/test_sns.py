"""SNS with boto3, and what hangs on topics: functions, destinations, objects. Shapes: the SNS developer guide."""

import http.server
import json
import os
import subprocess
import threading

import pytest

from conftest import PATIENCE_SECONDS, REPOSITORY, WAIT, archive, fails, until


@pytest.fixture
def sns(cloud):
    return cloud.client("sns")


def queue_for(sqs, name, principal):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def next_body(sqs, url):
    receive = lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages")
    [message] = until("a message", receive)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def test_a_topic_fans_out_to_queues(sns, sqs, name):
    topic = sns.create_topic(Name=name, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    url, arn = queue_for(sqs, name, "sns.amazonaws.com")
    made = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"FilterPolicy": json.dumps({"kind": ["x"]})},
        ReturnSubscriptionArn=True,
    )
    shown = sns.get_subscription_attributes(SubscriptionArn=made["SubscriptionArn"])["Attributes"]
    assert (shown["PendingConfirmation"], shown["FilterPolicyScope"]) == ("false", "MessageAttributes")
    sns.publish(TopicArn=topic, Message="unwanted")
    kind = {"kind": {"DataType": "String", "StringValue": "x"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = sns.publish(TopicArn=topic, Message="hällo", Subject="s", MessageAttributes=kind)
    got = next_body(sqs, url)
    assert (got["Type"], got["MessageId"], got["Message"], got["Subject"]) == ("Notification", sent["MessageId"], "hällo", "s")
    assert got["MessageAttributes"]["raw"] == {"Type": "Binary", "Value": "AP8="}
    batch = [{"Id": "1", "Message": "m", "MessageAttributes": kind}, {"Id": "2", "Message": "m", "Subject": "\n"}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)
    assert [one["Id"] for one in answer["Successful"]] == ["1"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [("2", "InvalidParameter", True)]
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "a", "Value": "b"}]
    error = fails("NotFound", sns.publish, TopicArn=topic + "x", Message="m")
    assert error["Message"] == "Topic does not exist"


def test_a_mail_is_confirmed_by_its_link_and_read_in_the_inbox(cloud, sns, name):
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@example.com")
    link = next(word for word in inbox(cloud, name)[0]["body"].split() if "Action=ConfirmSubscription" in word)
    status, _, body = cloud.ask(link)
    assert status == 200, body
    assert b"<SubscriptionArn>" + topic.encode() in body
    sns.publish(TopicArn=topic, Message="hi", Subject="greeting")
    newest = inbox(cloud, name)[0]
    assert (newest["subject"], newest["body"].splitlines()[0]) == ("greeting", "hi")


def inbox(cloud, name):
    binary = os.environ.get("CLOUDLET", REPOSITORY / "target/debug/cloudlet")
    done = subprocess.run(
        [str(binary), "inbox", "--json"], env=cloud.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return [mail for mail in json.loads(done.stdout)["messages"] if name in mail["to"]]


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_an_endpoint_is_asked_and_told(cloud, sns, name):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.heard = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/")
        until("a question", lambda: len(server.heard) == 1)
        headers, question = server.heard[0]
        assert headers["x-amz-sns-message-type"] == question["Type"] == "SubscriptionConfirmation"
        assert cloud.ask(question["SubscribeURL"])[0] == 200
        sns.publish(TopicArn=topic, Message="hi")
        until("a notification", lambda: len(server.heard) == 2)
        headers, notification = server.heard[1]
        assert headers["x-amz-sns-topic-arn"] == topic
        assert notification["Message"] == "hi"
    finally:
        server.shutdown()


HANDLER = """exports.handler = async (event) => {
  if (event.fail) throw new Error('no');
  return event.Records ? event.Records[0] : 'fine';
}"""


@pytest.fixture
def function(cloud, iam, role, name):
    statement = {"Effect": "Allow", "Action": ["sns:Publish", "events:PutEvents", "sqs:SendMessage"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=policy)
    functions = cloud.client("lambda")
    made = functions.create_function(
        FunctionName=name,
        Runtime="nodejs20.x",
        Role=role,
        Handler="index.handler",
        Timeout=60,
        Code={"ZipFile": archive({"index.js": HANDLER})},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    return made["FunctionArn"]


def test_results_of_functions_go_to_topics_and_buses(cloud, sns, sqs, function, name):
    functions, events = cloud.client("lambda"), cloud.client("events")
    topic = sns.create_topic(Name=name)["TopicArn"]
    from_topic, arn = queue_for(sqs, f"{name}-topic", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    from_bus, arn = queue_for(sqs, f"{name}-bus", "events.amazonaws.com")
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "1", "Arn": arn}])
    destinations = {"OnSuccess": {"Destination": topic}, "OnFailure": {"Destination": bus}}
    functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=destinations
    )
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"a": 1}))
    record = next_body(sqs, from_topic)
    assert (record["requestPayload"], record["responsePayload"]) == ({"a": 1}, "fine")
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fail": True}))
    event = next_body(sqs, from_bus)
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    # Dead letters to the same topic: the event alone, with the error in the attributes.
    functions.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": topic})
    functions.delete_function_event_invoke_config(FunctionName=name)
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAIT)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fail": True}))
    assert next_body(sqs, from_topic) == {"fail": True}


def test_topics_and_buckets_invoke_functions(cloud, sns, sqs, s3, function, name):
    functions = cloud.client("lambda")
    url, arn = queue_for(sqs, f"{name}-results", "lambda.amazonaws.com")
    functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    topic = sns.create_topic(Name=name)["TopicArn"]
    for principal, source in [("sns", topic), ("s3", f"arn:aws:s3:::{name}")]:
        if principal == "s3":
            s3.create_bucket(Bucket=name)
            configuration = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]}
            put = {"Bucket": name, "NotificationConfiguration": configuration}
            fails("InvalidArgument", s3.put_bucket_notification_configuration, **put)
        functions.add_permission(
            FunctionName=name,
            StatementId=principal,
            Action="lambda:InvokeFunction",
            Principal=f"{principal}.amazonaws.com",
            SourceArn=source,
        )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sent = sns.publish(TopicArn=topic, Message="hi")
    record = next_body(sqs, url)["responsePayload"]
    assert (record["EventSource"], record["Sns"]["MessageId"]) == ("aws:sns", sent["MessageId"])
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("hi", None)
    s3.put_bucket_notification_configuration(**put)
    s3.put_object(Bucket=name, Key="a b", Body=b"hello")
    record = next_body(sqs, url)["responsePayload"]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("a+b", 5)
