"""Functions that are fed from queues and streams, deployed by the framework and by `cloudlet deploy`."""

import json

import pytest

from projects import TOOLS, told

SERVICE = """
service: feeds
provider:
  name: aws
  runtime: nodejs20.x
functions:
  queue:
    handler: index.tell
    events:
      - sqs:
          arn: !GetAtt Jobs.Arn
          batchSize: 5
          functionResponseType: ReportBatchItemFailures
          filterPatterns:
            - body: {kind: [wanted]}
  table:
    handler: index.tell
    events:
      - stream:
          type: dynamodb
          arn: !GetAtt Things.StreamArn
          batchSize: 10
          startingPosition: TRIM_HORIZON
          maximumRetryAttempts: 2
          bisectBatchOnFunctionError: true
          destinations:
            onFailure:
              type: sqs
              arn: !GetAtt Failures.Arn
  stream:
    handler: index.tell
    events:
      - stream:
          type: kinesis
          arn: !GetAtt Events.Arn
          startingPosition: LATEST
          parallelizationFactor: 2
resources:
  Resources:
    Jobs:
      Type: AWS::SQS::Queue
      Properties: {QueueName: feeds-jobs}
    Failures:
      Type: AWS::SQS::Queue
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: feeds-things
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: NEW_IMAGE}
    Events:
      Type: AWS::Kinesis::Stream
      Properties: {Name: feeds-events, ShardCount: 1}
"""
CODE = "exports.tell = async (event) => { for (const one of event.Records) console.log(JSON.stringify({told: one})); };\n"


@pytest.mark.parametrize("tool", TOOLS)
def test_functions_get_what_comes(cloud, tmp_path, tool):
    (tmp_path / "serverless.yml").write_text(SERVICE)
    (tmp_path / "index.js").write_text(CODE)
    TOOLS[tool](cloud, tmp_path, "deploy")
    try:
        sqs = cloud.client("sqs")
        url = sqs.get_queue_url(QueueName="feeds-jobs")["QueueUrl"]
        for kind in ["other", "wanted"]:
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind}))
        assert [json.loads(record["body"]) for record in told(cloud, "feeds-dev-queue")] == [{"kind": "wanted"}]
        cloud.client("dynamodb").put_item(TableName="feeds-things", Item={"id": {"S": "a"}})
        assert [record["dynamodb"]["NewImage"] for record in told(cloud, "feeds-dev-table")] == [{"id": {"S": "a"}}]
        cloud.client("kinesis").put_record(StreamName="feeds-events", PartitionKey="k", Data=b"x")
        assert [record["kinesis"]["data"] for record in told(cloud, "feeds-dev-stream")] == ["eA=="]
        mappings = cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        mine = {one["FunctionArn"].rsplit("-", 1)[1]: one for one in mappings if ":function:feeds-dev-" in one["FunctionArn"]}
        assert mine["queue"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert (mine["table"]["BisectBatchOnFunctionError"], mine["table"]["MaximumRetryAttempts"]) == (True, 2)
        assert (mine["stream"]["ParallelizationFactor"], mine["stream"]["StartingPosition"]) == (2, "LATEST")
    finally:
        TOOLS[tool](cloud, tmp_path, "remove")
