"""Creates and rotations in two steps: killed or disturbed at every step, no secret is lost and nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model.unfinished import MARK_START
from tests.cli.projects import Project
from tests.faults import ANY, DropConnection, Meanwhile, On, together
from tests.platform_lines import LINES
from tests.resilience.two_steps import FAULTS, SINKS, Stage, strike
from tests.tiers import one_in, some_steps

BY_NAME = {line.name: line for line in LINES}
MOST = 60
"""No run of these makes more requests, or changes more files."""

UPGRADED = ", upgraded from 4.15"

Case = tuple[str, tuple[str, ...]]
MakeStage = Callable[[Case], Stage]


@pytest.fixture
def make_stage(project: Project, tmp_path: Path) -> MakeStage:
    def make(case: Case) -> Stage:
        line, sinks = case
        name = line.removesuffix(UPGRADED)
        return Stage(project, tmp_path / "platform.sqlite3", BY_NAME[name], sinks, upgraded=name != line)

    return make


CASES: list[tuple[Case, str]] = [
    (("2026", ("json", "age", "command")), "file"),
    (("2026-owner-only", ("dotenv", "command")), "answered"),
    ((f"2026{UPGRADED}", ("json",)), "lost"),
    (("2026-owner-only", ("age", "dotenv")), "arrived"),
    (("2026-owner-only", ("dotenv", "age")), "file"),
]
"""A line, its sinks, and how the run is killed: before a change of a file, or around a request."""


def killed_runs() -> list[object]:
    """The quick tier has the first alone."""
    return [
        pytest.param(case, kind, marks=one_in(len(CASES), number), id=f"{case[0]}-{'+'.join(case[1])}-{kind}")
        for number, (case, kind) in enumerate(CASES)
    ]


def kill(stage: Stage, kind: str, number: int) -> bool:
    return stage.killed_at_file(number) if kind == "file" else stage.killed_at_request(strike(number, kind))


@pytest.mark.parametrize(("case", "kind"), killed_runs())
def test_a_create_that_is_killed_at_any_step_is_made_right_by_the_next(
    make_stage: MakeStage, case: Case, kind: str
) -> None:
    """With its journal; or without, an hour later."""
    stage = make_stage(case)
    for turn, number in enumerate(some_steps(MOST)):
        stage.begin()
        if not kill(stage, kind, number):
            break
        if turn % 2:
            stage.forget_the_journal()
        stage.applied()
        stage.demand_the_end()
    assert number > 8


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["lost", "file"])
def test_up_to_4_2_it_is_finished_and_never_begun_again(make_stage: MakeStage, kind: str) -> None:
    """Its secret can be read again."""
    stage = make_stage(("4.2", ("json", "command")))
    for turn, number in enumerate(some_steps(MOST)):
        stage.begin()
        if not kill(stage, kind, number):
            break
        begun = stage.live()
        if turn % 2:
            stage.forget_the_journal()
        stage.applied()
        if turn % 2:  # a program cannot be asked, and the journal is gone: this is what the guide says to run
            with stage.serving():
                assert stage.project.run("secrets", "deliver", "--instance", "staging").code == 0
        stage.demand_the_end()
        assert set(begun) <= set(stage.live())
    assert number > 8


@pytest.mark.parametrize(("case", "kind"), killed_runs())
def test_a_rotation_that_is_killed_at_any_step_never_costs_the_secret_in_use(
    make_stage: MakeStage, case: Case, kind: str
) -> None:
    stage = make_stage(case)
    for turn, number in enumerate(some_steps(MOST)):
        stage.begin(rotates=True)
        [old] = stage.live()
        if not kill(stage, kind, number):
            break
        stage.demand_nothing_is_lost()
        if turn % 2:
            stage.forget_the_journal()
        stage.applied_or_named()
        stage.demand_the_end()
        assert old not in stage.live()
    assert number > 8


FAULTY = [
    pytest.param(fault, bool(number % 2), marks=one_in(len(FAULTS), number), id=f"{fault}-{number % 2}")
    for number, fault in enumerate(FAULTS)
]
"""Each fault in a create or in a rotation, by turns."""


def faulty(stage: Stage, name: str, request: int) -> bool:
    """An apply with this fault at a request of a number; False if there are not so many."""
    with stage.serving(FAULTS[name](On(ANY, "/", {request}))):
        ended = stage.project.run(*stage.arguments())
        assert "Traceback" not in ended.out + ended.err
        assert "this is a bug" not in ended.err
    return len(stage.log) >= request


@pytest.mark.parametrize(("fault", "rotates"), FAULTY)
def test_a_fault_at_any_request_leaves_nothing_that_the_next_apply_does_not_make_right(
    make_stage: MakeStage, fault: str, rotates: bool
) -> None:
    stage = make_stage(("2026-owner-only", ("json", "command")))
    for request in some_steps(MOST):
        stage.begin(rotates=rotates)
        if not faulty(stage, fault, request):
            break
        if rotates:
            stage.demand_nothing_is_lost()
        stage.applied_or_named()
        stage.demand_the_end()
    assert request > 8


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("failing", ["command", "json"])
def test_one_sink_of_several_that_fails_leaves_nothing_behind(
    make_stage: MakeStage, failing: str, rotates: bool
) -> None:
    stage = make_stage(("2026", ("age", "json", "command")))
    stage.begin(rotates=rotates)
    before = stage.live()
    broken = stage.project.folder / "all.json"
    kept = broken.read_text() if broken.exists() else None
    if failing == "command":
        stage.project.write("mode", "fail")
    with stage.serving(*([spoil(stage)] if failing == "json" else [])):
        ended = stage.project.run(*stage.arguments())
    assert ended.code == 1, ended.out
    assert "not created: " in ended.out
    assert stage.live() == before
    stage.project.write("mode", "")
    broken.unlink(missing_ok=True)
    if kept is not None:
        stage.project.write("all.json", kept).chmod(0o600)
    if rotates:
        stage.demand_nothing_is_lost()
    stage.applied()
    stage.demand_the_end()


def test_an_old_client_outlives_a_staged_secret_that_somebody_removes(make_stage: MakeStage) -> None:
    """The run that created the successor still knows its secret; a run that finishes it does not."""
    stage = make_stage(("2026", ("json",)))
    put = "/oauth/clients/7"
    stage.begin(rotates=True)
    with stage.serving(Meanwhile(On("PUT", put), lambda: unstage(stage))):
        assert stage.project.run(*stage.arguments()).code == 0
    stage.demand_the_end()
    stage.begin(rotates=True)
    assert stage.killed_at_request(
        lambda kill: together(Meanwhile(On("PUT", put), kill), DropConnection(On("PUT", put)))
    )
    with stage.serving(Meanwhile(On("PUT", put), lambda: unstage(stage))):
        ended = stage.project.run(*stage.arguments())
    assert ended.code == 5
    assert "the new secret that it had staged is gone" in ended.out
    stage.demand_nothing_is_lost()


def test_a_rename_takes_along_what_the_sinks_have(make_stage: MakeStage) -> None:
    """Also what a killed run has staged: the instance does not show it again."""
    stage = make_stage(("2026", ("json", "age", "dotenv")))
    stage.begin()
    put = On("PUT", "/oauth/clients/6")
    assert stage.killed_at_request(lambda kill: Meanwhile(put, kill, after=True))
    for name, before in (("Desk", "Portal"), ("Portal", "Desk")):
        grants = {"authorization_code": {"redirect_url": "https://portal.example.com/cb"}, "password": True}
        stage.project.declare({"name": name, "previous_names": [before], "grants": grants, "owner": "team-a"})
        stage.applied()
    stage.demand_the_end()
    assert "DESK" not in (stage.project.folder / "all.env").read_text()
    assert not (stage.project.folder / "age/team-a/desk.age").exists()


def named(name: str, *before: str) -> dict[str, object]:
    """An entry as the other tests declare it."""
    grants = {"authorization_code": {"redirect_url": "https://portal.example.com/cb"}, "password": True}
    more = {"previous_names": list(before)} if before else {}
    return {"name": name, "grants": grants, "owner": "team-a", **more}


def killed_in_a_rename(stage: Stage) -> None:
    """Desk has become Portal, and the sinks do not know it."""
    stage.begin()
    stage.project.declare(named("Desk"))
    stage.applied()
    stage.project.declare(named("Portal", "Desk"))
    assert stage.killed_at_request(lambda kill: Meanwhile(On("PUT", "/oauth/clients/6"), kill, after=True))


@pytest.mark.parametrize("then", ["apply", "rename", "somebody else", "saved", "deliver"])
def test_a_rename_that_is_killed_before_the_sinks_know_it_costs_no_secret(make_stage: MakeStage, then: str) -> None:
    """It is theirs under the earlier name: also if that is taken meanwhile, or the name changes again."""
    stage = make_stage(("2026", ("json", "age", "dotenv")))
    killed_in_a_rename(stage)
    if then == "rename":
        stage.project.declare(named("Third", "Portal"))
        stage.applied()
        stage.project.declare(named("Portal", "Third"))
    elif then == "somebody else":
        stage.project.declare(named("Portal"), named("Desk"))
        with stage.serving():
            ended = stage.project.run(*stage.arguments(), "--only", "Desk")
        assert ended.code == 0, ended.out + ended.err
    elif then == "saved":
        stage.project.declare(named("Portal"), named("Desk"))
        with stage.serving():
            assert stage.project.run("plan", "--instance", "staging", "--only", "Desk", "-o", "plan.json").code == 0
            ended = stage.project.run("apply", "plan.json")
        assert ended.code == 0, ended.out + ended.err
    elif then == "deliver":
        check = ["secrets", "deliver", "--instance", "staging"]
        with stage.serving():
            assert "staged      Portal (id 6)" in stage.project.run(*check, "--check").out
            assert stage.project.run(*check).code == 0
            assert stage.project.run(*check, "--check").code == 0
    stage.applied()
    stage.demand_the_end()


@pytest.mark.parametrize("rotates", [False, True])
def test_nothing_of_a_deleted_client_stays_under_an_earlier_name(make_stage: MakeStage, rotates: bool) -> None:
    """After a rename that was killed; deleted, or replaced by a successor."""
    stage = make_stage(("2026", ("json", "age", "dotenv")))
    killed_in_a_rename(stage)
    rotate = {"rotate": {"created_before": "2026-05-01T11:00Z", "keep_old": 0}}
    gone = {"name": "Portal", "owner": "team-a", "state": "absent"}
    stage.now += timedelta(hours=2)
    stage.project.declare({**named("Portal"), **rotate} if rotates else gone)
    stage.applied()
    if rotates:
        stage.demand_the_end()
    for name in ("all.json", "all.env", "age/.delivered.json"):
        assert "desk" not in (stage.project.folder / name).read_text().lower(), name
    assert not (stage.project.folder / "age/team-a/desk.age").exists()


def test_an_old_client_stays_until_a_sink_that_failed_after_the_second_step_works(make_stage: MakeStage) -> None:
    """What it has staged is put into use then, once."""
    stage = make_stage(("2026", ("age", "json")))
    stage.begin(rotates=True)
    place = stage.project.folder / "age" / "team-a" / "portal.age"

    def spoil_it() -> None:
        place.unlink()
        place.mkdir()

    with stage.serving(Meanwhile(On("PUT", "/oauth/clients/7"), spoil_it, after=True)):
        assert stage.project.run(*stage.arguments()).code == 5
        assert list(stage.live()) == [6, 7]
        assert stage.project.run(*stage.arguments()).code == 4
        place.rmdir()
        ended = stage.project.run(*stage.arguments())
    assert ended.code == 0
    assert "delivered   1 client to age age/{owner}/{name}.age: Portal\n" in ended.out
    stage.demand_the_end()


def test_nothing_is_written_while_a_sink_cannot_put_into_use_what_it_has(make_stage: MakeStage) -> None:
    """Whoever gets the name would cost the secret that is still there under it."""
    stage = make_stage(("2026", ("age",)))
    killed_in_a_rename(stage)
    place = stage.project.folder / "age" / "team-a" / "portal.age"
    stage.project.declare(named("Portal"), named("Desk"))
    with stage.serving(Meanwhile(On("GET", "/oauth/clients/0"), place.mkdir)):
        ended = stage.project.run(*stage.arguments())
    assert ended.code == 1
    assert "x undelivered Portal (id 6), age age/{owner}/{name}.age" in ended.out
    assert "put into use what it keeps" in " ".join(ended.out.split()), ended.out
    assert not any(line.startswith(("POST /oauth/clients", "PUT /oauth/clients/6")) for line in stage.log)
    place.rmdir()
    stage.applied()
    stage.demand_the_end()


def test_what_sinks_keep_of_a_client_that_somebody_deleted_is_named_and_removed(make_stage: MakeStage) -> None:
    """An apply leaves it: only a person knows that it is the right instance which does not have the client."""
    stage = make_stage(("2026", ("json", "age", "dotenv")))
    stage.begin()
    assert killed_before_its_put(stage)
    stage.person(lambda store: store.revoke(6))
    deliver = ["secrets", "deliver", "--instance", "staging"]
    with stage.serving():
        planned = " ".join(stage.project.run("plan").out.split())
        for kept in ("json all.json", "age age/{owner}/{name}.age"):
            assert f"{kept} keeps a secret for client 6, 'Portal', which is not live any more" in planned
        assert "dotenv all.env keeps a secret for client 6, 'PORTAL'," in planned
        assert "to remove it: reconciler secrets deliver --instance staging" in planned
        assert stage.project.run(*stage.arguments()).code == 0
        checked = stage.project.run(*deliver, "--check")
        assert (checked.code, checked.out.count("left over")) == (1, 4)
        removed = stage.project.run(*deliver)
        assert (removed.code, removed.out.count("removed     Portal (id 6)")) == (0, 2)
        assert stage.project.run(*deliver, "--check").code == 0
    assert list(stage.live()) == [7]
    stage.demand_the_end()


def test_if_only_some_programs_take_the_secret_of_a_rotation_both_clients_stay(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that took it may keep one secret for each name, so that the new one must work."""
    stage = make_stage(("2026", ("command",)))
    stage.begin(rotates=True)
    stage.project.write("refuse", '#!/bin/sh\ngrep -q \'"event": "check"\'\n').chmod(0o700)
    monkeypatch.setitem(SINKS, "refuse", {"command": {"run": ["./refuse"]}})
    stage.sinks = ("command", "refuse")
    with stage.serving():
        ended = stage.project.run(*stage.arguments())
        assert ended.code == 5
        assert "x undelivered Portal (id 7), command refuse" in ended.out
        assert list(stage.live()) == [6, 7]
        stage.demand_nothing_is_lost_by("command")
        again = stage.project.run(*stage.arguments())
    assert again.code == 4
    assert "remove client 7 on the Auth Clients page, and apply again" in again.out
    assert list(stage.live()) == [6, 7]


