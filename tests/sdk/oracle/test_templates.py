"""`cloudlet package` and `osls package` make the same templates."""

import pytest

from projects import CONFIGS, EXAMPLES, cloudlet, config_project, differences, example_project, osls, templates


@pytest.mark.parametrize("kind, name", [("config", name) for name in CONFIGS] + [("example", name) for name in EXAMPLES])
def test_both_make_the_same_templates(cloud, tmp_path, kind, name):
    make = {"config": config_project, "example": example_project}[kind]
    theirs, ours = make(name, tmp_path / "theirs"), make(name, tmp_path / "ours")
    osls(3, cloud, theirs, "package")
    cloudlet(cloud, ours, "package")
    expected = templates(theirs)
    assert expected, "the framework has made no template"
    found = {template: value for template, value in templates(ours).items() if template in expected}
    different = list(differences(found, expected))
    assert not different, "\n".join(different)
