"""REST and HTTP APIs over HTTP, made by stacks as the framework makes them."""

import base64
import json

import pytest

from conftest import Cloud

HANDLER = """
exports.handler = async (event) => {
  const path = event.rawPath ?? event.path;
  if (path.endsWith('/boom')) throw new Error('boom');
  if (path.endsWith('/strange')) return { no: 'status' };
  if (path.endsWith('/cookies')) {
    return event.version === '2.0'
      ? { statusCode: 200, cookies: ['a=1', 'b=2'], body: '' }
      : { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] }, body: '' };
  }
  if (path.endsWith('/binary')) {
    return { statusCode: 200, headers: { 'content-type': 'image/png' }, isBase64Encoded: true, body: 'AAEC' };
  }
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
};
"""


def join(*parts):
    return {"Fn::Join": ["", list(parts)]}


def function_resources():
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    function = {"FunctionName": {"Fn::GetAtt": ["Function", "Arn"]}}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "nodejs20.x",
                "Handler": "index.handler",
                "Code": {"ZipFile": HANDLER},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {**function, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"},
        },
    }


def rest_resources():
    uri = join(
        "arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"},
        ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Function", "Arn"]}, "/invocations",
    )
    api = {"Ref": "Rest"}

    def method(resource, verb, integration, **more):
        properties = {"RestApiId": api, "ResourceId": resource, "HttpMethod": verb, "AuthorizationType": "NONE",
                      "Integration": integration, **more}
        return {"Type": "AWS::ApiGateway::Method", "Properties": properties}

    proxy = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    origin = "method.response.header.Access-Control-Allow-Origin"
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": "{statusCode:200}"},
        "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": {origin: "'*'"}}],
    }
    preflight = {"MethodResponses": [{"StatusCode": "200", "ResponseParameters": {origin: True}}]}
    return {
        "Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": {"Ref": "AWS::StackName"},
                                                                  "BinaryMediaTypes": ["image/png"]}},
        "Things": {"Type": "AWS::ApiGateway::Resource",
                   "Properties": {"RestApiId": api, "ParentId": {"Fn::GetAtt": ["Rest", "RootResourceId"]},
                                  "PathPart": "things"}},
        "Any": {"Type": "AWS::ApiGateway::Resource",
                "Properties": {"RestApiId": api, "ParentId": {"Ref": "Things"}, "PathPart": "{proxy+}"}},
        "AnyMethod": method({"Ref": "Any"}, "ANY", proxy),
        "Preflight": method({"Ref": "Things"}, "OPTIONS", mock, **preflight),
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": ["AnyMethod", "Preflight"],
                       "Properties": {"RestApiId": api, "StageName": "dev"}},
    }


