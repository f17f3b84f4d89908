"""Who may do what: signatures, users, policies, roles and their sessions, with boto3."""

import json

import pytest

from conftest import fails


def allow(*actions, resource="*", effect="Allow", **more):
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def user(iam, name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def test_the_root_knows_itself(cloud):
    identity = cloud.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:root"
    other = cloud.client("sts", key="123456789012").get_caller_identity()
    assert other["Account"] == "123456789012"


def test_wrong_keys_and_signatures_are_refused_in_the_words_of_each_protocol(cloud):
    # sqs speaks JSON, sts the query protocol, s3 REST with XML.
    unknown = dict(key="AKIAAAAAAAAAAAAAAAAA", secret="x")
    fails("InvalidClientTokenId", cloud.client("sts", **unknown).get_caller_identity, status=403)
    fails("InvalidClientTokenId", cloud.client("sqs", **unknown).list_queues)
    fails("InvalidAccessKeyId", cloud.client("s3", **unknown).list_buckets, status=403)
    wrong = dict(secret="wrong")
    fails("SignatureDoesNotMatch", cloud.client("sts", **wrong).get_caller_identity, status=403)
    fails("SignatureDoesNotMatch", cloud.client("s3", **wrong).list_buckets, status=403)


def test_a_user_may_do_what_its_policies_say(cloud, iam, user, name):
    sqs = cloud.client("sqs", **user)
    error = fails("AccessDenied", sqs.create_queue, status=403, QueueName=name)
    # SQS alone writes the action in lower case; this cloud writes it as everywhere.
    assert error["Message"].lower() == (
        f"user: arn:aws:iam::000000000000:user/{name} is not authorized to perform: sqs:createqueue on resource: "
        f"arn:aws:sqs:us-east-1:000000000000:{name} because no identity-based policy allows the sqs:createqueue action"
    )
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("sqs:*"))
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    iam.put_user_policy(UserName=name, PolicyName="q", PolicyDocument=allow("sqs:SendMessage", effect="Deny"))
    error = fails("AccessDenied", sqs.send_message, QueueUrl=url, MessageBody="x")
    assert error["Message"].endswith("with an explicit deny in an identity-based policy")
    iam.delete_user_policy(UserName=name, PolicyName="q")
    sqs.send_message(QueueUrl=url, MessageBody="x")


def test_groups_managed_policies_and_boundaries(cloud, iam, user, name):
    sqs = cloud.client("sqs", **user)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=allow("sqs:ListQueues"))["Policy"]["Arn"]
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.add_user_to_group(GroupName=name, UserName=name)
    sqs.list_queues()
    boundary = iam.create_policy(PolicyName=f"{name}-b", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
    fails("AccessDenied", sqs.list_queues)


def test_a_role_is_assumed_for_a_session_with_less(cloud, iam, user, name):
    me = f"arn:aws:iam::000000000000:user/{name}"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": me}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=f"{name}-role", PolicyName="p", PolicyDocument=allow("sqs:*"))
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("sts:AssumeRole", resource=arn))
    sts = cloud.client("sts", **user)
    session = sts.assume_role(RoleArn=arn, RoleSessionName="me", Policy=allow("sqs:ListQueues"))
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::000000000000:assumed-role/{name}-role/me"
    keys = session["Credentials"]
    assert keys["AccessKeyId"].startswith("ASIA")
    own = dict(key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])
    assert cloud.client("sts", **own).get_caller_identity()["Arn"] == session["AssumedRoleUser"]["Arn"]
    sqs = cloud.client("sqs", **own)
    sqs.list_queues()
    error = fails("AccessDenied", sqs.create_queue, QueueName=name)
    assert "session policy" in error["Message"]
    fails("InvalidClientTokenId", cloud.client("sts", **{**own, "token": "x"}).get_caller_identity)


def test_what_iam_refuses(iam, name):
    error = fails("NoSuchEntity", iam.get_user, status=404, UserName=name)
    assert error["Message"] == f"The user with name {name} cannot be found."
    iam.create_user(UserName=name)
    fails("EntityAlreadyExists", iam.create_user, status=409, UserName=name)
    fails("MalformedPolicyDocument", iam.put_user_policy, UserName=name, PolicyName="p", PolicyDocument="{}")
    iam.create_access_key(UserName=name)
    fails("DeleteConflict", iam.delete_user, status=409, UserName=name)
    fails("NoSuchEntity", iam.attach_user_policy, UserName=name, PolicyArn="arn:aws:iam::aws:policy/None")
