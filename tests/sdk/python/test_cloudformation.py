"""CloudFormation with boto3: stacks of real resources."""

import json

import pytest

from conftest import WAIT, fails


@pytest.fixture
def stacks(cloud):
    return cloud.client("cloudformation")


def queue(name, **properties):
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def template(resources, **more):
    return json.dumps({"Resources": resources, **more})


def outputs(stack):
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def test_a_stack_is_made_changed_and_deleted(stacks, sqs, name):
    body = template(
        {"Jobs": queue(name, VisibilityTimeout={"Ref": "Seconds"}), "Dead": {"Type": "AWS::SQS::Queue"}},
        Parameters={"Seconds": {"Type": "Number", "Default": 10}},
        Outputs={
            "Url": {"Value": {"Ref": "Jobs"}},
            "Arn": {"Value": {"Fn::GetAtt": ["Jobs", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-arn"}}},
        },
    )
    stack_id = stacks.create_stack(StackName=name, TemplateBody=body, Tags=[{"Key": "a", "Value": "b"}])["StackId"]
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
    assert (stack["StackId"], stack["StackStatus"]) == (stack_id, "CREATE_COMPLETE")
    url = outputs(stack)["Url"]
    assert outputs(stack)["Arn"].endswith(f":{name}")
    assert f"{name}-arn" in [export["Name"] for export in stacks.list_exports()["Exports"]]

    def visibility():
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"]

    assert visibility() == "10"
    fails("AlreadyExistsException", stacks.create_stack, StackName=name, TemplateBody=body)
    error = fails("ValidationError", stacks.update_stack, StackName=name, TemplateBody=body)
    assert error["Message"] == "No updates are to be performed."
    parameters = [{"ParameterKey": "Seconds", "ParameterValue": "20"}]
    stacks.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=parameters)
    stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=WAIT)
    assert visibility() == "20"
    resources = stacks.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert sorted(entry["LogicalResourceId"] for entry in resources) == ["Dead", "Jobs"]
    statuses = [event["ResourceStatus"] for event in stacks.describe_stack_events(StackName=name)["StackEvents"]]
    assert statuses[0] == "UPDATE_COMPLETE" and statuses[-1] == "CREATE_IN_PROGRESS"
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=WAIT)
    fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name)
    error = fails("ValidationError", stacks.describe_stacks, StackName=name)
    assert error["Message"] == f"Stack with id {name} does not exist"


def test_a_failed_creation_leaves_nothing(stacks, sqs, name):
    wrong = queue(f"{name}-b", VisibilityTimeout=99999)
    wrong["DependsOn"] = "Good"
    stacks.create_stack(StackName=name, TemplateBody=template({"Good": queue(name), "Bad": wrong}))
    with pytest.raises(Exception, match="ROLLBACK"):
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name)
    reasons = [event.get("ResourceStatusReason", "") for event in stacks.describe_stack_events(StackName=name)["StackEvents"]]
    assert any("VisibilityTimeout" in reason for reason in reasons)


def test_a_change_set_is_shown_before_it_is_executed(stacks, sqs, name):
    body = template({"Jobs": queue(name)})
    stacks.create_change_set(StackName=name, ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=body)
    stacks.get_waiter("change_set_create_complete").wait(StackName=name, ChangeSetName="one", WaiterConfig=WAIT)
    described = stacks.describe_change_set(StackName=name, ChangeSetName="one")
    changes = [change["ResourceChange"] for change in described["Changes"]]
    assert [(change["Action"], change["LogicalResourceId"]) for change in changes] == [("Add", "Jobs")]
    fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name)
    stacks.execute_change_set(StackName=name, ChangeSetName="one")
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    sqs.get_queue_url(QueueName=name)


