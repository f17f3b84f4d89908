"""SSM Parameter Store with boto3."""

from conftest import fails


def test_parameters_are_put_read_and_deleted(cloud, name):
    ssm = cloud.client("ssm")
    path = f"/{name}"
    assert ssm.put_parameter(Name=f"{path}/a", Value="1", Type="String")["Version"] == 1
    assert ssm.put_parameter(Name=f"{path}/a", Value="2", Type="String", Overwrite=True)["Version"] == 2
    ssm.put_parameter(Name=f"{path}/b/c", Value="x,y", Type="StringList")
    parameter = ssm.get_parameter(Name=f"{path}/a")["Parameter"]
    assert (parameter["Value"], parameter["Version"], parameter["Type"]) == ("2", 2, "String")
    assert parameter["ARN"] == f"arn:aws:ssm:us-east-1:000000000000:parameter{path}/a"
    got = ssm.get_parameters(Names=[f"{path}/a", f"{path}/none"])
    assert [entry["Name"] for entry in got["Parameters"]] == [f"{path}/a"]
    assert got["InvalidParameters"] == [f"{path}/none"]
    shallow = ssm.get_parameters_by_path(Path=path)["Parameters"]
    assert [entry["Name"] for entry in shallow] == [f"{path}/a"]
    deep = ssm.get_parameters_by_path(Path=path, Recursive=True)["Parameters"]
    assert sorted(entry["Name"] for entry in deep) == [f"{path}/a", f"{path}/b/c"]
    ssm.delete_parameter(Name=f"{path}/a")
    fails("ParameterNotFound", ssm.get_parameter, status=400, Name=f"{path}/a")


def test_what_ssm_refuses(cloud, name):
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name=name, Value="1", Type="String")
    error = fails("ParameterAlreadyExists", ssm.put_parameter, Name=name, Value="2", Type="String")
    assert error["Message"].startswith("The parameter already exists.")
    fails("ParameterNotFound", ssm.delete_parameter, Name=f"{name}-none")
    fails("ValidationException", ssm.put_parameter, Name=f"{name}-x", Value="1", Type="Text")
