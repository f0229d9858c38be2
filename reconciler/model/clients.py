"""The values passed between packages. All are frozen; equality means "in sync"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.unfinished import UnfinishedCreate
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
    """A location in a file. Lines and columns count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen
class ClientSpec:
    """What the platform stores about a client, and nothing else.

    There are redirect URLs if and only if there is the authorization code grant: the platform derives the grant from
    them. None of them contains a comma.
    """

    name: str
    grants: frozenset[Grant]
    redirect_urls: tuple[str, ...] = ()


@frozen
class Waiver:
    """A finding of a rule that the entry's `allow:` waives."""

    rule: str
    finding: str
    """The message that the rule would have reported."""


@frozen
class Rotation:
    """When a live client is old enough to be replaced by a successor, and how long the old one is kept."""

    created_before: datetime
    """In UTC, to the second."""
    keep_old: timedelta
    """Counted from the creation of the successor."""
    source: Location
    """The location of `rotate:`."""


@frozen(eq=False)
class EntryLocations:
    """Locations of the parts of an entry, computed on demand: a plan names only a few of ten thousand clients."""

    at: Callable[[int], Location]
    """Converts an offset in the entry's file to its location."""
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
    """The ID of its live client, from `ids:`; None to match by name."""
    previous_names: tuple[str, ...] = ()
    ignore_changes: frozenset[Field] = frozenset()
    rotate: Rotation | None = None
    allow: frozenset[str] = frozenset()
    """Names of the rules that the entry waives."""
    waivers: tuple[Waiver, ...] = ()
    """The findings that these rules would have reported."""

    @property
    def name(self) -> str:
        """The declared name."""
        return self.spec.name

    @property
    def source(self) -> Location:
        """The location of the entry's name."""
        return self.places.at(self.places.name_offset)

    @property
    def grants_source(self) -> Location:
        """The location of its grants."""
        return self.places.at(self.places.grants_offset)

    @property
    def redirect_source(self) -> Location:
        """The location of redirect_url; that of the grants if there is none."""
        return self.places.at(self.places.redirect_offset)


@frozen
class AbsentClient:
    """A declared client with `state: absent`: to be deleted if it is live."""

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
    """The names and globs of its `instances:`, as written; one for labels with what it stands for."""
    owner: str | None = None


@frozen
class LabelUse:
    """A label by which entries are for the instance."""

    label: str
    """As written: `label:eu`, perhaps with a glob."""
    instances: tuple[str, ...]
    """The names of all instances that it stands for."""
    names: frozenset[str]
    """The names of the clients that are declared by it."""


@frozen
class Declarations:
    """All declarations, resolved for one instance, in the order of the files."""

    present: tuple[DesiredClient, ...] = ()
    absent: tuple[AbsentClient, ...] = ()
    elsewhere: tuple[DeclaredElsewhere, ...] = ()
    labels: tuple[LabelUse, ...] = ()


@frozen
class LiveClient:
    """A client that exists on an instance. Its secret is not a field."""

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
    """Worded for users: "its type 'device_code' is not known"."""
    created_at: datetime | None = None


AnyLive = LiveClient | UnsupportedClient
"""A live client, whether or not it can be declared."""


@frozen
class Listing:
    """All clients of an instance at one time, by ascending ID."""

    clients: tuple[LiveClient, ...] = ()
    unsupported: tuple[UnsupportedClient, ...] = ()
    at: datetime | None = field(default=None, compare=False)
    """The time, by the instance's own clock, to the second; None if the instance does not report it.

    Not compared: two listings of the same clients are equal.
    """
    capabilities: Capabilities = field(default=UP_TO_4_15, compare=False)
    """What the instance can do, as far as its answers have shown it."""
    unfinished: tuple[UnfinishedCreate, ...] = ()
    """The clients that a run created and did not finish: none of `clients`, and never live for planning."""

    @property
    def ids(self) -> frozenset[int]:
        """The ids of all clients that are not deleted."""
        return frozenset(each.id for group in (self.clients, self.unsupported, self.unfinished) for each in group)
