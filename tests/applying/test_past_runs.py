"""Reading journals: what they tell is what happened, whatever went wrong and wherever the file ends."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.apply import apply_plan
from reconciler.applying.events import ProgressEvent
from reconciler.applying.journal import open_journal
from reconciler.applying.past_runs import PastRun, UnreadableJournal, applied, list_runs, read_journal, uncertain
from reconciler.applying.report import Applied, Failed, Report, Skipped
from reconciler.model.clients import ClientSpec, Declarations
from reconciler.model.errors import JournalError, NotVerified, Unavailable
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Plan
from tests.applying.test_apply_properties import faults, stops
from tests.applying.test_journal import DECLARED, HEADING, NOON, apply, clock, instance, path_in
from tests.builders import plan_of
from tests.memory_gateway import Fault, MemoryGateway, lost, request_for
from tests.strategies import certainties


@contextmanager
def somewhere() -> Iterator[Path]:
    """A folder for one example."""
    with TemporaryDirectory() as directory:
        yield Path(directory)


class Killed(BaseException):
    """What ends a run at once, at a moment that the test chose."""


def run(
    directory: Path,
    gateway: MemoryGateway,
    plan: Plan,
    parallelism: int,
    *,
    stop_after: int | None = None,
    die_after: int | None = None,
) -> Report | None:
    """Apply with a journal; None if it was ended after so many events."""
    heard: list[ProgressEvent] = []

    def on_progress(event: ProgressEvent) -> None:
        heard.append(event)
        if len(heard) == die_after:
            raise Killed

    def stop() -> bool:
        return stop_after is not None and len(gateway.requests) >= stop_after

    with suppress(Killed), open_journal(directory, HEADING, plan, now=clock()) as journal:
        return apply_plan(plan, gateway, journal=journal, on_progress=on_progress, parallelism=parallelism, stop=stop)
    return None


def scenario_for(scenario: tuple[Declarations, list[ClientSpec]], hits: dict[int, Fault]) -> tuple[MemoryGateway, Plan]:
    declared, there = scenario
    gateway = MemoryGateway(there, faults=hits)
    return gateway, make_plan(declared, gateway.live, PlanPolicy("staging", "https://staging.example.com"))


def sent(journal: PastRun) -> list[str]:
    return [request_for(write.change) for write in journal.writes if write.sent_at]


def answered(journal: PastRun) -> list[str]:
    return [request_for(write.change) for write in journal.writes if write.answer and write.answer.id]


@given(certainties(), faults, stops, st.sampled_from([1, 3, 8]))
def test_it_tells_exactly_what_was_sent_and_answered_and_what_came_of_it(
    scenario: tuple[Declarations, list[ClientSpec]], hits: dict[int, Fault], stop_after: int | None, parallelism: int
) -> None:
    gateway, plan = scenario_for(scenario, hits)
    with somewhere() as directory:
        report = run(directory, gateway, plan, parallelism, stop_after=stop_after)
        journal = read_journal(path_in(directory))
    assert report is not None
    assert tuple(write.change for write in journal.writes) == plan.changes
    assert Counter(sent(journal)) == Counter(request for request in gateway.requests if request != "list")
    assert Counter(answered(journal)) == Counter(gateway.done)
    assert all(write.answer is not None for write in journal.writes if write.sent_at)
    assert (journal.heading, journal.interrupted, journal.truncated) == (HEADING, report.interrupted, False)
    assert journal.finished_at is not None
    assert list(applied(journal)) == [(o.change, o.id) for o in report.outcomes if isinstance(o, Applied)]
    assert list(uncertain(journal)) == [
        o.change for o in report.outcomes if isinstance(o, Failed) and isinstance(o.error, NotVerified)
    ]
    skipped = [o.change for o in report.outcomes if isinstance(o, Skipped)]
    assert [write.change for write in journal.writes if not write.sent_at] == skipped


@given(certainties(), faults, st.sampled_from([1, 3, 8]), st.integers(1, 20))
def test_a_run_that_dies_at_any_moment_has_announced_every_write_and_claims_no_answer_that_was_none(
    scenario: tuple[Declarations, list[ClientSpec]], hits: dict[int, Fault], parallelism: int, die_after: int
) -> None:
    gateway, plan = scenario_for(scenario, hits)
    with somewhere() as directory:
        run(directory, gateway, plan, parallelism, die_after=die_after)
        journal = read_journal(path_in(directory))
    assert {request for request in gateway.requests if request != "list"} <= set(sent(journal))
    assert set(answered(journal)) <= set(gateway.done)
    for write in journal.writes:
        if write.answer is None and write.sent_at is not None and journal.finished_at is None:
            assert write.change in list(uncertain(journal))


@given(certainties(), faults, st.data())
def test_a_journal_that_is_cut_at_any_byte_tells_a_beginning_of_the_truth(
    scenario: tuple[Declarations, list[ClientSpec]], hits: dict[int, Fault], data: st.DataObject
) -> None:
    gateway, plan = scenario_for(scenario, hits)
    with somewhere() as directory:
        run(directory, gateway, plan, 8)
        path = path_in(directory)
        whole = path.read_bytes()
        length = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:length])
        if length <= whole.index(b"\n"):
            with pytest.raises(JournalError, match="no complete line"):
                read_journal(path)
            return
        journal = read_journal(path)
    lines = whole[:length].count(b"\n")
    assert journal.truncated == (not whole[:length].endswith(b"\n"))
    told = [json.loads(line) for line in whole.splitlines()[1:lines]]
    assert sum(entry["event"] == "sent" for entry in told) == len(sent(journal))
    assert set(answered(journal)) <= set(gateway.done)
    assert (journal.finished_at is not None) == (told[-1:] != [] and told[-1]["event"] == "finished")


def test_garbage_after_the_last_line_feed_is_a_torn_line() -> None:
    """What a power failure leaves at the end of a file: zeros."""
    with somewhere() as directory:
        apply(directory, instance(), plan_of(DECLARED, instance().live))
        path = path_in(directory)
        path.write_bytes(path.read_bytes() + b"\0" * 100)
        assert read_journal(path).truncated


def broken_off(directory: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A journal of a run that did everything, and its lines."""
    apply(directory, instance(), plan_of(DECLARED, instance().live))
    path = path_in(directory)
    return path, [json.loads(line) for line in path.read_bytes().splitlines()]


