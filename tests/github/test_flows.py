"""The shell of the workflows, run with the real program against a platform on loopback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.projects import stored, wanted
from tests.github.flows import (
    DISPATCH,
    EVIL,
    HERE,
    LAY,
    LISTED,
    Origin,
    act,
    apply_after_approval,
    declared,
    plan_after_merge,
    settings,
    to_approve,
)
from tests.github.runner import Ran, Runner, missing_secrets, steps_of

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

EMBEDDED = json.dumps({"instances": {"sandbox": {"embedded": ".reconciler/sandbox.sqlite3"}}})
RUNS = f"repos/{HERE}/actions/workflows/observe.yml/runs"


def unhurt(*runners: Runner) -> bool:
    return not [hurt for runner in runners for hurt in runner.folder.rglob("hurt")]


def observed(origin: Origin) -> Path:
    """What observe.yml saves."""
    runner = origin.runner()
    ran = act(runner, "observe.yml", "observe", "observe")
    assert ran.code == 0, ran.text
    return runner.temp / "live.json"


def run_of(number: int, **more: object) -> dict[str, object]:
    """A run of observe.yml, as GitHub lists it."""
    return {"id": number, "event": "schedule", "head_repository": {"full_name": HERE}, **more}


class PullRequest:
    """plan.yml for a pull request: its steps one after the other, with no account in reach."""

    def __init__(self, origin: Origin, runs: list[dict[str, object]] | None = None) -> None:
        live = observed(origin)
        self.runner = origin.runner("trial")
        self.runner.answer({RUNS: {"workflow_runs": [run_of(31)] if runs is None else runs}})
        for run in (31, 66):
            kept = self.runner.github / "artifacts" / str(run) / "reconciler-live-production"
            kept.mkdir(parents=True)
            shutil.copy(live, kept)

    def validate(self, queued_on: str = "") -> Ran:
        ran = act(self.runner, "plan.yml", "plan", "validate", github__event__merge_group__base_sha=queued_on)
        self.base = ran.outputs["base"]
        return ran

    def fetch(self) -> Ran:
        context = {"github__event__repository__default_branch": "main", "steps__validate__outputs__base": self.base}
        ran = act(self.runner, "plan.yml", "plan", "fetch the latest observations", **context)
        self.names = ran.outputs.get("names", "")
        return ran

    def plan(self, queued_on: str = "") -> Ran:
        self.validate(queued_on)
        fetched = self.fetch()
        assert self.names, fetched.text
        context = {"steps__validate__outputs__base": self.base, "steps__live__outputs__names": self.names}
        return act(self.runner, "plan.yml", "plan", "plan", **context)

    def drift_check(self, ran: Ran) -> Ran:
        """The check beside the plan."""
        drift = ran.outputs["drift"]
        return act(self.runner, "plan.yml", "drift", "tell", needs__plan__outputs__drift=drift)

    @property
    def comment(self) -> str:
        return (self.runner.temp / "review" / "plan.md").read_text()


# observe.yml, and what embedded instances mean to all of them


@pytest.mark.parametrize("workflow", ["observe.yml", "drift.yml", "apply.yml"])
def test_every_instance_that_is_not_embedded_has_a_job_that_knows_its_variables(origin: Origin, workflow: str) -> None:
    assert act(origin.runner(), workflow, "instances", "list").outputs["instances"] == LISTED
    origin.merge(**{"reconciler.yaml": EMBEDDED})
    ran = act(origin.runner(), workflow, "instances", "list")
    assert ran.outputs["instances"] == "[]"
    assert "::notice::" in ran.text


def test_an_observation_holds_no_secret(origin: Origin) -> None:
    text = observed(origin).read_text()
    assert not [secret for secret in origin.instance.secrets() if secret in text]


# plan.yml


def test_a_pull_request_gets_the_whole_plan_without_an_account(origin: Origin) -> None:
    origin.instance.has(stored("Old"))
    origin.propose({"clients/all.yaml": declared(wanted("Portal"))})
    review = PullRequest(origin)
    asked = len(origin.instance.asked())
    ran = review.plan()
    assert ran.code == 0, ran.text
    assert "Portal" in review.comment
    assert "1 to create" in review.comment
    assert "Portal" in (review.runner.temp / "review" / "plan.html").read_text()
    assert len(origin.instance.asked()) == asked


def test_what_the_pull_request_takes_out_is_planned_as_the_merge_will_do_it(origin: Origin) -> None:
    origin.instance.has(stored("Portal"))
    origin.merge(wanted("Portal"))
    origin.propose({"clients/all.yaml": declared()})
    review = PullRequest(origin)
    ran = review.plan()
    assert "1 to delete" in review.comment, ran.text


def test_a_pull_request_cannot_change_its_own_limits(origin: Origin) -> None:
    origin.merge(**{"reconciler.yaml": settings(origin.instance.url, limits={"creates": 0})})
    origin.propose(
        {
            "clients/all.yaml": declared(wanted("Portal")),
            "reconciler.yaml": settings(origin.instance.url, limits={"creates": 50}),
        }
    )
    review = PullRequest(origin)
    assert review.plan().code == 4
    assert "raises limits.creates from 0 to 50" in review.comment


def test_invalid_declarations_fail_and_are_in_the_comment(origin: Origin) -> None:
    origin.propose({"clients/all.yaml": declared({"name": "Portal"})})
    review = PullRequest(origin)
    assert review.validate().code == 3
    assert "grants" in review.comment
    assert "grants" in (review.runner.temp / "review" / "plan.html").read_text()


def test_a_pull_request_that_brings_the_first_configuration_is_not_judged_by_it(origin: Origin) -> None:
    """It would choose its own limits and rules, and where the passwords are sent after the merge."""
    origin.merge(**{"reconciler.yaml": None})
    free = settings("https://evil.example.com", limits={"creates": 500})
    origin.propose({"reconciler.yaml": free, "clients/all.yaml": declared({"name": "Portal"})})
    runner = origin.runner("trial")
    ran = act(runner, "plan.yml", "plan", "validate", github__event__merge_group__base_sha="")
    assert ran.code == 1, ran.text
    assert "::error::the base branch has no reconciler.yaml, and" in ran.text
    assert [file.name for file in (runner.temp / "review").iterdir()] == ["plan.md"]
    told, fix = (runner.temp / "review" / "plan.md").read_text().split("\n\n")
    assert told.startswith("**Not validated and not planned: the base branch has no reconciler.yaml, and")
    assert "reads reconciler.yaml, above all each url" in fix


def test_without_an_observation_the_pull_request_is_validated_and_told(origin: Origin) -> None:
    origin.propose({"clients/all.yaml": declared(wanted("Portal"))})
    review = PullRequest(origin, runs=[])
    review.validate()
    review.fetch()
    assert review.names == ""
    assert "Validated only" in review.comment


def test_before_there_is_a_workflow_that_observes_the_pull_request_is_validated(origin: Origin) -> None:
    """As in the pull request that brings the workflows."""
    origin.propose({"clients/all.yaml": declared(wanted("Portal"))})
    review = PullRequest(origin)
    review.runner.answer({})
    review.validate()
    ran = review.fetch()
    assert ran.code == 0, ran.text
    assert "Validated only" in review.comment


def test_what_is_merged_and_waits_for_its_approval_is_no_drift_in_the_next_pull_request(origin: Origin) -> None:
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    origin.merge(wanted("Portal", "https://merged.example.com/cb"))
    origin.propose({"clients/all.yaml": declared(wanted("Portal", "https://merged.example.com/cb"), wanted("New"))})
    review = PullRequest(origin)
    ran = review.plan()
    assert ran.code == 0, ran.text
    assert "1 to create, 1 to update" in review.comment


def test_what_a_person_changed_is_a_check_of_its_own_in_a_pull_request(origin: Origin) -> None:
    """The apply would be refused, too; but it is not what this pull request did."""
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    origin.instance.change("Portal", stored("Portal", "https://night.example.com/cb"))
    origin.propose({"clients/all.yaml": declared(wanted("Portal"), wanted("New"))})
    review = PullRequest(origin)
    ran = review.plan()
    assert ran.code == 0, ran.text
    assert "night.example.com" in review.comment
    told = review.drift_check(ran)
    assert told.code == 1
    assert "changed by hand" in told.text


@pytest.mark.parametrize(
    "forged", [{"event": "pull_request"}, {"event": "push"}, {"head_repository": {"full_name": "stranger/clients"}}]
)
def test_an_observation_that_a_stranger_made_is_not_taken(origin: Origin, forged: dict[str, object]) -> None:
    """A fork may call its branch main, and its artifact what it likes."""
    origin.propose({"clients/all.yaml": declared(wanted("Portal"))})
    review = PullRequest(origin, runs=[run_of(66, **forged), run_of(31)])
    review.validate()
    review.fetch()
    assert review.names == "production"
    assert [call[2] for call in review.runner.calls() if call[:2] == ["run", "download"]] == ["31"]


def test_a_run_without_an_observation_is_passed_over(origin: Origin) -> None:
    origin.propose({"clients/all.yaml": declared(wanted("Portal"))})
    review = PullRequest(origin, runs=[run_of(99), run_of(31)])
    review.validate()
    review.fetch()
    assert review.names == "production"


def test_a_hostile_name_is_only_a_name_in_a_pull_request(origin: Origin) -> None:
    origin.instance.has(stored(EVIL, "https://evil.example.com/cb"))
    origin.propose({"clients/all.yaml": declared(wanted(EVIL, "https://other.example.com/cb"))})
    review = PullRequest(origin)
    ran = review.plan()
    assert "1 to update" in review.comment, ran.text
    assert not [line for line in ran.text.splitlines() if line.startswith("::error::hurt")]
    assert unhurt(review.runner)


# apply.yml


def test_a_merge_is_planned_approved_and_applied_exactly_so(origin: Origin) -> None:
    origin.merge(wanted("Portal"), wanted(EVIL, "https://evil.example.com/cb"))
    planned, ran = plan_after_merge(origin)
    assert ran.code == 0, ran.text
    assert "Portal" in (planned.temp / "summary.md").read_text()
    assert to_approve(planned) == [{"instance": "production", "environment": "production"}]
    applied, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    assert set(origin.instance.clients()) == {"Portal", EVIL}
    assert origin.applied() == origin.head()
    assert list((applied.temp / "journal").rglob("*.jsonl"))
    assert unhurt(planned, applied)


def test_nobody_has_to_approve_a_plan_that_changes_nothing_and_it_is_remembered(origin: Origin) -> None:
    """So that what is adopted, too, can be taken out later."""
    origin.instance.has(stored("Portal"))
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    assert to_approve(planned) == [{"instance": "production", "environment": "reconciler-read-production"}]
    _, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    assert origin.applied() == origin.head()


def test_where_runners_keep_checkouts_a_failed_apply_takes_no_record_back(origin: Origin) -> None:
    """Neither its own, nor that of another instance."""
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    runner = origin.runner()
    newest = origin.let_others_apply(runner)
    origin.instance.has(stored("Portal", "https://night.example.com/cb"))
    shutil.copytree(planned.temp / "plan", runner.temp / "plan")
    assert act(runner, "apply.yml", "apply", "apply", **DISPATCH).code == 4
    assert act(runner, "apply.yml", "apply", "keep what was applied").code == 0
    assert origin.remembered() == newest


def test_a_plan_that_a_guard_refuses_is_not_put_before_anybody(origin: Origin) -> None:
    configuration = settings(origin.instance.url, limits={"creates": 0})
    origin.merge(wanted("Portal"), **{"reconciler.yaml": configuration})
    planned, ran = plan_after_merge(origin)
    assert ran.code == 4
    assert to_approve(planned) == []


def test_a_blocked_client_holds_up_nobody_else(origin: Origin) -> None:
    origin.instance.has(stored("Twice"), stored("Twice"))
    origin.merge(wanted("Twice"), wanted("Portal"))
    planned, ran = plan_after_merge(origin)
    assert ran.code == 4
    assert to_approve(planned) == [{"instance": "production", "environment": "production"}]
    _, ran = apply_after_approval(origin, planned)
    assert ran.code == 4
    assert "Portal" in origin.instance.clients()
    assert origin.applied() == ""


def test_an_instance_that_cannot_be_planned_says_so_with_its_own_code(origin: Origin) -> None:
    origin.merge(wanted("Portal"), **{"reconciler.yaml": settings("http://127.0.0.1:9", timeout=1)})
    planned, ran = plan_after_merge(origin)
    assert ran.code == 1, ran.text
    assert to_approve(planned) == []


def test_what_a_person_changed_stops_the_merge_until_somebody_decides(origin: Origin) -> None:
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    origin.instance.change("Portal", stored("Portal", "https://night.example.com/cb"))
    planned, ran = plan_after_merge(origin)
    assert ran.code == 4
    assert to_approve(planned) == []
    planned, ran = plan_after_merge(origin, **{"inputs.on_drift || 'refuse'": "revert"})
    assert ran.code == 0, ran.text
    _, ran = apply_after_approval(origin, planned)
    assert ran.code == 0, ran.text
    assert origin.instance.redirect("Portal") == "https://portal.example.com/cb"


def test_an_instance_that_moved_on_after_the_approval_is_left_alone(origin: Origin) -> None:
    origin.instance.has(stored("Portal", "https://old.example.com/cb"))
    origin.merge(wanted("Portal"))
    planned, _ = plan_after_merge(origin)
    origin.instance.change("Portal", stored("Portal", "https://night.example.com/cb"))
    _, ran = apply_after_approval(origin, planned)
    assert ran.code == 4
    assert origin.instance.redirect("Portal") == "https://night.example.com/cb"
    assert origin.applied() == ""


def test_after_an_apply_the_instances_are_observed_again(origin: Origin) -> None:
    runner = origin.runner()
    (step,) = steps_of("apply.yml", "observe")
    runner.run(step, {"github.token": "t", "github.event.repository.default_branch": "main"})
    assert runner.calls() == [["workflow", "run", "observe.yml", "--repo", HERE, "--ref", "main"]]


# drift.yml


def look(origin: Origin) -> tuple[Runner, Ran]:
    runner = origin.runner()
    laid = act(runner, "drift.yml", "look", LAY)
    assert laid.code == 0, laid.text
    return runner, act(runner, "drift.yml", "look", "look")


def differs(runner: Runner) -> str:
    file = runner.temp / "drift" / "differs.txt"
    return file.read_text().strip() if file.exists() else ""


def tell(runner: Runner, listed: str = LISTED) -> None:
    """With the artifacts that were fetched into `drift/`."""
    name = "open, update or close the issue"
    ran = act(runner, "drift.yml", "tell", name, needs__instances__outputs__instances=listed)
    assert ran.code == 0, ran.text


def issues(runner: Runner) -> list[dict[str, str]]:
    found: list[dict[str, str]] = runner.state()[f"repos/{HERE}/issues"]
    return found


def test_drift_is_told_in_one_issue_that_is_updated_and_closed(origin: Origin) -> None:
    origin.merge(wanted("Portal"), wanted(EVIL, "https://evil.example.com/cb"))
    planned, _ = plan_after_merge(origin)
    apply_after_approval(origin, planned)
    assert differs(look(origin)[0]) == "false"

    origin.instance.change("Portal", stored("Portal", "https://night.example.com/cb"))
    origin.instance.change(EVIL, stored(EVIL, "https://night.example.com/cb"))
    runner, ran = look(origin)
    assert differs(runner) == "true", ran.text
    runner.answer(
        {
            f"repos/{HERE}/issues": [
                {"id": 3, "number": 3, "user": {"login": "stranger"}, "body": None, "title": "other"}
            ]
        }
    )
    tell(runner)
    tell(runner)
    other, drift = issues(runner)
    assert other["title"] == "other"
    assert drift["title"] == "Instances differ from what git declares"
    assert "Portal" in drift["body"]
    assert "actions/runs/7001" in drift["body"]

    (runner.temp / "drift" / "differs.txt").write_text("false")
    tell(runner, LISTED[:-1] + ", {}]")
    assert issues(runner) == [other, drift], "another instance did not answer"
    tell(runner)
    assert issues(runner) == [other]
    assert unhurt(runner)


def test_without_an_issue_and_without_drift_nothing_is_posted(origin: Origin) -> None:
    runner = origin.runner()
    runner.answer({f"repos/{HERE}/issues": []})
    (runner.temp / "drift").mkdir()
    (runner.temp / "drift" / "differs.txt").write_text("false")
    tell(runner)
    assert [call for call in runner.calls() if "--method" in call] == []


def test_an_instance_that_does_not_answer_is_a_failure_and_no_drift(origin: Origin) -> None:
    origin.merge(**{"reconciler.yaml": settings("http://127.0.0.1:9", timeout=1)})
    runner, ran = look(origin)
    assert ran.code == 1
    assert differs(runner) == ""
