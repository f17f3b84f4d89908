"""S3 with boto3. Codes and shapes: the S3 API reference."""

import hashlib
import http.client
import io
import json
from urllib.parse import urlsplit

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from conftest import fails

MIB = 1024 * 1024


@pytest.fixture
def bucket(s3, name):
    s3.create_bucket(Bucket=name)
    return name


def test_buckets_are_made_listed_and_deleted(s3, name):
    s3.create_bucket(Bucket=name)
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.head_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"")
    fails("BucketNotEmpty", s3.delete_bucket, status=409, Bucket=name)
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_bucket(Bucket=name)
    fails("404", s3.head_bucket, status=404, Bucket=name)
    error = fails("NoSuchBucket", s3.list_objects_v2, status=404, Bucket=name)
    assert error["Message"] == "The specified bucket does not exist"


def test_an_object_comes_back_with_everything_it_was_given(s3, bucket):
    body = "hällo".encode()
    put = s3.put_object(
        Bucket=bucket,
        Key="a/b c+ü.txt",
        Body=body,
        ContentType="text/plain; charset=utf-8",
        CacheControl="no-cache",
        Metadata={"who": "me"},
        ChecksumAlgorithm="SHA256",
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a/b c+ü.txt", ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["CacheControl"]) == ("text/plain; charset=utf-8", "no-cache")
    assert got["Metadata"] == {"who": "me"}
    assert got["ChecksumSHA256"] == put["ChecksumSHA256"]
    assert got["ServerSideEncryption"] == "AES256"
    head = s3.head_object(Bucket=bucket, Key="a/b c+ü.txt")
    assert (head["ContentLength"], head["ETag"]) == (len(body), put["ETag"])


def test_ranges_and_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=-3")["Body"].read() == b"789"
    fails("InvalidRange", s3.get_object, status=416, Bucket=bucket, Key="k", Range="bytes=20-")
    fails("304", s3.get_object, status=304, Bucket=bucket, Key="k", IfNoneMatch=etag)
    fails("PreconditionFailed", s3.get_object, status=412, Bucket=bucket, Key="k", IfMatch='"other"')
    fails("PreconditionFailed", s3.put_object, status=412, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")
    error = fails("NoSuchKey", s3.get_object, status=404, Bucket=bucket, Key="none")
    assert error["Message"] == "The specified key does not exist."
    fails("404", s3.head_object, status=404, Bucket=bucket, Key="none")


def test_lists_have_prefixes_delimiters_and_pages(s3, bucket):
    keys = ["a/1", "a/2", "b/1", "c", "d"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/", "b/"]
    assert [entry["Key"] for entry in page["Contents"]] == ["c", "d"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    first = s3.list_objects(Bucket=bucket, MaxKeys=3)
    assert first["IsTruncated"] and len(first["Contents"]) == 3
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert sorted(entry["Key"] for entry in gone["Deleted"]) == keys
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_copy_keeps_or_replaces_metadata(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"x", Metadata={"a": "1"})
    source = {"Bucket": bucket, "Key": "from"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"a": "1"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    fails("NoSuchKey", s3.copy_object, Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "none"})


def test_a_large_upload_goes_in_parts(s3, bucket):
    body = bytes(range(256)) * (11 * MIB // 256)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "large", Config=config)
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    target = io.BytesIO()
    s3.download_fileobj(bucket, "large", target, Config=config)
    assert target.getvalue() == body


def test_multipart_uploads_are_listed_and_aborted(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"small")
    parts = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    assert [(entry["PartNumber"], entry["ETag"]) for entry in parts] == [(1, part["ETag"])]
    assert [entry["UploadId"] for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]}
    complete = s3.complete_multipart_upload
    fails("InvalidPart", complete, Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=wrong)
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    fails("NoSuchUpload", s3.list_parts, status=404, Bucket=bucket, Key="k", UploadId=upload)


# Version 2 is what boto3 signs URLs with unless it is told otherwise.
@pytest.mark.parametrize("version", ["s3v4", None])
def test_presigned_urls_work_without_credentials(cloud, bucket, version):
    s3 = cloud.client("s3", s3={"addressing_style": "path"}, signature_version=version)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p"}, ExpiresIn=60)
    assert cloud.ask(put, "PUT", b"signed")[0] == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p"}, ExpiresIn=60)
    assert cloud.ask(get)[2] == b"signed"
    status, _, body = cloud.ask(get.replace("Signature=", "Signature=0"))
    assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body


def test_a_bucket_can_be_part_of_the_host_name(cloud, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"by host")
    virtual = boto3.client(
        "s3",
        endpoint_url=f"http://s3.us-east-1.amazonaws.com:{cloud.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    url = urlsplit(virtual.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))
    assert url.hostname == f"{bucket}.s3.us-east-1.amazonaws.com"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    connection.request("GET", f"{url.path}?{url.query}", headers={"Host": url.netloc})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"by host")


def test_policies_and_tags_of_a_bucket(s3, bucket):
    fails("NoSuchBucketPolicy", s3.get_bucket_policy, status=404, Bucket=bucket)
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    # New buckets refuse policies that let everyone in.
    public = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": "*"}]}
    fails("AccessDenied", s3.put_bucket_policy, status=403, Bucket=bucket, Policy=json.dumps(public))
    own = {**statement, "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    policy = {"Version": "2012-10-17", "Statement": [own]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    fails("MalformedPolicy", s3.put_bucket_policy, Bucket=bucket, Policy="{")
    tags = [{"Key": "a", "Value": "b"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    fails("NoSuchTagSet", s3.get_bucket_tagging, status=404, Bucket=bucket)
