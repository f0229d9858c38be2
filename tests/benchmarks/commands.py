"""Commands beside `plan` with nothing to do, in the same rounds: how much more of the processor they take.

`export` and `fmt --check`; a plan that updates every client as text, as JSON, and with four reports; `history` of ten
runs of a tenth of the clients.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from reconciler.applying.journal import Heading, open_journal
from reconciler.applying.report import Applied
from reconciler.applying.send import Sent
from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.planning.plan.plan import Note, Plan, Update
from tests.benchmarks.measuring import Figure, Job, measure_together, runs_for
from tests.benchmarks.projects import write_project, write_settings
from tests.benchmarks.serving import serving
from tests.benchmarks.sizes import command

RUNS = 10
REPORTS = ("md", "html", "sarif", "json")
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def measure_commands(size: int, runs: int) -> list[Figure]:
    """All of them on a project of N clients; one platform is in sync with it, another differs in each client."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        same, differs = Path(one), Path(other)
        for folder in (same, differs):
            write_project(folder, size)
        write_differences(differs / "listing.json")
        write_journals(same / "journal", size // RUNS)
        with serving(same / "listing.json") as first, serving(differs / "listing.json") as second:
            write_settings(same, first)
            write_settings(differs, second)
            return measure_together(_jobs(same, differs, size), runs_for(size, runs))


def _jobs(same: Path, differs: Path, size: int) -> list[Job]:
    update = [*command(differs, "plan"), "--max-updates", str(size)]
    reports = [part for suffix in REPORTS for part in ("--report", str(differs / f"report.{suffix}"))]
    commands = {
        "plan": command(same, "plan"),
        "export": command(same, "export"),
        "fmt --check": [*command(same, "fmt"), "--check"],
        "plan, all updated, as text": update,
        "plan, all updated, as JSON": [*update, "--format", "json"],
        "plan, all updated, four reports": [*update, *reports],
        f"history, {RUNS} runs": [*command(same, "history"), "--journal", str(same / "journal")],
    }
    return [
        Job(name=name, clients=size, arguments=each, beside=None if name == "plan" else "plan")
        for name, each in commands.items()
    ]


def write_differences(listing: Path) -> None:
    """Let a listing differ from what is declared in every client but the platform's own."""
    document = json.loads(listing.read_text(encoding="utf-8"))
    for row in document["data"][1:]:
        path = row["redirect"].rpartition("/")[0] or "https://app.example.com"
        row |= {"types": ["authorization_code_grant"], "redirect": f"{path}/elsewhere"}
    listing.write_text(json.dumps(document), encoding="utf-8")


def write_journals(folder: Path, changes: int) -> None:
    """Write the journals of some runs with so many updates each."""
    plan = Plan("bench", "https://bench.example.com", tuple(map(_update, range(changes))))
    for each in range(RUNS):
        at = _NOON + timedelta(hours=each)
        heading = Heading(f"{at:%Y%m%dT%H%M%SZ}-abcdef", at, "1.0", "somebody@laptop", None, None, None)
        with open_journal(folder, heading, plan, now=partial(_same, at)) as journal:
            journal.sending(range(changes), {})
            journal.answered([(number, Sent(change, number + 1)) for number, change in enumerate(plan.changes)])
            journal.finished(
                [Applied(change, number + 1) for number, change in enumerate(plan.changes)], interrupted=False
            )


def _same(at: datetime) -> datetime:
    return at


def _update(each: int) -> Update:
    before, after = (
        ClientSpec(
            f"Application number {each}",
            frozenset({Grant.AUTHORIZATION_CODE}),
            (f"https://app.example.com/applications/{each}/{end}",),
        )
        for end in ("elsewhere", "callback")
    )
    where = Location("clients/clients.yaml", 2 + 6 * each, 5)
    return Update(each + 1, before, after, Note("differs", "differs from what is declared"), where)
