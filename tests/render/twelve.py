"""Twelve instances with 25 clients each, as a platform team has them: the plan of a pull request, and past applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.applying.journal import Heading, WriteAnswer, WriteResult
from reconciler.applying.past_runs import PastAnswer, PastResult, PastRun, PastWrite
from reconciler.model.clients import ClientSpec, DesiredClient, Grant
from reconciler.model.diagnostics import warning
from reconciler.model.errors import Unavailable
from reconciler.model.settings import Limits
from reconciler.planning.decide import PlanPolicy
from reconciler.planning.drift.base import Base
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.make_plan import make_plan
from reconciler.planning.plan.plan import Change, Create, Note, OnDrift, Prune, Update
from reconciler.results import Overview, Planned, Stopped
from tests.builders import at, declare, listing, live, present, spec
from tests.golden.overviews import instance, run

NAMES = (
    "staging",
    *(f"eu-{number}" for number in range(1, 7)),
    *(f"us-{number}" for number in range(1, 5)),
    "production",
)
APPS = (
    "Customer portal",
    "Warehouse",
    "Old CRM",
    "Payroll",
    "Kiosk",
    "Intake forms",
    "Ledger",
    "Archive",
    "Fleet tracker",
    "Survey",
    "Claims",
    "Catalogue",
    "Booking",
    "Roster",
    "Signage",
    "Vault",
    "Mailer",
    "Broker desk",
    "Planner",
    "Notary",
    "Ferry",
    "Museum tickets",
    "Weather",
    "Dispatch",
    "Library",
)
_DOWN, _BLOCKED, _DRIFTED = "eu-5", "us-2", "eu-3"
_FEWER = ("eu-1", "eu-2", "production")
"""Where the entry of Old CRM is taken out."""


def fleet_of_twelve() -> Overview:
    """A pull request that touches all of them, while one is down, one was changed by hand and one is ambiguous."""
    results = [_result(name, number) for number, name in enumerate(NAMES)]
    diagnostics = (warning("password-without-justification", "password lets an application ask for passwords", at(12)),)
    return run("plan", *results, diagnostics=diagnostics)


def _result(name: str, number: int) -> Planned | Stopped:
    place = replace(instance(name, number * 4 + 4), wave={"staging": 1, "production": 3}.get(name, 2))
    if name == _DOWN:
        return Stopped(place, Unavailable("no answer in 30 s", "is the URL right? https://eu-5.example.com"))
    before = [_client(app, name, line) for line, app in enumerate(APPS, 1)]
    seen = [live(number, each.spec) for number, each in enumerate(before, 6)]
    if name == _DRIFTED:
        seen[3] = live(9, replace(seen[3].spec, redirect_urls=("https://payroll-old.example.net/cb",)))
    if name == _BLOCKED:
        seen.append(live(40, "Kiosk"))
    policy = PlanPolicy(name, f"https://{name}.example.com", prune=Prune.REMOVED, on_drift=OnDrift.REFUSE)
    base = Base("c" * 40, declare(*before))
    plan = make_plan(declare(*_changed(before, name)), listing(live(1, "PmApi"), *seen), policy, base)
    return Planned(place, plan, refusals(plan, Guards(limits=Limits(deletes=3))))


def _client(app: str, name: str, line: int) -> DesiredClient:
    host = app.split(maxsplit=1)[0].lower()
    wanted = spec(app, redirect=f"https://{host}.{name}.example.com/oauth/callback")
    return present(wanted, line=line * 5, owner=f"team-{host}")


def _changed(before: list[DesiredClient], name: str) -> Iterator[DesiredClient]:
    for each in before:
        match each.spec.name:
            case "Customer portal":
                yield replace(each, spec=_at(each.spec, f"https://portal.{name}.example.com/login/callback"))
            case "Warehouse" if name == "production":
                yield replace(each, spec=replace(each.spec, grants=each.spec.grants | {Grant.PASSWORD}))
            case "Catalogue" if name.startswith("us"):
                yield replace(each, spec=_at(each.spec, "https://catalogue.shop.example.net/oauth/callback"))
            case "Old CRM" if name in _FEWER:
                pass
            case _:
                yield each
    if name.startswith(("us", "staging")):
        yield present(
            spec("Shop floor display", redirect=f"https://display.{name}.example.com/cb"), line=140, owner="team-shop"
        )


def _at(before: ClientSpec, url: str) -> ClientSpec:
    return replace(before, redirect_urls=(url,))


_TROUBLE = {
    ("eu-2", 38): WriteResult.FAILED,
    ("us-1", 64): WriteResult.UNVERIFIED,
    ("production", 82): WriteResult.FAILED,
    ("eu-4", 62): WriteResult.NOT_TRIED,
}


def history_of_twelve() -> list[PastRun]:
    """Applies of fourteen weeks, newest first: most go well, wave by wave."""
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    runs = [
        _run(name, begin + timedelta(days=day), day)
        for day in range(0, 100, 2)
        for place, name in enumerate(NAMES)
        if (day + place * place) % 7 < 2
    ]
    return list(reversed(runs))


def _run(name: str, started: datetime, day: int) -> PastRun:
    commit = f"{day:02}2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"
    heading = Heading(f"{started:%Y%m%dT%H%M%SZ}-{day:06x}", started, "1.0", "ci@runner", commit, True, None)
    number = NAMES.index(name)
    number_of = (day * 5 + number * 3) % 7 + 1
    ended = _TROUBLE.get((name, day), WriteResult.APPLIED)
    writes = tuple(
        _write(APPS[(day + each) % 25], name, each, started, ended if each == 0 else WriteResult.APPLIED)
        for each in range(number_of)
    )
    interrupted = (name, day) == ("eu-4", 62)
    finished = None if (name, day) == ("us-3", 74) else started + timedelta(seconds=4 + len(writes))
    return PastRun(Path("x.jsonl"), heading, name, f"https://{name}.example.com", writes, finished, interrupted)


def _write(app: str, name: str, each: int, sent: datetime, ended: WriteResult) -> PastWrite:
    after = spec(app, redirect=f"https://{app.split(maxsplit=1)[0].lower()}.{name}.example.com/oauth/callback")
    reason = Note("declared-not-live", "declared, and not live")
    change: Change = Create(after, reason, at(1))
    if each % 2:
        before = _at(after, "https://old.example.com/cb")
        change = Update(each + 6, before, after, Note("differs", "differs from what is declared"), at(1))
    answer = PastAnswer(sent, WriteAnswer.DONE, each + 6, None)
    error = None if ended is WriteResult.APPLIED else "the server refused it"
    return PastWrite(change, sent, answer, PastResult(ended, each + 6 if error is None else None, False, error))
