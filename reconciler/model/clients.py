"""The values that pass between the rooms. All are frozen; equality means "in sync"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.support.frozen import frozen

EMPTY: Mapping[str, str] = {}


class Grant(StrEnum):
    """A way for a client to get tokens, in the order in which the platform lists them."""

    AUTHORIZATION_CODE = "authorization_code"
    PERSONAL_ACCESS_TOKEN = "personal_access_token"
    PASSWORD = "password"


class Field(StrEnum):
    """A field of a client that can be planned and written."""

    NAME = "name"
    GRANTS = "grants"
    REDIRECT_URL = "redirect_url"


@frozen(order=True)
class Location:
    """A place in a file that a person can open. Lines and columns count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen
class ClientSpec:
    """What the platform stores of a client, and no more.

    There are redirect URLs if and only if there is the authorization code grant: the platform derives the grant from
    them. None of them holds a comma.
    """

    name: str
    grants: frozenset[Grant]
    redirect_urls: tuple[str, ...] = ()


@frozen
class Waiver:
    """A rule that found something about an entry, whose `allow:` waives it."""

    rule: str
    finding: str
    """What the rule would have said."""


@frozen
class Rotation:
    """Which live client of a name is too old, so that a successor replaces it, and how long the old one stays."""

    created_before: datetime
    """In UTC, to the second."""
    keep_old: timedelta
    """Counted from the making of the successor."""
    source: Location
    """Where `rotate:` stands."""


@frozen(eq=False)
class EntryLocations:
    """Where the parts of an entry stand, worked out when somebody asks: of ten thousand clients, plans name a few."""

    at: Callable[[int], Location]
    """The place of an offset in the entry's file."""
    name_offset: int
    grants_offset: int
    redirect_offset: int

    @property
    def all(self) -> tuple[Location, Location, Location]:
        """Of name, grants and redirect URL."""
        return self.at(self.name_offset), self.at(self.grants_offset), self.at(self.redirect_offset)

    def __eq__(self, other: object) -> bool:
        return self.all == other.all if isinstance(other, EntryLocations) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.all)


@frozen
class DesiredClient:
    """A declared client (`state: present`) as one instance should have it, variables substituted."""

    spec: ClientSpec
    places: EntryLocations
    owner: str | None = None
    id: int | None = None
    """The live client that this one is, by `ids:`; None to match by name."""
    previous_names: tuple[str, ...] = ()
    ignore_changes: frozenset[Field] = frozenset()
    rotate: Rotation | None = None
    allow: frozenset[str] = frozenset()
    """Names of the rules that the entry waives."""
    waivers: tuple[Waiver, ...] = ()
    """Those of them that have something to waive, with what it is."""

    @property
    def name(self) -> str:
        """The declared name."""
        return self.spec.name

    @property
    def source(self) -> Location:
        """Where the entry's name stands."""
        return self.places.at(self.places.name_offset)

    @property
    def grants_source(self) -> Location:
        """Where its grants stand."""
        return self.places.at(self.places.grants_offset)

    @property
    def redirect_source(self) -> Location:
        """Where redirect_url stands; the grants' place when there is none."""
        return self.places.at(self.places.redirect_offset)


@frozen
class AbsentClient:
    """A declared client with `state: absent`: to be deleted where it is live."""

    name: str
    source: Location
    owner: str | None = None
    id: int | None = None
    allow: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()


@frozen
class DeclaredElsewhere:
    """A client that is declared, but for other instances only."""

    name: str
    source: Location
    instances: tuple[str, ...]
    """The names and globs of its `instances:`, as written."""
    owner: str | None = None


@frozen
class Declarations:
    """Everything that is declared, as one instance sees it, in the order of the files."""

    present: tuple[DesiredClient, ...] = ()
    absent: tuple[AbsentClient, ...] = ()
    elsewhere: tuple[DeclaredElsewhere, ...] = ()


@frozen
class LiveClient:
    """A client that an instance has now. Its secret is not a field of it."""

    id: int
    spec: ClientSpec
    created_at: datetime | None = None

    @property
    def name(self) -> str:
        """The live name."""
        return self.spec.name


@frozen
class UnsupportedClient:
    """A live client in a form that cannot be declared: reported, never changed or pruned."""

    id: int
    name: str
    why: str
    """For people: "its type 'device_code' is not known"."""
    created_at: datetime | None = None


AnyLive = LiveClient | UnsupportedClient
"""A live client, whether or not it can be declared."""


@frozen
class Listing:
    """One look at all clients of an instance, in ascending id."""

    clients: tuple[LiveClient, ...] = ()
    unsupported: tuple[UnsupportedClient, ...] = ()
    at: datetime | None = field(default=None, compare=False)
    """When it was, by the instance's own clock, to the second; None if the instance does not tell.

    Two looks that saw the same are equal, whenever they were.
    """
