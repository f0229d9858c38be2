"""How past runs read, whatever became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.applying.journal import Heading, WriteAnswer, WriteResult
from reconciler.applying.past_runs import PastAnswer, PastResult, PastRun, PastWrite, UnreadableJournal
from reconciler.model.errors import JournalError
from reconciler.planning.plan.plan import Change, Create, Note
from reconciler.render.terminal.color import coloured
from reconciler.render.terminal.history import render_run, render_runs
from tests.builders import at, spec

AT = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
HEADING = Heading("20261123T134500Z-7f3a9c", AT, "1.0", "ann@host", "c0ffee", True, None)
DONE = PastAnswer(AT, WriteAnswer.DONE, 6, None)


def _create(name: str) -> Change:
    return Create(spec(name), Note("declared-not-live", "declared, and not live"), at(1), None, ())


def _run(*writes: PastWrite, finished: bool = True, heading: Heading = HEADING, interrupted: bool = False) -> PastRun:
    return PastRun(
        Path("x.jsonl"), heading, "staging", "https://x.example.com", writes, AT if finished else None, interrupted
    )


@pytest.mark.parametrize(
    ("write", "line"),
    [
        (PastWrite(_create("A")), "  not sent  create A"),
        (PastWrite(_create("A"), AT), "  sent, no answer  create A"),
        (PastWrite(_create("A"), AT, DONE), "  answered as done, not verified  create A (id 6)"),
        (PastWrite(_create("A"), AT, PastAnswer(AT, WriteAnswer.REFUSED, None, "no")), "  refused  create A: no"),
        (
            PastWrite(_create("A"), AT, PastAnswer(AT, WriteAnswer.UNKNOWN, None, "cut")),
            "  sent, no answer  create A: cut",
        ),
        (
            PastWrite(_create("A"), AT, DONE, PastResult(WriteResult.APPLIED, 6, False, None)),
            "  applied  create A (id 6)",
        ),
        (
            PastWrite(_create("A"), AT, DONE, PastResult(WriteResult.FAILED, None, False, "gone")),
            "  failed  create A: gone",
        ),
        (
            PastWrite(_create("A"), AT, None, PastResult(WriteResult.UNVERIFIED, None, False, "?")),
            "  uncertain  create A: ?",
        ),
        (
            PastWrite(_create("A"), None, None, PastResult(WriteResult.NOT_TRIED, None, False, "x")),
            "  not tried  create A: x",
        ),
    ],
)
def test_each_fate_of_a_change_has_its_words(write: PastWrite, line: str) -> None:
    assert line in render_run(_run(write, finished=write.verdict is not None)).splitlines()


def test_changes_stand_in_columns() -> None:
    applied = PastWrite(_create("A"), AT, DONE, PastResult(WriteResult.APPLIED, 6, False, None))
    skipped = PastWrite(_create("B"), None, None, PastResult(WriteResult.NOT_TRIED, None, False, "interrupted"))
    shown = render_run(_run(applied, skipped, interrupted=True))
    assert "\n  applied    create A (id 6)\n  not tried  create B: interrupted\n" in shown
    assert shown.endswith("\n1 of 2 changes applied · 1 not tried · interrupted\n")
    assert "  finished  2026-11-23 13:45:00 UTC, interrupted\n" in shown


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        (HEADING, "  commit    c0ffee"),
        (replace(HEADING, clean=False), "  commit    c0ffee, with changes that were not committed"),
        (replace(HEADING, commit=None, clean=None), "  commit    none: the declarations were not in git"),
        (replace(HEADING, plan_digest="sha256:00"), "  plan      sha256:00"),
    ],
)
def test_where_it_comes_from_is_said(heading: Heading, line: str) -> None:
    assert line in render_run(_run(heading=heading)).splitlines()


def test_a_list_ends_with_what_cannot_be_read() -> None:
    broken = UnreadableJournal(Path("b.jsonl"), JournalError("b.jsonl, line 1, is not what a journal says there"))
    lines = render_runs([_run(finished=False), broken]).splitlines()
    assert lines == [
        "20261123T134500Z-7f3a9c  2026-11-23 13:45:00 UTC  staging  0 of 0 changes answered as done · not finished  "
        "ann@host",
        "unreadable  b.jsonl, line 1, is not what a journal says there",
    ]
    assert render_runs([]) == ""


def test_what_comes_from_elsewhere_cannot_paint_the_terminal() -> None:
    evil = "\x1b[31mred\n"
    heading = replace(HEADING, run=evil, who=evil, commit=evil, plan_digest=evil)
    write = PastWrite(_create("A\x1b[31m"), AT, None, PastResult(WriteResult.FAILED, None, False, evil))
    run = replace(_run(write, heading=heading), instance=evil, identity=evil)
    broken = UnreadableJournal(Path("b.jsonl"), JournalError(evil))
    plain = render_run(run) + render_runs([run, broken])
    assert "\x1b" not in plain
    assert "\x1b[31mred" not in render_run(run, coloured) + render_runs([run, broken], coloured)
    assert len(render_runs([run, broken]).splitlines()) == 2
