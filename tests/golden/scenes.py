"""A handful of plans and reports that show everything a renderer has to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.model.clients import DesiredClient, EntryLocations, Location
from reconciler.model.errors import NotVerified, Rejected, Unavailable
from reconciler.model.recipients import Recipient
from reconciler.model.settings import Limits
from reconciler.planning.guard import Guards, Refusal, refusals
from reconciler.planning.plan.plan import Create, Deliver, Note, OnDrift, Plan, Prune, Waived
from tests.builders import (
    CODE,
    PASSWORD,
    PERSONAL,
    absent,
    at,
    declare,
    elsewhere,
    listing,
    live,
    plan_of,
    present,
    rotation,
    spec,
    unsupported,
)

HOSTILE = [
    "two\nlines",
    "\x1b[31mred\x1b[0m \x07",
    "\u202eevil\u202c",
    "zero\u200bwidth",
    "half a pair \ud800",
    "x" * 255,
    "顧客ポータル",
    "+ create  Injected (id 1)",
    "::error::not a workflow command",
    "<b>bold</b> | `code` | [link](https://evil.example)",
    "\u2028separated\u2029",
    "\x00",
]


@dataclass(frozen=True, slots=True)
class Scene:
    """A plan with its refusals and, if it was applied, what came of it."""

    plan: Plan
    refusals: Sequence[Refusal] = ()
    report: Report | None = None
    flags: Sequence[str] = ()
    """Of the command that made the plan."""


def _everything() -> Scene:
    urls = [f"https://app.example.com/{number}" for number in range(8)]
    declared = declare(
        present("Brand new", line=3, owner="team-portal"),
        present(spec("Notebooks", PERSONAL, PASSWORD), line=9),
        present(spec("Portal", redirect="https://new.example.com/cb"), line=15),
        present(spec("Shop", redirect=",".join(["http://shop.example.com/a", *urls[:2]])), line=21),
        present(spec("Many", redirect=",".join(urls[1:])), line=27),
        present(spec("Shuffled", redirect=",".join(reversed(urls[:3]))), line=33),
        present(spec("Desktop", PASSWORD), line=39),
        present(spec("Warehouse desktop", CODE), line=45, previous=["Warehouse"], owner="team-warehouse"),
        present("As declared", line=51, previous=["Once declared"]),
        absent("Old CRM", line=57),
        present("Twice", line=63),
        elsewhere("Production only", "production"),
    )
    seen = listing(
        live(1, spec("PmApi", CODE, PERSONAL, redirect="http://localhost")),
        live(10, spec("Portal", redirect="https://old.example.com/cb")),
        live(11, spec("Shop", redirect=",".join([urls[1], "https://shop.example.com/a"]))),
        live(12, spec("Many", redirect=",".join(urls))),
        live(13, spec("Shuffled", redirect=",".join(urls[:3]))),
        live(14, spec("Desktop", CODE, redirect="https://desktop.example.com/cb")),
        live(15, spec("Warehouse", PASSWORD)),
        live(16, "As declared"),
        live(17, "Once declared"),
        live(18, "Old CRM"),
        live(19, "Twice"),
        live(20, "Twice"),
        live(21, "Production only"),
        live(22, "By hand"),
        live(23, "Zapier one"),
        unsupported(24, "Kiosk"),
    )
    return Scene(plan_of(declared, seen, ignore=("zapier*",)))


def _nothing_to_do() -> Scene:
    return Scene(plan_of(declare(present("Portal")), listing(live(1, "PmApi"), live(6, "Portal"))))


def _blocked_alone() -> Scene:
    return Scene(plan_of(declare(present("Portal")), listing(live(6, "portal"), live(7, "PORTAL"))))


def _blocked_and_refused() -> Scene:
    declared = declare(
        present("Portal", line=3),
        present("Twice", line=9),
        present(spec("PmApi", PERSONAL), line=15),
        absent("Payments terminal", line=21),
    )
    seen = listing(
        live(1, spec("PmApi", CODE, PERSONAL, redirect="http://localhost")),
        live(6, "Payments terminal"),
        live(7, "Twice"),
        live(8, "Twice"),
    )
    plan = plan_of(declared, seen, protected=("Payments*",))
    limits = Limits(creates=0, updates=25, deletes=3)
    guards = Guards(limits, protected=("Payments*",), frozen="audit until 1 December")
    return Scene(plan, refusals(plan, guards))


def _many_left_alone() -> Scene:
    strangers = [live(number, f"Hand-made {number}") for number in range(6, 40)]
    zaps = [live(number, f"Zapier {number}") for number in range(40, 55)]
    seen = listing(*strangers, *zaps, live(55, "Elsewhere"))
    return Scene(plan_of(declare(elsewhere("Elsewhere", "production")), seen, ignore=("zapier*",)))


def _pruned() -> Scene:
    declared = declare(present("Portal"), elsewhere("Elsewhere", "production"))
    seen = listing(live(6, "Portal"), live(7, "Elsewhere"), live(8, "By hand"))
    return Scene(plan_of(declared, seen, prune=Prune.ALL), flags=("--clients", "my clients", "--prune", "all"))


def _rotated() -> Scene:
    """Every step of a rotation, one of them with nowhere to deliver to."""
    time = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
    week, at_once = timedelta(days=7), timedelta(0)
    declared = declare(
        present("Portal", line=3, owner="team-portal", rotate=rotation(time, week, line=3)),
        present(spec("Leaked", PERSONAL), line=9, rotate=rotation(time, at_once, line=9)),
        present("Under way", line=15, rotate=rotation(time, timedelta(days=90), line=15)),
        present(spec("Due", redirect="https://new.example.com/cb"), line=21, rotate=rotation(time, week, line=21)),
        present("Done", line=27, rotate=rotation(time, week, line=27)),
        present("Too many", line=33, rotate=rotation(time, at_once, line=33)),
        present("Too early", line=39, rotate=rotation(time.replace(year=2027), at_once, line=39)),
        present("Pinned", line=45, id=8, rotate=rotation(time, week, line=45)),
    )
    seen = listing(
        live(1, "PmApi"),
        live(2, "Portal"),
        live(3, spec("Leaked", PERSONAL)),
        *(live(number, "Under way") for number in (4, 20)),
        *(live(number, "Due") for number in (5, 21)),
        live(22, "Done"),
        *(live(number, "Too many") for number in (6, 7, 23)),
        live(9, "Too early"),
        live(24, "Pinned"),
        at=datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    )
    plan = plan_of(declared, seen, protected=("*",))
    return Scene(plan, refusals(plan, Guards(Limits(deletes=3), protected=("*",))))


def _rotated_report() -> Scene:
    plan = _rotated().plan
    outcomes = [Applied(change, getattr(change, "id", 30 + number)) for number, change in enumerate(plan.changes)]
    return Scene(plan, report=Report(tuple(outcomes)))


def _drifting(on_drift: OnDrift) -> Scene:
    """A person has been at work on the instance since the base, and so has git."""
    night = "https://night.example.com/fix"
    base = declare(
        present("Portal"),
        present(spec("Both", CODE, PASSWORD)),
        present("Deleted there"),
        present("Taken out", line=30),
    )
    declared = declare(
        present("Portal", line=3),
        present(spec("Both", CODE), line=8),
        present("Deleted there", line=13),
        present("New in git", line=18),
    )
    seen = listing(
        live(6, spec("Portal", redirect=night)),
        live(7, spec("Both", CODE, PASSWORD, redirect=night)),
        live(8, "Taken out"),
        live(9, "By hand"),
    )
    plan = plan_of(declared, seen, prune=Prune.REMOVED, base=base, on_drift=on_drift)
    loosened = (Note("limit-raised", "reconciler.yaml raises limits.deletes of staging: 3 → 50"),)
    return Scene(replace(plan, configuration=loosened), refusals(plan, Guards(Limits())))


def _taken_out() -> Scene:
    """A pull request that takes an entry out and narrows another one, of a project that prunes nothing."""
    before = [present("Portal"), present("Zapier hook", line=7), present("Shop floor", line=12)]
    base = declare(*(replace(each, places=EntryLocations(_at_base, *_offsets(each))) for each in before))
    seen = listing(live(6, "Portal"), live(17, "Zapier hook"), live(18, "By hand"), live(19, "Shop floor"))
    now = declare(present("Portal"), elsewhere("Shop floor", "eu-1"))
    return Scene(plan_of(now, seen, base=base, on_drift=OnDrift.REFUSE))


def _at_base(line: int) -> Location:
    """A place in the base's file, as the program names it."""
    return Location(f"4f2c1e9a1b2c:{at(line).path}", line, at(line).column)


