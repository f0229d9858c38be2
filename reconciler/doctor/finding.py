"""A finding of the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from reconciler.model.clients import AnyLive
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted


class FindingSeverity(StrEnum):
    """How much a finding matters. Only errors change the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Check(StrEnum):
    """The checks, in the order in which they run: each needs those before it."""

    SETTINGS = "settings"
    NAME = "name"
    CONNECTION = "connection"
    TLS = "tls"
    PLATFORM = "platform"
    CLOCK = "clock"
    LOGIN = "login"
    PERMISSIONS = "permissions"
    CLIENTS = "clients"


@frozen
class ClientReference:
    """A live client, as people and programs identify it."""

    id: int
    name: str


@frozen
class DoctorFinding:
    """What is wrong or worth knowing, with a stable code, and what to do about it (None: nothing)."""

    severity: FindingSeverity
    check: Check
    code: str
    message: str
    way_out: str | None = None
    clients: tuple[ClientReference, ...] = ()
    """The clients that it is about, in ascending id."""


def named(*clients: AnyLive) -> tuple[ClientReference, ...]:
    """References to the clients, in ascending id."""
    return tuple(ClientReference(live.id, live.name) for live in sorted(clients, key=lambda live: live.id))


CODES = (
    "settings-unusable",
    "sandbox-failed",
    "name-not-resolved",
    "not-reachable",
    "tls-failed",
    "certificate-not-trusted",
    "certificate-expired",
    "certificate-expires-soon",
    "plain-http",
    "proxy",
    "proxy-failed",
    "no-answer",
    "redirected",
    "unknown-host",
    "unavailable",
    "not-the-platform",
    "platform-unknown",
    "platform-mismatch",
    "creates-unsupported",
    "secret-shown-once",
    "not-yours",
    "tokens-refused",
    "password-grant-refused",
    "upgrade",
    "clock-differs",
    "credentials-missing",
    "login-refused",
    "login-failed",
    "cannot-view",
    "cannot-write",
    "cannot-write-all",
    "rights-unknown",
    "viewing-is-administering",
    "list-failed",
    "no-clients",
    "declarations-invalid",
    "nothing-declared",
    "frozen",
    "unmanaged",
    "unsupported",
    "unfinished-create",
    "duplicate-name",
    "name-lookalike",
    "code-exchange-refused",
    "personal-access",
    "personal-access-broken",
    "copied-instance",
    "redirect-wildcard",
    "redirect-plain-http",
    "redirect-useless",
    "redirect-loopback",
)
"""Every code, in the order of the checks. docs/reference/doctor.md says what each means."""

MOST_NAMED = 5
"""Clients or URLs named in one sentence; JSON has all of them."""


def first_of(texts: Sequence[str]) -> str:
    """The first texts of a list for a sentence, and how many more there are."""
    if len(texts) <= MOST_NAMED:
        return enumeration(texts)
    return f"{', '.join(texts[:MOST_NAMED])} and {len(texts) - MOST_NAMED} more"


def clients_in_words(clients: Sequence[AnyLive]) -> str:
    """Clients for a sentence, with their ids."""
    return first_of([f"{quoted(client.name)} (id {client.id})" for client in clients])
