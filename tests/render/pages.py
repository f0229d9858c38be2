"""Pages that show everything that a page has to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from reconciler.applying.journal import Heading, WriteAnswer, WriteResult
from reconciler.applying.past_runs import PastAnswer, PastResult, PastRun, PastWrite, UnreadableJournal
from reconciler.live.observation import ObservationAge
from reconciler.model.errors import JournalError
from reconciler.planning.plan.plan import Change, Create, Note
from reconciler.render.html.history import render_history_html
from reconciler.render.html.overview import render_html
from reconciler.results import Overview, Planned
from tests.builders import absent, at, declare, listing, live, plan_of, present, spec
from tests.golden.overviews import OVERVIEWS, instance, result_of, run
from tests.golden.scenes import HOSTILE, SCENES, Scene
from tests.render.twelve import fleet_of_twelve, history_of_twelve

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
COMMIT = "4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"


def ordinary_page() -> str:
    """A pull request such as there are every week."""
    declared = declare(
        present(spec("Customer portal", redirect="https://portal.example.com/oauth/callback"), line=3, owner="portal"),
        absent("Old CRM", line=9),
        *(present(f"Client {number}", line=number) for number in range(20, 27)),
    )
    seen = listing(
        live(1, "PmApi"),
        live(6, spec("Customer portal", redirect="https://portal-old.example.com/oauth/callback")),
        live(7, "Old CRM"),
        *(live(number, f"Client {number}") for number in range(20, 27)),
    )
    return render_html(run("plan", result_of(Scene(plan_of(declared, seen)))))


def observed_page() -> str:
    """A plan that was made from what somebody saw days ago."""
    planned = Planned(
        instance("staging", 4), SCENES["pruned"].plan, (), ObservationAge(AT, timedelta(days=3), "live.json")
    )
    return render_html(Overview("plan", (planned,), made_at=AT, commit=COMMIT))


def history_page() -> str:
    """Runs of every ending on three instances, and a file that is no journal."""
    runs: list[PastRun | UnreadableJournal] = [
        run_of(number, name) for number in range(9) for name in ("eu-1", "eu-2", "us-1")
    ]
    broken = UnreadableJournal(Path("x.jsonl"), JournalError("the journal x.jsonl has no complete line"))
    return render_history_html([*reversed(runs), broken], AT)


def run_of(number: int, name: str) -> PastRun:
    """A run on a day of March, which ended in one way or another."""
    started = AT + timedelta(days=number, minutes=number)
    heading = Heading(
        f"2026030{number + 1}T090000Z-{number:06x}", started, "1.0", "ann@host", COMMIT, number != 3, None
    )
    writes = tuple(_write(each, (number * 7 + each + len(name)) % 13, started) for each in range(number % 4 * 3 + 1))
    finished = None if number == 7 else started + timedelta(seconds=9)
    return PastRun(Path("x.jsonl"), heading, name, f"https://{name}.example.com", writes, finished, number == 5)


def _write(number: int, dice: int, sent: datetime) -> PastWrite:
    change: Change = Create(spec(f"Client {number}"), Note("declared-not-live", "declared, and not live"), at(1))
    answer = PastAnswer(sent, WriteAnswer.DONE, number + 1, None)
    match dice:
        case 0:
            return PastWrite(change, sent, answer, PastResult(WriteResult.FAILED, None, False, HOSTILE[9]))
        case 1:
            return PastWrite(change, sent, None, PastResult(WriteResult.UNVERIFIED, None, False, "nobody knows"))
        case 2:
            return PastWrite(change, None, None, PastResult(WriteResult.NOT_TRIED, None, False, "interrupted"))
        case _:
            return PastWrite(change, sent, answer, PastResult(WriteResult.APPLIED, number + 1, False, None))


PAGES: Mapping[str, Callable[[], str]] = {
    **{
        name: partial(render_html, OVERVIEWS[name])
        for name in (
            "everything-at-once",
            "blocked-and-refused",
            "drift-refused",
            "drift-kept",
            "every-outcome",
            "hostile-names",
            "new-recipients",
            "hostile-recipients",
            "nothing-to-do",
            "rotated",
            "rotated-applied",
            "fleet",
            "invalid",
            "valid",
            "ended",
        )
    },
    "ordinary": ordinary_page,
    "observed": observed_page,
    "history": history_page,
    "twelve": lambda: render_html(fleet_of_twelve()),
    "twelve-history": lambda: render_history_html(history_of_twelve(), AT + timedelta(days=50)),
}
