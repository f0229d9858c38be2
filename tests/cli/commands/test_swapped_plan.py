"""A saved plan that somebody swapped: what it claims lifts no guard. Its digest fits, since anybody can make one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.store import Store
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted
from tests.cli.sinking import DOCUMENT
from tests.declared.git.repositories import commit, git
from tests.planning.planfile.saving import document, with_digest

Values = dict[str, Any]
REFUSED = 4
NOT_ROTATED, NOT_PRUNED = "rotation-not-declared", "prune-declared"


def made(platform: Platform, name: str, year: int) -> None:
    """A client that was created in that year."""
    when = datetime(year, 6, 1, tzinfo=UTC).timestamp()
    [url] = stored(name).redirect_urls
    with Store(platform.database, clock=lambda: when) as store:
        store.create(name, url, False, False)


def configure(project: Project, staging: Platform, *, sinks: bool = True, **settings: object) -> None:
    """The instance, with a sink, since a rotation with `keep_old: 0` needs one."""
    project.configure({"staging": at(staging.url, sinks=[DOCUMENT] if sinks else [])}, **settings)


def rotated(name: str, keep_old: str | int, **more: object) -> Values:
    """An entry whose client is replaced if it is from 2020."""
    rotate = {"created_before": "2021-01-01T00:00Z", "keep_old": keep_old}
    return {**wanted(name), "rotate": rotate, **more}


def save(project: Project, *flags: str) -> Path:
    """Save a plan, refused or not."""
    ended = project.run("plan", "-o", "plan.json", *flags)
    assert ended.code in (0, REFUSED), ended.err
    return project.folder / "plan.json"


def swap(file: Path, change: Callable[[Values], object]) -> None:
    """Change the plan, and give it a digest that fits."""
    values = document(file.read_text())
    change(values)
    file.write_bytes(with_digest(values))


def refused(project: Project, staging: Platform) -> list[str]:
    """Apply the plan, which must be refused before any write; the codes of the refusals."""
    ended = project.run("apply", "plan.json", "--format", "json")
    assert ended.code == REFUSED, ended.err
    assert staging.log.writes() == []
    return [refusal["code"] for refusal in ended.document["instances"][0]["refusals"]]


def applied(project: Project) -> Ended:
    ended = project.run("apply", "plan.json")
    assert ended.code == 0, ended.out + ended.err
    return ended


def deletion(values: Values) -> Values:
    """The only deletion of the plan."""
    found: Values
    [found] = [change for change in values["changes"] if change["action"] == "delete"]
    return found


# A deletion that claims a successor


def test_a_protected_client_is_not_deleted_because_the_plan_calls_it_rotated(
    project: Project, staging: Platform
) -> None:
    staging.has(stored("Gone"), stored("Payments"), stored("Payments"), stored("Other"))
    project.declare({"name": "Gone", "state": "absent"})
    configure(project, staging, protected=["Payments"])
    file = save(project)
    for successor in (8, 9, 1):  # a namesake, any other client, one of the platform's

        def claim(values: Values, successor: int = successor) -> None:
            other = {
                **deletion(values)["before"],
                "name": "Payments",
                "redirect_url": "https://payments.example.com/cb",
            }
            deletion(values).update(id=7, before=other, successor=successor)
            deletion(values)["reason"].update(code="rotated")

        swap(file, claim)
        assert refused(project, staging) == [NOT_ROTATED, "protected"]


def test_an_unprotected_client_is_not_deleted_as_rotated_either(project: Project, staging: Platform) -> None:
    staging.has(stored("Gone"), stored("Other"))
    project.declare({"name": "Gone", "state": "absent"})
    file = save(project)
    swap(file, lambda values: deletion(values).update(successor=7))
    assert refused(project, staging) == [NOT_ROTATED]
    swap(file, lambda values: deletion(values)["reason"].update(code="rotated"))
    assert refused(project, staging) == [NOT_ROTATED]
    assert "today's declarations do not rotate it" in project.run("apply", "plan.json").out


@pytest.fixture
def over(project: Project, staging: Platform) -> Path:
    """A saved plan that deletes Portal (6), whose successor (7) is from 2022, and nothing else."""
    made(staging, "Portal", 2020)
    made(staging, "Portal", 2022)
    made(staging, "Other", 2022)
    project.declare(rotated("Portal", "7d", owner="team-a"))
    configure(project, staging, protected=["Portal"])
    return save(project)


def test_a_rotation_that_is_over_is_applied(project: Project, staging: Platform, over: Path) -> None:
    applied(project)
    assert sorted(staging.clients().values()) == [7, 8]
    assert "was done" in applied(project).out


@pytest.mark.parametrize("successor", [None, 6, 8, 1])
def test_another_successor_than_the_live_one_is_not_believed(
    project: Project, staging: Platform, over: Path, successor: int | None
) -> None:
    swap(over, lambda values: deletion(values).update(successor=successor))
    assert refused(project, staging) == [NOT_ROTATED, "protected"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (wanted("Portal", owner="team-a"), "today's declarations do not rotate it"),
        (rotated("Portal", "1d", owner="team-a"), None),
        (rotated("Portal", "9999d", owner="team-a"), "today's `keep_old:` keeps it until 2049-10-16 00:00 UTC"),
        (rotated("Portal", "7d", owner="team-b"), "another `owner:` than the plan"),
    ],
)
def test_it_is_todays_entry_that_rotates(
    project: Project, staging: Platform, over: Path, entry: Values, says: str | None
) -> None:
    project.declare(entry)
    if says is None:
        applied(project)
        return
    found = refused(project, staging)
    assert found[:2] == [NOT_ROTATED, "protected"]
    assert set(found[2:]) <= {"delivery-not-declared"}  # the successor was not delivered yet
    out = project.run("apply", "plan.json").out
    assert says in out
    assert "plan again, and read it: reconciler plan --instance staging -o FILE" in out


# A create that claims to replace


@pytest.fixture
def replacing(project: Project, staging: Platform) -> Path:
    """A saved plan that replaces Portal (6) at once, beside Payments (7), both of 2020."""
    made(staging, "Portal", 2020)
    made(staging, "Payments", 2020)
    project.declare(rotated("Portal", 0, owner="team-a"))
    configure(project, staging, protected=["P*"])
    return save(project)


def replacement(values: Values) -> Values:
    """The only replacement of the plan."""
    found: Values
    [found] = [change for change in values["changes"] if change["action"] == "replace"]
    return found


def test_a_replacement_is_applied_and_done_the_second_time(
    project: Project, staging: Platform, replacing: Path
) -> None:
    applied(project)
    assert staging.clients() == {"Payments": 7, "Portal": 8}
    assert "was done" in applied(project).out


def test_a_replacement_that_broke_off_before_the_deletion_goes_on(
    project: Project, staging: Platform, replacing: Path
) -> None:
    made(staging, "Portal", 2022)
    applied(project)
    assert staging.clients() == {"Payments": 7, "Portal": 8}


def test_a_replacement_of_another_name_deletes_no_protected_client(
    project: Project, staging: Platform, replacing: Path
) -> None:
    payments = {"name": "Payments", "redirect_url": "https://payments.example.com/cb"}

    def claim(values: Values) -> None:
        replacement(values)["replaces"].update(id=7, before={**replacement(values)["after"], **payments})
        deletion(values).update(id=7, before={**deletion(values)["before"], **payments})

    swap(replacing, claim)
    assert refused(project, staging) == [NOT_ROTATED, NOT_ROTATED, "protected"]
    swap(replacing, lambda values: replacement(values).update(after={**replacement(values)["after"], **payments}))
    assert refused(project, staging) == [NOT_ROTATED, NOT_ROTATED, "protected"], "no entry rotates Payments"


def test_a_second_successor_is_not_made(project: Project, staging: Platform, replacing: Path) -> None:
    """Even if the plan says that it knew the first one."""
    made(staging, "Portal", 2022)
    swap(replacing, lambda values: values.update(live=8, live_ids=[*values["live_ids"], 8]))
    assert NOT_ROTATED in refused(project, staging)
    assert "has a successor already: client 8" in project.run("apply", "plan.json").out


def test_an_old_secret_does_not_stop_at_once_because_the_plan_says_that_it_is_kept(
    project: Project, staging: Platform, replacing: Path
) -> None:
    configure(project, staging, sinks=False)
    assert refused(project, staging) == ["rotation-undelivered", "delivery-not-declared"]
    swap(replacing, lambda values: replacement(values)["replaces"].update(keep_old_seconds=60))
    assert refused(project, staging) == [NOT_ROTATED, NOT_ROTATED]


def test_a_new_secret_is_for_the_owner_of_todays_entry(project: Project, staging: Platform, replacing: Path) -> None:
    swap(replacing, lambda values: replacement(values).update(owner="team-b"))
    assert NOT_ROTATED in refused(project, staging)
    assert "another `keep_old:` or `owner:` than the plan" in project.run("apply", "plan.json").out


def test_the_platforms_own_client_is_not_replaced(project: Project, staging: Platform, replacing: Path) -> None:
    swap(replacing, lambda values: values["changes"].remove(deletion(values)) or values["counts"].update(delete=0))
    swap(replacing, lambda values: replacement(values)["after"].update(name="PmApi"))
    assert refused(project, staging) == [NOT_ROTATED, "system-client"]


def test_the_old_client_is_not_its_own_successor(project: Project, staging: Platform, replacing: Path) -> None:
    """A client that the plan does not know could be the one that it has made."""
    swap(replacing, lambda values: values["live_ids"].remove(6))
    assert refused(project, staging) == [NOT_ROTATED, "protected"]


# What else is looked up, or checked before it is used


@pytest.mark.parametrize("commit", ["-d", "--stdin", "HEAD", "refs/heads/main", "a" * 39, "A" * 40, ""])
def test_only_the_full_id_of_a_commit_reaches_git(
    project: Project, staging: Platform, replacing: Path, commit: str
) -> None:
    staging.log.requests.clear()
    swap(replacing, lambda values: values.update(commit=commit))
    ended = project.run("apply", "plan.json")
    assert ended.code == REFUSED
    assert "`commit` is not the full id of a commit" in ended.only_error()
    assert staging.asked() == []


# A prune


@pytest.fixture
def pruning(project: Project, staging: Platform) -> Path:
    """A saved plan that is refused: it prunes Stranger (6), and nothing is declared."""
    staging.has(stored("Stranger"))
    project.declare()
    return save(project, "--prune", "all")


def test_nothing_declared_is_counted_today(project: Project, staging: Platform, pruning: Path) -> None:
    assert refused(project, staging) == ["nothing-declared"]
    swap(pruning, lambda values: values.update(declared_present=1))
    assert refused(project, staging) == ["nothing-declared"]


def test_a_prune_is_one_whatever_else_the_plan_says_about_it(
    project: Project, staging: Platform, pruning: Path
) -> None:
    place = {"path": "clients/all.yaml", "line": 1, "column": 1}
    swap(pruning, lambda values: deletion(values).update(source=place))
    assert refused(project, staging) == ["nothing-declared"]
    swap(pruning, lambda values: deletion(values).update(source=None))
    swap(pruning, lambda values: deletion(values)["reason"].update(code="declared-absent"))
    assert refused(project, staging) == ["nothing-declared"]


def test_what_is_declared_again_is_not_pruned(project: Project, staging: Platform) -> None:
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"))
    save(project, "--prune", "all")
    project.declare(wanted("One"), wanted("Stranger"))
    assert refused(project, staging) == [NOT_PRUNED]
    assert "would be pruned, and today's declarations have an entry for it" in project.run("apply", "plan.json").out
    project.declare(wanted("Other"))
    applied(project)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clients: [{nonsense: true}]", "clients/all.yaml:1:11: "),
        ("{", "clients/all.yaml:1:"),
        (None, "clients:1:1: "),
    ],
    ids=["wrong", "torn", "missing"],
)
def test_without_declarations_nothing_is_pruned_and_nothing_rotated(
    project: Project, staging: Platform, text: str | None, says: str
) -> None:
    staging.has(stored("One"), stored("Stranger"))
    made(staging, "Portal", 2020)
    made(staging, "Portal", 2022)
    project.declare(wanted("One"), rotated("Portal", "7d"))
    for flags in [("--prune", "all"), ()]:
        project.declare(wanted("One"), rotated("Portal", "7d"))
        save(project, *flags)
        staging.log.requests.clear()
        everything = project.folder / "clients" / "all.yaml"
        everything.unlink()
        if text is None:
            everything.parent.rmdir()
        else:
            everything.write_text(text)
        ended = project.run("apply", "plan.json")
        assert (ended.code, ended.out) == (REFUSED, "")
        error = ended.only_error()
        assert "prunes or rotates clients" in error
        assert says in error
        assert "reconciler validate" in ended.err
        assert staging.asked() == []


def test_declarations_elsewhere_are_named_by_a_variable(project: Project, staging: Platform) -> None:
    """`--clients` is wrong usage beside a plan."""
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"))
    (project.folder / "clients").rename(project.folder / "elsewhere")
    ended = project.run("plan", "--prune", "all", "--clients", "elsewhere", "-o", "plan.json")
    assert ended.code == 0
    assert "to apply exactly this: RECONCILER_CLIENTS=elsewhere reconciler apply plan.json" in ended.err
    assert project.run("apply", "plan.json").code == REFUSED
    project.environ.setenv("RECONCILER_CLIENTS", "elsewhere")
    applied(project)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_no_time_at_the_end_of_the_calendar_is_a_traceback(
    project: Project, staging: Platform, replacing: Path, time: str
) -> None:
    def late(values: Values) -> None:
        replacement(values)["replaces"]["stops_at"] = time

    swap(replacing, late)
    ended = project.run("apply", "plan.json")
    assert (ended.code, staging.log.writes()) == (4, [])
    assert "stops_at` is not a time with a time zone" in ended.only_error()
    assert project.run("observe", "-o", "live.json").code == 0
    swap(project.folder / "live.json", lambda values: values["observations"][0]["clients"][0].update(created_at=time))
    ended = project.run("plan", "--live", "live.json")
    assert ended.code != 0
    assert "created_at` is not a time with a time zone" in ended.only_error()


@pytest.mark.parametrize("commit_id", ["0" * 40, "0" * 64, "1" * 40])
def test_a_plan_neither_deletes_what_was_applied_nor_leads_it_to_no_commit(
    project: Project, staging: Platform, commit_id: str
) -> None:
    project.declare(wanted("One"))
    git(project.folder, "init", "-q")
    commit(project.folder, {}, "Begin")
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    before = git(project.folder, "rev-parse", "refs/reconciler/applied/staging")
    swap(save(project), lambda values: values.update(commit=commit_id))
    ended = project.run("apply", "plan.json")
    assert git(project.folder, "rev-parse", "refs/reconciler/applied/staging") == before
    said = "is not the full id of a commit" if "0" in commit_id else "for `--base applied`"
    assert said in ended.err
