"""Where workflows are copied to: subfolders of large repositories, merge queues, fleets with one that is down."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.live.observation import Observation, dump_observations, load_observations
from tests.cli.projects import platform, stored, wanted
from tests.declared.git.repositories import commit, git
from tests.github.flows import (
    Origin,
    act,
    apply_after_approval,
    declared,
    plan_after_merge,
    settings,
    to_approve,
)
from tests.github.runner import missing_secrets
from tests.github.test_flows import PullRequest, differs, look

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")


def test_in_a_subfolder_everything_is_as_at_the_root(tmp_path: Path) -> None:
    """A pull request there cannot loosen its own limits either."""
    with platform(tmp_path / "platform.sqlite3") as served:
        origin = Origin(tmp_path, served, project="infra/auth")
        commit(origin.work, {"reconciler.yaml": "not: ours\n", "README.md": "# A large repository\n"})
        limited = settings(served.url, limits={"creates": 1})
        origin.merge(wanted("Portal"), **{"reconciler.yaml": limited})
        planned, ran = plan_after_merge(origin)
        assert ran.code == 0, ran.text
        assert to_approve(planned) == [{"instance": "production", "environment": "production"}]
        _, ran = apply_after_approval(origin, planned)
        assert ran.code == 0, ran.text
        assert origin.applied() == origin.head()
        assert differs(look(origin)[0]) == "false"
        clients = declared(wanted("Portal"), wanted("One"), wanted("Two"))
        free = settings(served.url, limits={"creates": 50})
        origin.propose({"clients/all.yaml": clients, "reconciler.yaml": free})
        review = PullRequest(origin)
        assert review.plan().code == 4
        assert "raises limits.creates from 1 to 50" in review.comment
        assert "2 creates planned, and the limit is 1" in review.comment


def test_a_pull_request_that_moves_the_folder_is_not_judged_by_guards_of_its_own(origin: Origin) -> None:
    """The base branch has none where the files are now."""
    git(origin.work, "checkout", "--quiet", "-b", "trial")
    (origin.work / "infra").mkdir()
    git(origin.work, "mv", "reconciler.yaml", "clients", "infra")
    git(origin.work, "commit", "-qm", "Move")
    git(origin.work, "push", "--quiet", "origin", "trial")
    runner = origin.runner("trial")
    runner.project = "infra"
    ran = act(runner, "plan.yml", "plan", "validate", github__event__merge_group__base_sha="")
    assert ran.code == 1, ran.text
    assert "no infra/reconciler.yaml (this pull request removes its reconciler.yaml)" in ran.text


def test_a_queue_that_squashes_is_judged_by_the_branch_that_it_merges_into(origin: Origin) -> None:
    """The commit before the last one is another pull request's, with limits that are not in force yet."""
    origin.merge(**{"reconciler.yaml": settings(origin.instance.url, limits={"creates": 0})})
    base = origin.head()
    git(origin.work, "checkout", "--quiet", "-b", "queue")
    commit(origin.work, {"reconciler.yaml": settings(origin.instance.url, limits={"creates": 50})}, "First (#1)")
    commit(origin.work, {"clients/all.yaml": declared(wanted("Portal"))}, "Second (#2)")
    git(origin.work, "push", "--quiet", "origin", "HEAD:refs/heads/trial")
    review = PullRequest(origin)
    assert review.plan(queued_on=base).code == 4
    assert "1 create planned, and the limit is 0" in review.comment