def test_a_saved_plan_goes_on_with_what_it_says_an_earlier_run_has_left(make_stage: MakeStage) -> None:
    """And with nothing that it does not say."""
    stage = make_stage(("2026", ("json",)))
    stage.begin()
    saved = stage.project.folder / "plan.json"
    with stage.serving():
        assert stage.project.run("plan", "--instance", "staging", "-o", saved).code == 0
    assert killed_before_its_put(stage)
    with stage.serving():
        stale = stage.project.run("apply", saved)
        assert stage.project.run("plan", "--instance", "staging", "-o", saved).code == 0
        ended = stage.project.run("apply", saved)
    assert stale.code == 4
    assert "has begun to create 'Portal', as client 6" in stale.out
    assert ended.code == 0, ended.out + ended.err
    assert list(stage.live()) == [6]
    stage.demand_the_end()


def killed_before_its_put(stage: Stage) -> bool:
    put = On("PUT", "/oauth/clients/6")
    return stage.killed_at_request(lambda kill: together(Meanwhile(put, kill), DropConnection(put)))


def test_a_saved_plan_finishes_what_no_sink_is_to_have(make_stage: MakeStage) -> None:
    """As it says: the client is not created again."""
    stage = make_stage(("2026", ()))
    stage.begin()
    stage.project.environ.setenv("RECONCILER_DISCARD_SECRETS", "1")
    assert killed_before_its_put(stage)
    saved = stage.project.folder / "plan.json"
    with stage.serving():
        assert "client 6, which is finished now" in stage.project.run("plan", "-i", "staging", "-o", saved).out
        assert stage.project.run("apply", saved).code == 0
    assert list(stage.live()) == [6]


