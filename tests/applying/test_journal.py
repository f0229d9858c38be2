"""The journal: what stands in it and when, who may read it, and what happens when it cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler.applying.apply import apply_plan
from reconciler.applying.events import ChangeAnswered, ProgressEvent
from reconciler.applying.journal import FileJournal, Heading, new_run, open_journal
from reconciler.applying.report import Applied, Report, Skipped, is_complete
from reconciler.model.clients import Listing
from reconciler.model.errors import JournalError, Rejected
from reconciler.planning.plan.plan import Plan
from reconciler.support.state_dir import make_private_dir
from tests.builders import PASSWORD, absent, declare, plan_of, present, spec
from tests.memory_gateway import Fault, MemoryGateway, lost, request_for

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEADING = Heading(
    run="20261123T120000Z-abcdef",
    started_at=NOON,
    program_version="1.2.3",
    who="somebody@laptop",
    commit="0123456789abcdef0123456789abcdef01234567",
    clean=True,
    plan_digest="sha256:0",
)
DECLARED = declare(
    present(spec("Changed", PASSWORD)), present("New name", previous=["Old name"]), present("Made"), absent("Gone")
)


def instance() -> MemoryGateway:
    return MemoryGateway([spec("Changed"), spec("Old name"), spec("Gone")])


def clock() -> Callable[[], datetime]:
    """A clock that goes on by a second whenever somebody looks at it."""
    seconds = count(1)
    return lambda: NOON + timedelta(seconds=next(seconds))


def path_in(directory: Path) -> Path:
    return directory / "staging" / f"{HEADING.run}.jsonl"


def apply(directory: Path, gateway: MemoryGateway, plan: Plan, parallelism: int = 1) -> Report:
    with open_journal(directory, HEADING, plan, now=clock()) as journal:
        return apply_plan(plan, gateway, journal=journal, on_progress=lambda _: None, parallelism=parallelism)


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_it_holds_the_whole_plan_first_then_every_write_before_and_after_then_the_outcomes(tmp_path: Path) -> None:
    gateway = instance()
    plan = plan_of(DECLARED, gateway.live)
    gateway.fail("update 1", Fault(Rejected("refused: name: is taken")))
    gateway.fail("create", lost())
    apply(tmp_path, gateway, plan)
    begun, *rest = entries(path_in(tmp_path))
    assert begun["changes"][0]["before"] == {
        "name": "Changed",
        "grants": ["authorization_code"],
        "redirect_url": "https://app.example.com/cb",
    }
    assert begun["changes"][0]["after"] == {"name": "Changed", "grants": ["password"], "redirect_url": None}
    assert [change["action"] for change in begun["changes"]] == ["update", "rename", "create", "delete"]
    assert {key: begun[key] for key in ("format_version", "event", "run", "instance", "identity", "who")} == {
        "format_version": 3,
        "event": "begun",
        "run": HEADING.run,
        "instance": "staging",
        "identity": "https://staging.example.com",
        "who": "somebody@laptop",
    }
    assert begun["started_at"] == "2026-11-23T12:00:00+00:00"
    assert begun["git"] == {"commit": HEADING.commit, "clean": True}
    assert begun["plan_digest"] == "sha256:0"
    assert [(e["event"], e.get("change"), e.get("answer"), e.get("id"), e.get("error")) for e in rest[:-1]] == [
        ("sent", 0, None, None, None),
        ("answered", 0, "refused", None, "refused: name: is taken"),
        ("sent", 1, None, None, None),
        ("answered", 1, "done", 2, None),
        ("sent", 2, None, None, None),
        ("answered", 2, "unknown", None, "the connection was closed"),
    ]
    assert [e["at"] for e in rest] == [(NOON + timedelta(seconds=n)).isoformat() for n in range(1, 8)]
    assert [(o["result"], o["id"], o["adopted"]) for o in rest[-1]["outcomes"]] == [
        ("failed", None, False),
        ("applied", 2, False),
        ("applied", 4, True),
        ("not_tried", None, False),
    ]
    assert rest[-1]["outcomes"][3]["why"] == "deletes start only after every other change has succeeded"


class Suspicious(MemoryGateway):
    """An instance that looks into the journal before it does anything."""

    path: Path
    plan: Plan

    def _arrive(self, request: str) -> Fault | None:
        if request != "list":
            known = [entry["change"] for entry in entries(self.path) if entry["event"] == "sent"]
            assert request in [request_for(self.plan.changes[number]) for number in known]
        return super()._arrive(request)


@pytest.mark.parametrize("parallelism", [1, 8])
def test_no_write_reaches_the_instance_before_it_stands_in_the_journal(tmp_path: Path, parallelism: int) -> None:
    gateway = Suspicious([spec("Changed"), spec("Old name"), spec("Gone")])
    gateway.plan, gateway.path = plan_of(DECLARED, gateway.live), path_in(tmp_path)
    assert is_complete(apply(tmp_path, gateway, gateway.plan, parallelism))


def test_it_is_for_this_user_alone(tmp_path: Path) -> None:
    apply(tmp_path / "a" / "b", instance(), plan_of(DECLARED, instance().live))
    path = path_in(tmp_path / "a" / "b")
    assert path.stat().st_mode & 0o777 == 0o600
    made = [path.parent, tmp_path / "a" / "b", tmp_path / "a"]
    assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}


def test_git_is_told_to_ignore_the_folder_of_the_program(tmp_path: Path) -> None:
    state = tmp_path / ".reconciler"
    apply(state / "journal", instance(), plan_of(DECLARED, instance().live))
    assert (state / ".gitignore").read_text() == "*\n"
    assert not (tmp_path / ".gitignore").exists()
    assert not (state / "journal" / ".gitignore").exists()


def test_what_somebody_told_git_already_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / ".reconciler"
    state.mkdir(mode=0o755)
    (state / ".gitignore").write_text("sandbox.sqlite3\n")
    make_private_dir(state / "journal")
    assert (state / ".gitignore").read_text() == "sandbox.sqlite3\n"
    assert state.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_was_there_before_is_kept_out_of_git_as_well(tmp_path: Path) -> None:
    """The embedded sandbox's database made it."""
    (tmp_path / ".reconciler").mkdir()
    make_private_dir(tmp_path / ".reconciler" / "journal")
    assert (tmp_path / ".reconciler" / ".gitignore").read_text() == "*\n"


