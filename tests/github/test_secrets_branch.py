"""The age sink on GitHub: its files live on a branch of their own, whatever becomes of runners."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.cli.projects import stored, wanted
from tests.declared.git.repositories import git
from tests.github.flows import (
    Origin,
    apply_after_approval,
    keep_secrets,
    plan_after_merge,
    settings,
    to_approve,
)
from tests.github.runner import Ran, Runner, missing_secrets
from tests.github.test_flows import look

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

OWNERS = {
    "team-a": {"age": ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]},
    "team-b": {"age": ["age1n4gt4j50stthgd42x4u6lynq49l55mm24r8kqj5gfpnkw76mlecshh325a"]},
}
SINK = {"age": {"path": "secrets/{instance}/{owner}/{name}.age", "owners": ["team-*"]}}


def configured(origin: Origin) -> dict[str, str | None]:
    text = json.loads(settings(origin.instance.url, sinks=[SINK]))
    return {"reconciler.yaml": json.dumps({**text, "owners": OWNERS})}


def owned(name: str, owner: str = "team-a") -> Mapping[str, object]:
    return wanted(name, owner=owner)


def on_branch(origin: Origin) -> set[str]:
    """The files of the branch, without the manifest."""
    if not git(origin.bare, "for-each-ref", "refs/heads/reconciler/secrets"):
        return set()
    files = git(origin.bare, "ls-tree", "-r", "--name-only", "reconciler/secrets").splitlines()
    return {file.removeprefix("secrets/production/") for file in files if not file.endswith(".delivered.json")}


def listed(origin: Origin) -> set[str]:
    """The files that the manifest names."""
    return set(json.loads(git(origin.bare, "show", "reconciler/secrets:secrets/production/.delivered.json")))


def applied(origin: Origin) -> tuple[Runner, Ran]:
    planned, ran = plan_after_merge(origin)
    assert ran.code == 0, ran.text
    runner, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    return runner, ran


def test_what_is_delivered_is_committed_to_its_branch_and_laid_where_the_next_run_looks(origin: Origin) -> None:
    origin.merge(owned("Portal"), owned("Old"), **configured(origin))
    runner, _ = applied(origin)
    kept = keep_secrets(origin, runner)
    assert kept.code == 0, kept.text
    assert on_branch(origin) == listed(origin) == {"team-a/portal.age", "team-a/old.age"}
    assert "BEGIN AGE ENCRYPTED FILE" in git(
        origin.bare, "show", "reconciler/secrets:secrets/production/team-a/old.age"
    )
    assert not [secret for secret in origin.instance.secrets() if secret in kept.text]
    assert git(origin.bare, "log", "--format=%s", "main").count("Secrets") == 0

    planned, ran = plan_after_merge(origin)
    assert ran.code == 0, ran.text
    assert "nothing to do" in ran.text, "nothing is missing, and nothing new"
    _, ran = look(origin)
    assert "nothing to do" in ran.text
    assert to_approve(planned) == [{"instance": "production", "environment": "reconciler-read-production"}]

    origin.merge(owned("Portal"))
    runner, _ = applied(origin)
    before = git(origin.bare, "rev-parse", "reconciler/secrets")
    assert keep_secrets(origin, runner).code == 0
    assert on_branch(origin) == listed(origin) == {"team-a/portal.age"}
    assert git(origin.bare, "rev-parse", "reconciler/secrets~1").strip() == before.strip()
    assert keep_secrets(origin, runner).code == 0, "the same once more changes nothing"
    assert git(origin.bare, "rev-parse", "reconciler/secrets~1").strip() == before.strip()


def test_a_saved_plan_delivers_what_it_lists_once_somebody_approved(origin: Origin) -> None:
    """A client that was live before, and another owner: nothing is written to the instance, and it needs a yes."""
    origin.instance.has(stored("Portal"))
    origin.merge(**configured(origin))
    for owner, expected in (("team-a", {"team-a/portal.age"}), ("team-b", {"team-b/portal.age"})):
        origin.merge(owned("Portal", owner))
        planned, ran = plan_after_merge(origin)
        assert "1 to deliver" in ran.text
        assert to_approve(planned) == [{"instance": "production", "environment": "production"}]
        runner, ran = apply_after_approval(origin, planned)
        assert ran.code == 0, ran.text
        assert keep_secrets(origin, runner).code == 0
        assert on_branch(origin) == listed(origin) == expected


def test_a_file_that_the_branch_has_lost_is_delivered_again_without_an_approval(origin: Origin) -> None:
    """It goes to those who had it, and nothing is written to the instance."""
    origin.merge(owned("Portal"), **configured(origin))
    runner, _ = applied(origin)
    keep_secrets(origin, runner)
    git(origin.work, "fetch", "--quiet", "origin", "reconciler/secrets")
    git(origin.work, "checkout", "--quiet", "-B", "lost", "FETCH_HEAD")
    git(origin.work, "rm", "--quiet", "secrets/production/team-a/portal.age")
    git(origin.work, "commit", "-qm", "Lose it")
    git(origin.work, "push", "--quiet", "origin", "HEAD:reconciler/secrets")
    git(origin.work, "checkout", "--quiet", "main")
    assert on_branch(origin) == set()
    planned, ran = plan_after_merge(origin)
    assert "1 to deliver again" in ran.text
    assert to_approve(planned) == [{"instance": "production", "environment": "reconciler-read-production"}]
    runner, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    assert keep_secrets(origin, runner).code == 0
    assert on_branch(origin) == {"team-a/portal.age"}


def test_two_applies_that_began_alike_are_both_kept(origin: Origin) -> None:
    """The second laid the branch before the first one's files were on it. The manifest has the lines of both."""
    origin.merge(owned("First"), **configured(origin))
    first, _ = applied(origin)
    origin.merge(owned("First"), owned("Second"))
    second, _ = applied(origin)
    assert on_branch(origin) == set()
    assert keep_secrets(origin, first).code == 0
    kept = keep_secrets(origin, second)
    assert kept.code == 0, kept.text
    assert on_branch(origin) == listed(origin) == {"team-a/first.age", "team-a/second.age"}