def test_an_editor_that_changes_the_ends_of_lines_loses_nothing_staged(make_stage: MakeStage) -> None:
    stage = make_stage(("2026", ("dotenv",)))
    stage.begin()
    assert killed_before_its_put(stage)
    file = stage.project.folder / "all.env"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    stage.applied()
    assert list(stage.live()) == [6]
    stage.demand_the_end()


def unstage(stage: Stage) -> None:
    """Somebody puts an earlier document back."""
    document = stage.project.folder / "all.json"
    content = json.loads(document.read_text())
    assert content.pop("(staged)")
    document.write_text(json.dumps(content))


def spoil(stage: Stage) -> Meanwhile:
    """Somebody breaks the document when the client has been created, after the sinks were looked at."""
    document = stage.project.folder / "all.json"

    def deed() -> None:
        document.write_text("no document")
        document.chmod(0o600)

    return Meanwhile(On("POST", "/oauth/clients"), deed, after=True)


def test_a_client_that_somebody_makes_at_the_same_moment_is_never_touched(make_stage: MakeStage) -> None:
    """Of the same name, and exactly as it is declared."""
    stage = make_stage(("2026", ("json",)))
    for request, lost in ((6, False), (6, True), (7, False)):
        stage.begin()
        made = Meanwhile(On(ANY, "/", {request}), lambda: stage.person(make_it))
        faults = [DropConnection(On("POST", "/oauth/clients"), after=True)] if lost else []
        with stage.serving(together(*faults, made)):
            ended = stage.project.run(*stage.arguments())
        assert ended.code in (1, 5)
        theirs = max(stage.live()) if request == 7 else min(stage.live())
        with stage.serving():
            assert stage.project.run(*stage.arguments()).code in (0, 4)
        assert stage.live()[theirs][1] == "https://portal.example.com/cb"


