"""The content of `reconciler.yaml` as values, which `declared/config/settings.py` creates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from reconciler.model.clients import EMPTY, Grant, Location
from reconciler.model.diagnostics import Severity
from reconciler.model.names import matches_any
from reconciler.support.frozen import frozen


@frozen
class Limits:
    """Maximum number of changes of each kind in one apply; None means no limit."""

    creates: int | None = None
    updates: int | None = None
    deletes: int | None = None
    deliveries: int | None = None
    """Clients whose secret gets a new recipient."""
    issuer_changes: int | None = None
    """Changes of the client that issues the personal access tokens of all users. Never more than one, limit or not."""


NO_LIMITS = Limits()
DEFAULT_LIMITS = Limits(creates=25, updates=25, deletes=3, deliveries=25, issuer_changes=0)
DEFAULT_TIMEOUT = 30.0
"""Seconds for one request in all."""


@frozen
class CredentialNames:
    """Where user name and password are found: environment variables or files, never the values themselves."""

    username_env: str | None = None
    password_env: str | None = None
    username_file: Path | None = None
    password_file: Path | None = None
    as_is: bool = False
    """Whether values that look damaged (blanks at their ends, quotes around them) are meant to be so."""


@frozen
class ClientCertificate:
    """The files of a certificate and its key, with which this program shows an instance who it is."""

    certificate: Path
    key: Path


@frozen
class Policy:
    """What a platform team requires of every client; by default nothing."""

    allowed_redirect_hosts: tuple[str, ...] | None = None
    """Globs; () allows no host."""
    required_fields: tuple[str, ...] = ()
    name_pattern: str | None = None
    """A regular expression that compiles; the whole name must match."""
    allowed_owners: tuple[str, ...] | None = None
    """Globs; () allows no owner."""
    forbidden_grants: tuple[Grant, ...] = ()
    deny_personal_access_outside: tuple[str, ...] | None = None
    """Globs of instances; () allows personal access on none."""
    justification_mentions: str | None = None
    """A regular expression that compiles; it must be found in every justification."""


NO_POLICY = Policy()


@frozen
class SinkScope:
    """Which clients a sink is for, by globs. None means no condition."""

    owners: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None

    def covers(self, name: str, owner: str | None) -> bool:
        """Whether the sink is for a client with this name and owner."""
        owned = self.owners is None or (owner is not None and matches_any(self.owners, owner))
        return owned and (self.only is None or matches_any(self.only, name))


@frozen
class AgeSinkSetting:
    """One file per client, encrypted to its owner's recipients."""

    path: str
    """As written, with its placeholders; relative to `folder`."""
    folder: Path
    scope: SinkScope = SinkScope()


@frozen
class DotenvSinkSetting:
    """A file of variables for one instance."""

    path: str
    folder: Path
    scope: SinkScope = SinkScope()


@frozen
class JsonSinkSetting:
    """A JSON file, which instances may share."""

    path: str
    folder: Path
    scope: SinkScope = SinkScope()


@frozen
class CommandSinkSetting:
    """A program that gets JSON on its standard input."""

    run: tuple[str, ...]
    folder: Path
    timeout: float = 30.0
    """Seconds."""
    scope: SinkScope = SinkScope()


SinkSetting = AgeSinkSetting | DotenvSinkSetting | JsonSinkSetting | CommandSinkSetting


@frozen
class Instance:
    """One configured instance: either `url` with `credentials`, or `embedded`."""

    name: str
    location: Location
    url: str | None = None
    """Without a trailing slash."""
    embedded: Path | None = None
    """The database of the local emulator."""
    embedded_as: str = ""
    """Its path as configured: it does not depend on the folder in which the program runs."""
    platform: str | None = None
    """The version of the platform: what an embedded instance answers like, and what others are expected to be.

    `4.N`, `4.N.N` or `2026`; for an embedded one also a state of 2026.
    """
    credentials: CredentialNames | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    """The instance's own variables override the top-level ones."""
    limits: Limits = DEFAULT_LIMITS
    ca_bundle: Path | None = None
    client_certificate: ClientCertificate | None = None
    timeout: float | None = None
    """Total timeout per request, in seconds; None for the program's default."""
    allow_http: bool = False
    system_clients: tuple[str, ...] = ()
    expect_system_clients: bool = True
    wave: int = 0
    labels: tuple[str, ...] = ()
    """What entries name it by, as `label:eu`, besides its name."""
    frozen: str | None = None
    sinks: tuple[SinkSetting, ...] = ()
    """Where IDs and secrets of created clients are delivered."""
    policy: Policy = NO_POLICY
    """The top-level policy, overridden by the keys of the instance's own."""

    @property
    def identity(self) -> str:
        """The instance's unique identity: its URL, or `embedded:` and the path as configured."""
        return self.url if self.url is not None else f"embedded:{self.embedded_as}"

    def delivers(self, name: str, owner: str | None) -> bool:
        """Whether any sink is for a client with this name and owner."""
        return any(sink.scope.covers(name, owner) for sink in self.sinks)


@frozen
class RuleSetting:
    """How `rules:` tunes one rule. None keeps the rule's default."""

    off: bool = False
    severity: Severity | None = None
    waivable: bool | None = None


@frozen
class Settings:
    """The whole of `reconciler.yaml`, validated."""

    path: Path
    instances: tuple[Instance, ...]
    default_instance: str | None = None
    variable_sources: tuple[tuple[str, Location], ...] = ()
    """Every variable that is defined, at the top level or for an instance, and its location."""
    protected: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    rule_sources: tuple[tuple[str, Location], ...] = ()
    """Every name under `rules:` and its location, known or not: `declare` reports the unknown ones."""
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The age recipients of each owner."""

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that contain credentials, for all instances: no subprocess may see them."""
        named = [instance.credentials for instance in self.instances if instance.credentials is not None]
        return frozenset(name for each in named for name in (each.username_env, each.password_env) if name is not None)
