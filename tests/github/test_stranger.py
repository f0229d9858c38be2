"""A repository of somebody else with reconciler.yaml, clients/, and jobs that name our action: all of its steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.projects import stored, wanted
from tests.declared.git.repositories import git
from tests.github.composite import Cache, CompositeAction, noted
from tests.github.flows import Origin
from tests.github.runner import ROOT, missing_secrets

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

ACCOUNT = {"PM_PRODUCTION_USERNAME": "admin", "PM_PRODUCTION_PASSWORD": "Admin-pass-1"}


@pytest.fixture
def action(tmp_path: Path) -> CompositeAction:
    """Our action as a runner fetches it: what it needs is in its own checkout, not in that of the job."""
    at = tmp_path / "_actions" / "somebody" / "something" / "commit"
    shutil.copytree(ROOT / "requirements", at / "requirements")
    return CompositeAction(Cache(tmp_path / "cache"), at)


def test_from_an_observation_to_an_applied_plan(origin: Origin, action: CompositeAction) -> None:
    assert {path.parts[0] for path in map(Path, git(origin.work, "ls-files").split())} == {"reconciler.yaml", "clients"}
    origin.instance.has(stored("Portal", "https://old.example.com/cb"))
    origin.merge(wanted("Portal"))

    observing = origin.runner()
    observing.environment.update(ACCOUNT)
    ran = action.use(observing, command="observe", output="live.json")
    assert ran.code == 0, ran.text

    reviewing = origin.runner()  # a pull request: no account
    shutil.copy(observing.checkout / "live.json", reviewing.temp)
    live = str(reviewing.temp / "live.json")
    ran = action.use(reviewing, live=live, config_from="HEAD", report="plan.md")
    assert (ran.code, ran.outputs["to_update"]) == (0, "1"), ran.text
    assert "Portal" in (reviewing.checkout / "plan.md").read_text()

    planning = origin.runner()
    planning.environment.update(ACCOUNT)
    ran = action.use(planning, instance="production", plan="plan.json")
    assert ran.code == 0, ran.text

    applying = origin.runner()
    applying.environment.update(ACCOUNT)
    shutil.copy(ran.outputs["plan_path"], applying.checkout)
    ran = action.use(applying, command="apply", plan="plan.json")
    assert ran.code == 0, ran.text
    again = origin.runner()
    again.environment.update(ACCOUNT)
    assert action.use(again).outputs["changes"] == "false"


def test_packages_are_fetched_once_and_their_hashes_are_checked_each_time(
    origin: Origin, action: CompositeAction
) -> None:
    first, second = origin.runner(), origin.runner()
    for runner in (first, second):
        ran = action.use(runner, command="validate")
        assert ran.code == 0, ran.text
    assert [sum("pip download" in line for line in noted(runner)) for runner in (first, second)] == [1, 0]
    for runner in (first, second):
        installs = [line for line in noted(runner) if "pip install" in line]
        assert [("--require-hashes" in line, "--no-deps" in line) for line in installs] == [
            (True, False),
            (False, True),
        ]
    assert len(action.cache.saved) == 1
    assert not list(
        (action.cache.folder).rglob("reconciler")
    )  # packages are kept, no environment that could be changed


def test_another_lock_has_another_place_in_the_cache(origin: Origin, action: CompositeAction) -> None:
    action.use(origin.runner(), command="install")
    lock = action.at / "requirements" / "run.txt"
    lock.write_text(lock.read_text() + "# changed\n")
    action.use(origin.runner(), command="install")
    assert len(set(action.cache.saved)) == 2


@pytest.mark.parametrize("inputs", [{"cache": "false"}, {"constraints": "pins.txt"}], ids=["off", "constrained"])
def test_nothing_is_kept_where_it_is_off_or_no_hash_is_checked(
    origin: Origin, action: CompositeAction, inputs: dict[str, str]
) -> None:
    action.use(origin.runner(), command="install", **inputs)
    assert action.cache.saved == []


def test_a_cache_that_has_not_what_the_lock_names_is_filled_again(origin: Origin, action: CompositeAction) -> None:
    action.use(origin.runner(), command="install")
    [key] = action.cache.saved
    (action.cache.folder / key / "locked.whl").unlink()
    runner = origin.runner()
    assert action.use(runner, command="install").code == 0
    assert sum("pip download" in line for line in noted(runner)) == 1