def make_it(store: object) -> None:
    store.create("Portal", "https://portal.example.com/cb", False, True)  # type: ignore[attr-defined]


def test_a_client_into_which_somebody_pasted_a_mark_is_never_deleted(make_stage: MakeStage) -> None:
    stage = make_stage(("2026", ("json",)))
    stage.begin()
    assert stage.killed_at_request(strike(6, "answered"))
    [(begun, (_, mark))] = stage.live().items()
    assert mark.startswith(MARK_START)

    def paste(store: object) -> None:
        store.create("Theirs", "https://theirs.example.com/cb", False, False)  # type: ignore[attr-defined]
        theirs = max(row[0] for row in store.clients())  # type: ignore[attr-defined]
        store.update(theirs, "Theirs", mark, False, False)  # type: ignore[attr-defined]
        store.create("Portal", mark, False, False)  # type: ignore[attr-defined]

    stage.person(paste)
    with stage.serving():
        ended = stage.project.run(*stage.arguments())
    assert ended.code == 4
    assert "only one of them can be that" in ended.out
    with_store = set(stage.live())
    assert begun in with_store
    assert len(with_store) == 2


@pytest.mark.thorough
def test_a_rename_that_is_killed_at_any_file_operation_costs_no_secret(make_stage: MakeStage) -> None:
    """Also one that goes on after another was killed."""
    stage = make_stage(("2026", ("json", "age", "dotenv")))
    for number in some_steps(MOST):
        killed_in_a_rename(stage)
        if number % 2:
            stage.project.declare(named("Third", "Portal"))
            if not stage.killed_at_file(number):
                break
        elif not stage.killed_at_file(number):
            break
        stage.project.declare(named("Portal", "Third", "Desk"))
        stage.applied()
        stage.demand_the_end()
    assert number > 8