def test_what_another_run_changed_meanwhile_is_not_overwritten_but_named(origin: Origin) -> None:
    origin.merge(owned("First"), **configured(origin))
    first, _ = applied(origin)
    assert keep_secrets(origin, first).code == 0
    there = git(origin.bare, "rev-parse", "reconciler/secrets")
    (first.temp / "secrets" / "after" / "secrets" / "production" / "team-a" / "first.age").write_text("another")
    kept = keep_secrets(origin, first)
    assert kept.code == 1
    assert "::error::secrets/production/team-a/first.age was changed by another run" in kept.text
    assert git(origin.bare, "rev-parse", "reconciler/secrets") == there


def test_an_apply_that_fails_leaves_its_secrets_too(origin: Origin) -> None:
    """Two clients that share a name block an entry: exit 4, and what was created is delivered."""
    origin.instance.has(stored("Twice"), stored("Twice"))
    origin.merge(owned("Twice"), owned("Portal"), **configured(origin))
    planned, ran = plan_after_merge(origin)
    assert ran.code == 4
    runner, ran = apply_after_approval(origin, planned)
    assert ran.code == 4
    assert keep_secrets(origin, runner).code == 0
    assert on_branch(origin) == {"team-a/portal.age"}


def test_of_the_branch_nothing_but_the_folder_of_secrets_is_taken(origin: Origin) -> None:
    """Whoever may push to it must not change what is declared, or with which guards."""
    git(origin.work, "checkout", "-q", "-b", "reconciler/secrets")
    for name in ("reconciler.yaml", "clients/all.yaml", "secrets/production/x.txt"):
        file = origin.work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("planted: true\n")
    git(origin.work, "add", ".")
    git(origin.work, "commit", "-qm", "Plant")
    git(origin.work, "push", "--quiet", "origin", "reconciler/secrets")
    git(origin.work, "checkout", "-q", "main")
    origin.merge(owned("Portal"), **configured(origin))
    runner, _ = applied(origin)
    assert "planted" not in (runner.checkout / "reconciler.yaml").read_text()
    assert (runner.checkout / "secrets" / "production" / "x.txt").exists()
    assert set(origin.instance.clients()) == {"Portal"}