Lines = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda lines: lines.pop(0), 1),
        (lambda lines: lines[0].update(format_version=4), 1),
        (lambda lines: lines[0].update(more=1), 1),
        (lambda lines: lines[0].pop("who"), 1),
        (lambda lines: lines[0]["changes"].pop(), 1),
        (lambda lines: lines[0]["git"].update(clean="yes"), 1),
        (lambda lines: lines[1].update(event="delivered"), 2),
        (lambda lines: lines[1].update(event=[]), 2),
        (lambda lines: lines[1].update(change=4), 2),
        (lambda lines: lines[1].update(change=-1), 2),
        (lambda lines: lines[1].update(change=True), 2),
        (lambda lines: lines[1].update(at="yesterday"), 2),
        (lambda lines: lines.insert(2, lines[1]), 3),
        (lambda lines: lines.pop(1), 2),
        (lambda lines: lines.insert(3, lines[2]), 4),
        (lambda lines: lines[2].update(answer="perhaps"), 3),
        (lambda lines: lines[2].update(id=None), 3),
        (lambda lines: lines[9]["outcomes"].pop(), 10),
        (lambda lines: lines[9]["outcomes"][0].update(id=None), 10),
        (lambda lines: lines.append(lines[1]), 11),
        (lambda lines: lines.insert(1, {}), 2),
    ],
)
def test_anything_else_out_of_place_is_an_error_that_names_the_line(
    tmp_path: Path, spoil: Callable[[Lines], object], line: int
) -> None:
    path, lines = broken_off(tmp_path)
    spoil(lines)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    with pytest.raises(JournalError, match=f"line {line},"):
        read_journal(path)


@pytest.mark.parametrize("text", ["{}", "[1]", "nonsense", "", "\0", "[" * 100_000, '{"event": "begun"}'])
def test_what_is_no_journal_is_an_error_and_no_crash(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text + "\n")
    with pytest.raises(JournalError, match="line 1"):
        read_journal(path)


def test_a_journal_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no such file"):
        read_journal(tmp_path / "x.jsonl")


def test_runs_are_listed_with_the_newest_first_and_what_cannot_be_read_last(tmp_path: Path) -> None:
    for hour, name in ((3, "c"), (1, "a"), (2, "b")):
        heading = replace(HEADING, run=name, started_at=NOON.replace(hour=hour))
        with open_journal(tmp_path / name, heading, plan_of(DECLARED, instance().live), now=clock()):
            pass
    (tmp_path / "notes.txt").write_text("no journal")
    (tmp_path / "a" / "empty.jsonl").write_text("")
    *runs, unreadable = list_runs(tmp_path)
    assert [run.heading.run for run in runs if isinstance(run, PastRun)] == ["c", "b", "a"]
    assert isinstance(unreadable, UnreadableJournal)
    assert unreadable.path.name == "empty.jsonl"


def test_where_nothing_was_applied_yet_no_run_is_listed(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "journal") == ()


def test_a_run_without_a_last_look_goes_by_the_answers(tmp_path: Path) -> None:
    """Killed before the look: what was answered as done is done; what was not answered is uncertain."""
    gateway = instance()
    plan = plan_of(DECLARED, gateway.live)
    gateway.fail("create", lost())
    gateway.fail("list", Fault(Unavailable("gone")))
    run(tmp_path, gateway, plan, 1, die_after=6)
    journal = read_journal(path_in(tmp_path))
    assert [(change.name, client_id) for change, client_id in applied(journal)] == [("Changed", 1), ("New name", 2)]
    assert [change.name for change in uncertain(journal)] == ["Made"]


def test_convergence_never_needs_it(tmp_path: Path) -> None:
    """A run that lost its journal is finished by the next one all the same."""
    gateway = instance()
    run(tmp_path, gateway, plan_of(DECLARED, gateway.live), 1, die_after=4)
    shutil.rmtree(tmp_path)
    apply(tmp_path, gateway, plan_of(DECLARED, gateway.live))
    assert plan_of(DECLARED, gateway.live).changes == ()