def test_a_run_is_named_so_that_it_sorts_by_time_and_no_two_are_equal() -> None:
    later = datetime.fromisoformat("2026-11-23T13:00:00.9+00:30")
    assert new_run(later).startswith("20261123T123000Z-")
    assert new_run(NOON) < new_run(later)
    assert len({new_run(NOON) for _ in range(20)}) == 20


def test_where_no_journal_can_be_begun_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    gateway = instance()
    with pytest.raises(JournalError) as error:
        apply(tmp_path / "file", gateway, plan_of(DECLARED, gateway.live))
    assert "so nothing else was written either" in error.value.message
    assert error.value.hint is not None
    assert "--journal" in error.value.hint
    assert gateway.requests == []


def test_a_run_that_is_in_the_journal_already_is_not_written_over(tmp_path: Path) -> None:
    plan = plan_of(DECLARED, instance().live)
    apply(tmp_path, instance(), plan)
    before = path_in(tmp_path).read_bytes()
    with pytest.raises(JournalError, match="file exists"):
        apply(tmp_path, instance(), plan)
    assert path_in(tmp_path).read_bytes() == before


FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.applying.test_journal import DECLARED, apply, instance, plan_of
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
gateway = instance()
try:
    apply(Path(sys.argv[1]), gateway, plan_of(DECLARED, gateway.live))
except Exception as error:
    print(type(error).__name__, gateway.requests)
"""


def test_a_disk_that_is_full_before_the_first_write_lets_nothing_be_written(tmp_path: Path) -> None:
    """As far as its first line does not fit; and the part of it that did is taken away."""
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "JournalError []\n"
    assert list((tmp_path / "staging").iterdir()) == []


@contextmanager
def journal_in(path: Path) -> Iterator[tuple[FileJournal, Callable[[], None]]]:
    """A journal in a file, and what makes its disk full."""
    with path.open("wb") as file, Path("/dev/full").open("wb") as full:

        def fill() -> None:
            os.dup2(full.fileno(), file.fileno())

        yield FileJournal(file.fileno(), lambda: NOON), fill


def test_a_journal_that_fails_midway_ends_the_writing_and_the_report_says_so(tmp_path: Path) -> None:
    gateway = instance()
    plan = plan_of(DECLARED, gateway.live)
    with journal_in(tmp_path / "j") as (journal, fill):

        def on_progress(event: ProgressEvent) -> None:
            if isinstance(event, ChangeAnswered) and event.change == plan.changes[1]:
                fill()

        report = apply_plan(plan, gateway, journal=journal, on_progress=on_progress, parallelism=1)
    reason = "the journal cannot be written: no space left on device"
    assert [type(outcome) for outcome in report.outcomes] == [Applied, Applied, Skipped, Skipped]
    assert {outcome.reason for outcome in report.outcomes if isinstance(outcome, Skipped)} == {reason}
    assert gateway.requests == ["update 1", "update 2", "list"]
    assert report.journal_failure == "no space left on device"


def test_a_journal_that_fails_at_an_answer_lets_those_under_way_finish(tmp_path: Path) -> None:
    """Two updates are sent together; the disk is full when the first is answered."""
    gateway = instance()
    heard: list[ProgressEvent] = []
    with journal_in(tmp_path / "j") as (journal, fill):

        def on_progress(event: ProgressEvent) -> None:
            heard.append(event)
            if len(heard) == 2:
                fill()

        plan = plan_of(DECLARED, gateway.live)
        report = apply_plan(plan, gateway, journal=journal, on_progress=on_progress, parallelism=2)
    assert [type(outcome) for outcome in report.outcomes] == [Applied, Applied, Skipped, Skipped]
    assert report.journal_failure is not None
    assert [entry["event"] for entry in entries(tmp_path / "j")] == ["sent", "sent"]


class _WatchedInstance(MemoryGateway):
    def __init__(self, on_look: Callable[[], None]) -> None:
        super().__init__([spec("Gone")])
        self._on_look = on_look

    def list_clients(self) -> Listing:
        self._on_look()
        return super().list_clients()


def test_a_journal_that_lacks_only_the_outcomes_takes_nothing_from_what_was_applied(tmp_path: Path) -> None:
    with journal_in(tmp_path / "j") as (journal, fill):
        gateway = _WatchedInstance(fill)
        plan = plan_of(declare(present("Made"), absent("Gone")), gateway.live)
        report = apply_plan(plan, gateway, journal=journal, on_progress=lambda _: None)
    assert is_complete(report)
    assert report.journal_failure == "no space left on device"
