"""Generated declarations and listings, few names on purpose: what is interesting is how they collide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from reconciler.live.observation import Observation
from reconciler.model.clients import (
    AbsentClient,
    ClientSpec,
    Declarations,
    DeclaredElsewhere,
    DesiredClient,
    Grant,
    Listing,
    LiveClient,
    UnsupportedClient,
)
from reconciler.model.fields import join_urls, split_urls
from reconciler.planning.drift.base import Base
from reconciler.planning.make_plan import PlanPolicy
from reconciler.planning.plan.plan import OnDrift, Prune
from tests.builders import absent, elsewhere, live, present, rotation, unsupported

HOSTILE = ["\x1b[31mred", "::error::no", "a|b`c<b>", "\u202eevil", "\ud800", "\x00x", "*", "?", "${x}", "A" * 255]
ALIKE = ["Portal", "portal", "Por\u200btal", "PORTAL", "Caf\u00e9", "Cafe\u0301"]
WORDS = [f"{colour} {thing}" for colour in ("Red", "Blue", "Green") for thing in ("portal", "desk", "van")]
PLAIN = ["Alpha", "Beta", "Gamma", "Delta", "Zapier one", "PmApi", "devlink", "Payments"]

names = st.sampled_from(PLAIN + ALIKE + HOSTILE)
_redirects = st.sampled_from(
    ["https://a.example/cb", "https://b.example/cb", "http://c.example/cb,https://a.example/x", "http://[::1", "\ud800"]
)
_grants = st.sets(st.sampled_from(list(Grant)), min_size=1).map(frozenset)
_ids = st.none() | st.integers(1, 8)


@st.composite
def specs(draw: st.DrawFn, name: st.SearchStrategy[str] = names) -> ClientSpec:
    """What is stored of a client, in a form that the platform would take."""
    grants = draw(_grants)
    redirect = draw(_redirects) if Grant.AUTHORIZATION_CODE in grants else None
    return ClientSpec(draw(name), grants, split_urls(redirect))


rotations = st.none() | st.builds(
    rotation,
    st.integers(1, 12).map(lambda day: datetime(2026, 1, day, tzinfo=UTC)),
    st.sampled_from([timedelta(0), timedelta(days=2), timedelta(days=7)]),
)
_clocks = st.none() | st.integers(5, 20).map(lambda day: datetime(2026, 1, day, tzinfo=UTC))


@st.composite
def desired_clients(draw: st.DrawFn) -> DesiredClient:
    """A declared client that may be pinned, renamed, or indifferent to its redirect."""
    return present(
        draw(specs()),
        line=draw(st.integers(1, 9)),
        id=draw(_ids),
        previous=draw(st.lists(names, max_size=2)),
        keep_redirect=draw(st.booleans()),
        allow=draw(st.sampled_from([[], ["name-lookalike"]])),
        rotate=draw(rotations),
    )


@st.composite
def absent_clients(draw: st.DrawFn) -> AbsentClient:
    """A client that is declared to be gone."""
    return absent(draw(names), line=draw(st.integers(1, 9)), id=draw(_ids))


@st.composite
def declarations(draw: st.DrawFn) -> Declarations:
    """Entries of every kind, also such as the rules would refuse."""
    others: st.SearchStrategy[DeclaredElsewhere] = names.map(lambda name: elsewhere(name, "production"))
    return Declarations(
        tuple(draw(st.lists(desired_clients(), max_size=6))),
        tuple(draw(st.lists(absent_clients(), max_size=3))),
        tuple(draw(st.lists(others, max_size=2))),
    )


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    """Up to eight live clients with ascending ids and names that need not be unique."""
    found = draw(st.lists(st.tuples(specs(), st.integers(0, 5)), max_size=8))
    clients: list[LiveClient] = []
    strange: list[UnsupportedClient] = []
    for number, (spec, dice) in enumerate(found, 1):
        if dice:
            clients.append(live(number, spec))
        else:
            strange.append(unsupported(number, spec.name))
    return Listing(tuple(clients), tuple(strange), draw(_clocks))


_moments = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9.5))])
)


def _sendable(text: str) -> bool:
    """Whether an instance could have given the text: halves of characters are refused where its answer is read."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """What one to three instances had, at any time; each client made at any time, or nobody knows when."""
    found = []
    for name in draw(st.lists(st.sampled_from(["production", "staging", "eu-1"]), min_size=1, unique=True)):
        seen = draw(listings())
        dated = Listing(
            tuple(
                replace(client, created_at=draw(st.none() | _moments))
                for client in seen.clients
                if _sendable(client.name + (join_urls(client.spec.redirect_urls) or ""))
            ),
            tuple(
                replace(client, created_at=draw(st.none() | _moments))
                for client in seen.unsupported
                if _sendable(client.name)
            ),
        )
        observed_at = draw(_moments).astimezone(UTC).replace(microsecond=0)
        found.append(Observation(name, f"https://{name}.example.com", observed_at, dated))
    return found


def _certain_specs(name: str) -> st.SearchStrategy[ClientSpec]:
    urls = st.sampled_from(["https://a.example/cb", "https://b.example/cb,https://c.example/cb"])
    return st.builds(
        lambda grants, url: ClientSpec(name, grants, split_urls(url if Grant.AUTHORIZATION_CODE in grants else None)),
        _grants,
        urls,
    )


@st.composite
def certainties(draw: st.DrawFn) -> tuple[Declarations, list[ClientSpec]]:
    """Declarations, and what is live before, of which nothing is in doubt and every value would be taken."""
    there: list[ClientSpec] = []
    entries: list[DesiredClient] = []
    gone: list[AbsentClient] = []
    for name in draw(st.permutations(WORDS)):
        role = draw(st.sampled_from(["not there", "unmanaged", "made", "declared", "renamed", "gone", "long gone"]))
        if role in ("unmanaged", "declared", "gone"):
            there.append(draw(_certain_specs(name)))
        if role == "renamed":
            there.append(draw(_certain_specs(f"Old {name}")))
        if role in ("made", "declared", "renamed"):
            entries.append(
                present(draw(_certain_specs(name)), previous=[f"Old {name}"], keep_redirect=draw(st.booleans()))
            )
        if role in ("gone", "long gone"):
            gone.append(absent(name))
    return Declarations(tuple(entries), tuple(gone)), there


policies = st.builds(
    PlanPolicy,
    instance=st.just("staging"),
    identity=st.just("https://staging.example.com"),
    ignore=st.sampled_from([(), ("zapier*",), ("*a",)]),
    protected=st.sampled_from([(), ("payments",)]),
    system_clients=st.sampled_from([(), ("d*",)]),
    prune=st.sampled_from(Prune),
    on_drift=st.sampled_from(OnDrift),
)

bases = st.none() | st.builds(Base, st.just("4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"), declarations())