def http_resources():
    api = {"Ref": "Http"}
    return {
        "Http": {"Type": "AWS::ApiGatewayV2::Api",
                 "Properties": {"Name": "h", "ProtocolType": "HTTP",
                                "CorsConfiguration": {"AllowOrigins": ["*"], "AllowMethods": ["GET"]}}},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage",
                  "Properties": {"ApiId": api, "StageName": "$default", "AutoDeploy": True}},
        "Integration": {"Type": "AWS::ApiGatewayV2::Integration",
                        "Properties": {"ApiId": api, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0",
                                       "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]}}},
        "Route": {"Type": "AWS::ApiGatewayV2::Route",
                  "Properties": {"ApiId": api, "RouteKey": "GET /things/{proxy+}",
                                 "Target": join("integrations/", {"Ref": "Integration"})}},
    }


@pytest.fixture(scope="module")
def apis():
    cloud = Cloud()
    stacks = cloud.client("cloudformation")
    resources = {**function_resources(), **rest_resources(), **http_resources()}
    outputs = {"Rest": {"Value": {"Ref": "Rest"}}, "Http": {"Value": {"Ref": "Http"}}}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    stacks.create_stack(StackName="apis", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    waiter = stacks.get_waiter("stack_create_complete")
    try:
        waiter.wait(StackName="apis", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except Exception as error:
        events = stacks.describe_stack_events(StackName="apis")["StackEvents"]
        raise AssertionError([event.get("ResourceStatusReason") for event in events]) from error
    stack = stacks.describe_stacks(StackName="apis")["Stacks"][0]
    yield Apis(cloud, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})
    cloud.stop()


class Apis:
    def __init__(self, cloud, ids):
        self.cloud = cloud
        self.ids = ids

    def call(self, kind, path, method="GET", body=None, headers=None, host=True):
        """Asks an API by its host name on AWS, or by its path on this cloud."""
        stage = "/dev" if kind == "Rest" else ""
        if host:
            url = f"http://{self.ids[kind]}.execute-api.us-east-1.amazonaws.com{stage}{path}"
        else:
            # The stage `$default` is not part of a path, here as on AWS.
            url = f"{self.cloud.url}/_aws/execute-api/{self.ids[kind]}{stage}{path}"
        return self.cloud.ask(url, method, body, headers)


@pytest.mark.parametrize("host", [True, False])
def test_a_rest_function_gets_a_version_1_event(apis, host):
    status, _, body = apis.call("Rest", "/things/a/b?x=1&x=2", headers={"X-Own": "y"}, host=host)
    assert status == 200
    event = json.loads(body)
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/things/{proxy+}", "/things/a/b", "GET")
    assert event["pathParameters"] == {"proxy": "a/b"}
    assert (event["queryStringParameters"], event["multiValueQueryStringParameters"]) == ({"x": "2"}, {"x": ["1", "2"]})
    assert event["headers"]["X-Own"] == "y" and event["multiValueHeaders"]["X-Own"] == ["y"]
    assert event["requestContext"]["stage"] == "dev" and event["body"] is None and not event["isBase64Encoded"]


@pytest.mark.parametrize("host", [True, False])
def test_an_http_function_gets_a_version_2_event(apis, host):
    headers = {"X-Own": "y", "Cookie": "a=1; b=2"}
    status, _, body = apis.call("Http", "/things/a/b?x=1&x=2", headers=headers, host=host)
    assert status == 200
    event = json.loads(body)
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "GET /things/{proxy+}", "/things/a/b")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("x=1&x=2", {"x": "1,2"})
    assert event["headers"]["x-own"] == "y" and event["cookies"] == ["a=1", "b=2"]
    assert event["requestContext"]["http"]["method"] == "GET" and event["requestContext"]["stage"] == "$default"


def test_unknown_routes(apis):
    status, _, body = apis.call("Rest", "/nothing")
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    status, _, body = apis.call("Http", "/nothing")
    assert (status, json.loads(body)) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("path", ["/things/boom", "/things/strange"])
def test_a_rest_api_answers_for_functions_that_fail(apis, path):
    status, _, body = apis.call("Rest", path)
    assert (status, json.loads(body)) == (502, {"message": "Internal server error"})


def test_an_http_api_answers_for_functions_that_fail(apis):
    status, _, body = apis.call("Http", "/things/boom")
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})
    # An answer without a status is taken as a body in payload format 2.0.
    status, _, body = apis.call("Http", "/things/strange")
    assert (status, json.loads(body)) == (200, {"no": "status"})


@pytest.mark.parametrize("kind", ["Rest", "Http"])
def test_cookies_and_bodies(apis, kind):
    _, headers, _ = apis.call(kind, "/things/cookies")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    if kind == "Rest":
        status, _, body = apis.call(kind, "/things/x", "POST", b"\x00\xff", {"Content-Type": "image/png"})
        event = json.loads(body)
        assert event["isBase64Encoded"] and base64.b64decode(event["body"]) == b"\x00\xff"
        _, _, body = apis.call(kind, "/things/binary", headers={"Accept": "image/png"})
        assert body == b"\x00\x01\x02"
    else:
        _, _, body = apis.call(kind, "/things/binary")
        assert body == b"\x00\x01\x02"


def test_preflight_requests_are_answered_without_the_function(apis):
    status, headers, _ = apis.call("Rest", "/things", "OPTIONS", headers={"Content-Type": "application/json"})
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    status, headers, _ = apis.call("Http", "/things/x", "OPTIONS", headers=asks)
    assert (status, headers["access-control-allow-origin"]) == (204, "*")


def test_the_apis_are_described(apis):
    rest = apis.cloud.client("apigateway")
    assert apis.ids["Rest"] in [api["id"] for api in rest.get_rest_apis()["items"]]
    paths = [resource["path"] for resource in rest.get_resources(restApiId=apis.ids["Rest"])["items"]]
    assert sorted(paths) == ["/", "/things", "/things/{proxy+}"]
    assert [stage["stageName"] for stage in rest.get_stages(restApiId=apis.ids["Rest"])["item"]] == ["dev"]
    http = apis.cloud.client("apigatewayv2")
    assert [route["RouteKey"] for route in http.get_routes(ApiId=apis.ids["Http"])["Items"]] == ["GET /things/{proxy+}"]