def test_what_a_cancelled_run_would_have_done_is_in_the_next_one(origin: Origin) -> None:
    """GitHub cancels an apply that waits when a newer one comes."""
    origin.merge(wanted("Portal"), wanted("Old"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    origin.merge(wanted("Portal", "https://new.example.com/cb"), wanted("Second"))
    plan_after_merge(origin)  # and nothing more: it is cancelled
    origin.merge(wanted("Portal", "https://new.example.com/cb"), wanted("Second"), wanted("Third"))
    planned, ran = plan_after_merge(origin)
    assert "2 to create, 1 to update, 1 to delete" in ran.text
    _, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    assert set(origin.instance.clients()) == {"Portal", "Second", "Third"}
    assert origin.applied() == origin.head()


def fleet(origin: Origin) -> dict[str, str | None]:
    """Two more instances: one that was never applied to, one that does not answer."""
    found = json.loads(settings(origin.instance.url))
    for name, url in (("new", "http://127.0.0.1:9"), ("down", "http://127.0.0.1:10")):
        found["instances"][name] = {**found["instances"]["production"], "url": url, "timeout": 1}
    return {"reconciler.yaml": json.dumps(found)}


def test_an_instance_that_is_down_or_new_delays_no_other_ones_plan(origin: Origin) -> None:
    """The one keeps its part of an earlier observation, the other is planned against the base branch."""
    origin.merge(wanted("Portal"), wanted("Old"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    origin.merge(wanted("Portal"), **fleet(origin))
    origin.propose({"clients/all.yaml": declared(wanted("Portal"), wanted("Desk"))})
    review = PullRequest(origin)
    live = json.loads((review.runner.github / "artifacts/31/reconciler-live-production/live.json").read_text())
    earlier = review.runner.github / "artifacts" / "66" / "reconciler-live-new" / "live.json"
    earlier.parent.mkdir()
    earlier.write_text(observation_of(live, "new", "http://127.0.0.1:9"))
    shutil.rmtree(review.runner.github / "artifacts" / "66" / "reconciler-live-production")
    listed = [{"id": run, "event": "schedule", "head_repository": {"full_name": "acme/clients"}} for run in (31, 66)]
    review.runner.answer({"repos/acme/clients/actions/workflows/observe.yml/runs": {"workflow_runs": listed}})
    ran = review.plan()
    assert ran.code == 0, ran.text
    assert sorted(review.names.split()) == ["new", "production"]
    assert "1 to create, 1 to delete" in review.comment, "production, since what was applied there"
    assert "2 to create" in review.comment, "new, where Portal was declared before and never applied"
    assert "Not planned for `down`: there is no observation of it yet." in review.comment
    assert ran.outputs == {"drift": "false"}


def observation_of(live: dict[str, object], instance: str, url: str) -> str:
    """The same observation, as if it were of another instance, without clients that people made."""
    [seen] = load_observations(json.dumps(live).encode(), "live.json")
    kept = tuple(each for each in seen.listing.clients if each.id <= 5)
    made = Observation(instance, url, seen.observed_at, replace(seen.listing, clients=kept))
    return dump_observations([made], "1.2.3")


def test_a_job_sees_the_password_of_its_own_instance_alone(origin: Origin) -> None:
    """Each has an environment of its own, whose two secrets are called alike everywhere."""
    shared = json.loads(settings(origin.instance.url))
    credentials = {"username_env": "PM_{INSTANCE}_USERNAME", "password_env": "PM_{INSTANCE}_PASSWORD"}
    del shared["instances"]["production"]["credentials"]
    shared["instances"]["eu-2"] = {"url": "http://127.0.0.1:9"}
    origin.merge(**{"reconciler.yaml": json.dumps({**shared, "defaults": {"credentials": credentials}})})
    listed = json.loads(act(origin.runner(), "apply.yml", "instances", "list").outputs["instances"])
    assert listed == [
        {"instance": "production", "username": "PM_PRODUCTION_USERNAME", "password": "PM_PRODUCTION_PASSWORD"},
        {"instance": "eu-2", "username": "PM_EU_2_USERNAME", "password": "PM_EU_2_PASSWORD"},
    ]
    origin.instance.has(stored("Portal"))
    mine = {f"matrix__{key}": value for key, value in listed[0].items()}
    ran = act(origin.runner(), "observe.yml", "observe", "observe", **mine)
    assert ran.code == 0, ran.text