def _offsets(entry: DesiredClient) -> tuple[int, int, int]:
    return entry.places.name_offset, entry.places.grants_offset, entry.places.redirect_offset


def _hostile() -> Scene:
    entries = [present(name, line=line, owner=name) for line, name in enumerate(HOSTILE[:6], 1)]
    renamed = [
        present(spec(f"new {name}", redirect=f"https://a.example/{name},https://b.example/"), line=50, previous=[name])
        for name in HOSTILE[6:]
    ]
    seen = [live(number, name) for number, name in enumerate(HOSTILE[6:], 10)]
    strangers = [live(number, f"{name} by hand") for number, name in enumerate(HOSTILE, 30)]
    strange = [unsupported(number, name) for number, name in enumerate(HOSTILE[:2], 60)]
    return Scene(plan_of(declare(*entries, *renamed), listing(*seen, *strangers, *strange)))


def _applied() -> Scene:
    plan = _everything().plan
    return Scene(plan, report=Report(tuple(Applied(c, getattr(c, "id", 30)) for c in plan.changes)))


def _every_outcome() -> Scene:
    plan = _everything().plan
    rejected = Rejected(
        "the instance refused the redirect: The redirect must be a valid URL.", "correct it in the file"
    )
    lost = NotVerified(
        "the answer was lost, and more than one new client is what was sent: 30 and 31",
        "remove all but one of them on the Auth Clients page",
    )
    outcomes: list[Outcome] = []
    for number, change in enumerate(plan.changes):
        match number:
            case 0:
                outcomes.append(Failed(change, rejected))
            case 1:
                outcomes.append(Applied(change, 12, adopted=True))
            case 2:
                outcomes.append(Failed(change, Unavailable("no answer in 30 s")))
            case 6:
                outcomes.append(Failed(change, lost))
            case 7:
                outcomes.append(Applied(change, 32, adopted=True))
            case 8:
                outcomes.append(Skipped(change, "deletes start only after every other change has succeeded"))
            case _:
                outcomes.append(Applied(change, getattr(change, "id", 0)))
    return Scene(plan, report=Report(tuple(outcomes), interrupted=True, journal_failure="no space left on device"))


