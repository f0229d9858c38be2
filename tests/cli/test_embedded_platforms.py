"""Embedded instances of a platform that the settings choose."""

from __future__ import annotations

import pytest

from reconciler.sandbox.store import Store
from tests.cli.projects import Project, wanted


@pytest.mark.parametrize("platform", ["4.6.3", "4.9.4", "4.13", "4.15.6"])
def test_an_embedded_instance_is_of_the_platform_that_the_settings_say(project: Project, platform: str) -> None:
    project.configure({"box": {"embedded": "box.sqlite3", "platform": platform}})
    project.declare(wanted("One"))
    assert project.run("apply", "--instance", "box", "--yes").code == 0
    assert project.run("plan", "--instance", "box").code == 0
    with Store(project.folder / "box.sqlite3") as store:
        assert store.platform.name == platform


def test_an_embedded_instance_does_not_go_back_to_an_older_platform_but_for_a_reset(project: Project) -> None:
    project.declare(wanted("One"))
    for platform, code in {"4.15.6": 0, "4.6.3": 1}.items():
        project.configure({"box": {"embedded": "box.sqlite3", "platform": platform}})
        ended = project.run("apply", "--instance", "box", "--yes")
        assert ended.code == code
    assert "of platform 4.15.6, and nothing leads back to 4.6.3" in ended.err
    assert "`reconciler sandbox reset`" in ended.err
    assert project.run("sandbox", "reset").code == 0
    assert project.run("apply", "--instance", "box", "--yes").code == 0