def test_unknown_things_are_refused_before_anything_is_made(stacks, sqs, name):
    unknown = {"Type": "AWS::Quantum::Computer", "Properties": {}}
    body = template({"Good": queue(name), "Strange": unknown})
    error = fails("ValidationError", stacks.create_stack, StackName=name, TemplateBody=body)
    assert "AWS::Quantum::Computer" in error["Message"]
    error = fails("ValidationError", stacks.create_stack, StackName=name, TemplateBody=template({"Q": queue(name, Colour="red")}))
    assert "Colour" in error["Message"]
    # Code that was not checked must not be taken for code that was.
    signing = {"Type": "AWS::Lambda::CodeSigningConfig", "Properties": {"AllowedPublishers": {"SigningProfileVersionArns": ["x"]}}}
    error = fails("ValidationError", stacks.create_stack, StackName=name, TemplateBody=template({"Good": queue(name), "Signing": signing}))
    assert "AWS::Lambda::CodeSigningConfig" in error["Message"]
    signed = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}, "Role": "x", "CodeSigningConfigArn": "x"}}
    error = fails("ValidationError", stacks.create_stack, StackName=name, TemplateBody=template({"Good": queue(name), "F": signed}))
    assert "CodeSigningConfigArn" in error["Message"]
    fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name)
    fails("ValidationError", stacks.create_stack, StackName=name, TemplateBody="{")
    missing = template({"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Nothing"}}}})
    error = fails("ValidationError", stacks.validate_template, TemplateBody=missing)
    assert "Nothing" in error["Message"]


def test_stacks_share_exports(stacks, name):
    exported = template({"Q": queue(name)}, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": name}}})
    stacks.create_stack(StackName=name, TemplateBody=exported)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    importing = template({"Other": queue(f"{name}-b")}, Outputs={"There": {"Value": {"Fn::ImportValue": name}}})
    stacks.create_stack(StackName=f"{name}-b", TemplateBody=importing)
    stacks.get_waiter("stack_create_complete").wait(StackName=f"{name}-b", WaiterConfig=WAIT)
    assert outputs(stacks.describe_stacks(StackName=f"{name}-b")["Stacks"][0])["There"].endswith(f":{name}")


# Code that stands in a template uses `cfn-response`: it answers over https, on port 443, whatever the cloud's own port.
NODE = """
const response = require('cfn-response');
exports.handler = (event, context) => {
  const { Word } = event.ResourceProperties;
  if (Word === 'bad') return response.send(event, context, response.FAILED, {});
  return response.send(event, context, response.SUCCESS, { Answer: `${event.RequestType} ${Word}` }, `node-${Word}`);
};
"""
PYTHON = """
import cfnresponse

def handler(event, context):
    data = {"Answer": event["RequestType"] + " " + event["ResourceProperties"]["Word"]}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, "python-" + event["ResourceProperties"]["Word"])
"""


def custom(runtime, code, role, word):
    properties = {"Runtime": runtime, "Handler": "index.handler", "Role": role, "Timeout": 60, "Code": {"ZipFile": code}}
    token = {"Fn::GetAtt": ["Maker", "Arn"]}
    return template(
        {
            "Maker": {"Type": "AWS::Lambda::Function", "Properties": properties},
            "Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, "Word": word}},
        },
        Outputs={"Answer": {"Value": {"Fn::GetAtt": ["Thing", "Answer"]}}, "Id": {"Value": {"Ref": "Thing"}}},
    )


@pytest.mark.parametrize("runtime, code", [("nodejs20.x", NODE), ("python3.12", PYTHON)])
def test_code_in_a_template_makes_a_custom_resource(stacks, role, name, runtime, code):
    language = "node" if runtime.startswith("node") else "python"
    stacks.create_stack(StackName=name, TemplateBody=custom(runtime, code, role, "one"))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    shown = outputs(stacks.describe_stacks(StackName=name)["Stacks"][0])
    assert shown == {"Answer": "Create one", "Id": f"{language}-one"}
    stacks.update_stack(StackName=name, TemplateBody=custom(runtime, code, role, "two"))
    stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=WAIT)
    shown = outputs(stacks.describe_stacks(StackName=name)["Stacks"][0])
    assert shown == {"Answer": "Update two", "Id": f"{language}-two"}
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=WAIT)


def test_a_custom_resource_that_fails_says_why(stacks, role, name):
    stacks.create_stack(StackName=name, TemplateBody=custom("nodejs20.x", NODE, role, "bad"))
    with pytest.raises(Exception, match="ROLLBACK"):
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    wanted = "Received response status [FAILED] from custom resource. Message returned: See the details in CloudWatch Log Stream: "
    assert any(reason.startswith(wanted) for reason in reasons), reasons
    stacks.delete_stack(StackName=name)