def _hostile_report() -> Scene:
    plan = _hostile().plan
    outcomes: list[Outcome] = []
    for number, change in enumerate(plan.changes):
        error = Rejected(f"name: {HOSTILE[number]}", HOSTILE[number])
        outcomes.append(Failed(change, error) if number % 2 else Skipped(change, HOSTILE[number]))
    return Scene(plan, report=Report(tuple(outcomes)))


def _recipient(owner: str, kind: str, place: str, **more: tuple[str, ...]) -> Recipient:
    return Recipient(owner, kind, f"{kind} {place.rpartition('/')[0] or place}", place, **more)


def _new_recipients() -> Scene:
    """A changed owner, a program that was owed, many adopted clients, a create with a secret, and a waiver."""
    plan = plan_of(declare(present("Brand new", line=3, owner="team-a")), listing(live(1, "PmApi"), live(6, "Portal")))
    keys = tuple(f"age SHA256:{letter * 43}" for letter in "ab")
    team_a = _recipient("team-a", "age", "secrets/team-a/portal.age", keys=keys[:1])
    team_b = _recipient("team-b", "age", "secrets/team-b/portal.age", keys=keys)
    store = _recipient("team-b", "command", "./store --vault kv", programs=(f"./store {'1f' * 20}",))
    document = _recipient("team-c", "json", "all.json")
    shared = Note("secret-shared", "whoever gets its id and secret can act as this client from then on")
    owner = Note("new-recipient", "the owner changed from 'team-a' to 'team-b' since the base")
    first = Note("first-delivery", "first delivery of a client that was live before")
    adopted = [
        Deliver(number, f"Client {number:02}", (document,), (), first, at(number), "team-c", (shared,))
        for number in range(20, 33)
    ]
    portal = Deliver(6, "Portal", (team_b, store), (team_a,), owner, at(9), "team-b", (shared,))
    [create] = plan.changes
    assert isinstance(create, Create)
    waived = Waived(
        "Desk", at(15), (Note("waived", "waives redirect-plain-http: http://desk.example.com is plain http"),)
    )
    plan = replace(
        plan, changes=(replace(create, recipients=(team_a,)),), deliveries=(*adopted, portal), waived=(waived,)
    )
    limits = Limits(creates=25, updates=25, deletes=3, deliveries=10)
    return Scene(plan, refusals(plan, Guards(limits)))


def _hostile_recipients() -> Scene:
    note = Note("new-recipient", "the owner changed")
    deliveries = tuple(
        Deliver(number, name, (Recipient(name, "json", f"json {name}", name, (name,), (name,)),), (), note, at(3), name)
        for number, name in enumerate(HOSTILE, 6)
    )
    waived = tuple(Waived(name, at(3), (Note("waived", f"waives a rule: {name}"),)) for name in HOSTILE)
    return Scene(replace(plan_of(declare(), listing(live(1, "PmApi"))), deliveries=deliveries, waived=waived))


SCENES: Mapping[str, Scene] = {
    "everything-at-once": _everything(),
    "nothing-to-do": _nothing_to_do(),
    "blocked-alone": _blocked_alone(),
    "blocked-and-refused": _blocked_and_refused(),
    "many-left-alone": _many_left_alone(),
    "pruned": _pruned(),
    "rotated": _rotated(),
    "rotated-applied": _rotated_report(),
    "drift-refused": _drifting(OnDrift.REFUSE),
    "drift-kept": _drifting(OnDrift.KEEP),
    "taken-out": _taken_out(),
    "hostile-names": _hostile(),
    "applied": _applied(),
    "every-outcome": _every_outcome(),
    "hostile-names-applied": _hostile_report(),
    "new-recipients": _new_recipients(),
    "hostile-recipients": _hostile_recipients(),
}
