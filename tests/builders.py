"""Short spellings of the values that planning and applying are tested with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from reconciler.model.clients import (
    AbsentClient,
    ClientSpec,
    Declarations,
    DeclaredElsewhere,
    DesiredClient,
    EntryLocations,
    Field,
    Grant,
    Listing,
    LiveClient,
    Location,
    Rotation,
    UnsupportedClient,
)
from reconciler.model.fields import split_urls
from reconciler.planning.drift.base import Base
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import OnDrift, Plan, Prune

CODE, PERSONAL, PASSWORD = Grant.AUTHORIZATION_CODE, Grant.PERSONAL_ACCESS_TOKEN, Grant.PASSWORD
REDIRECT = "https://app.example.com/cb"
FILE = "clients/all.yaml"


def spec(name: str, *grants: Grant, redirect: str | None = None) -> ClientSpec:
    """What is stored of a client; without grants, one that uses the authorization code."""
    chosen = frozenset(grants or (CODE,))
    return ClientSpec(name, chosen, split_urls((redirect or REDIRECT) if CODE in chosen else None))


def at(line: int) -> Location:
    """A place in the file of declarations."""
    return Location(FILE, line, 11)


def present(
    what: str | ClientSpec,
    *,
    line: int = 1,
    id: int | None = None,
    previous: Iterable[str] = (),
    keep_redirect: bool = False,
    allow: Iterable[str] = (),
    owner: str | None = None,
    rotate: Rotation | None = None,
) -> DesiredClient:
    """A declared client; its grants stand one line below its name, its redirect two lines below."""
    return DesiredClient(
        spec=spec(what) if isinstance(what, str) else what,
        places=EntryLocations(at, line, line + 1, line + 2),
        owner=owner,
        id=id,
        previous_names=tuple(previous),
        ignore_changes=frozenset({Field.REDIRECT_URL} if keep_redirect else ()),
        rotate=rotate,
        allow=frozenset(allow),
    )


def rotation(created_before: datetime, keep_old: timedelta = timedelta(days=7), *, line: int = 1) -> Rotation:
    """What `rotate:` says, four lines below the name."""
    return Rotation(created_before, keep_old, at(line + 4))


def absent(name: str, *, line: int = 1, id: int | None = None) -> AbsentClient:
    """A client declared with `state: absent`."""
    return AbsentClient(name, at(line), id=id)


def elsewhere(name: str, *instances: str) -> DeclaredElsewhere:
    """A client declared for other instances."""
    return DeclaredElsewhere(name, at(1), instances)


def declare(*entries: DesiredClient | AbsentClient | DeclaredElsewhere) -> Declarations:
    """Entries of every kind as declarations."""
    return Declarations(
        tuple(each for each in entries if isinstance(each, DesiredClient)),
        tuple(each for each in entries if isinstance(each, AbsentClient)),
        tuple(each for each in entries if isinstance(each, DeclaredElsewhere)),
    )


def live(id: int, what: str | ClientSpec) -> LiveClient:
    """A live client, created on the day of January 2026 that its id says."""
    return LiveClient(id, spec(what) if isinstance(what, str) else what, datetime(2026, 1, id % 28 + 1, tzinfo=UTC))


def unsupported(id: int, name: str) -> UnsupportedClient:
    """A live client of a type that nobody knows."""
    return UnsupportedClient(id, name, "its type 'device_code' is not known", datetime(2026, 1, 1, tzinfo=UTC))


def listing(*clients: LiveClient | UnsupportedClient, at: datetime | None = None) -> Listing:
    """Live clients of every kind as a listing, at a time of the instance's clock."""
    return Listing(
        tuple(each for each in clients if isinstance(each, LiveClient)),
        tuple(each for each in clients if isinstance(each, UnsupportedClient)),
        at,
    )


def plan_of(
    declared: Declarations,
    seen: Listing,
    *,
    ignore: tuple[str, ...] = (),
    protected: tuple[str, ...] = (),
    system_clients: tuple[str, ...] = (),
    prune: Prune = Prune.NONE,
    base: Declarations | None = None,
    on_drift: OnDrift = OnDrift.REFUSE,
) -> Plan:
    """The plan for an instance called staging."""
    policy = PlanPolicy("staging", "https://staging.example.com", ignore, protected, system_clients, prune, on_drift)
    return make_plan(declared, seen, policy, Base("4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901", base) if base else None)
