"""The results of probing an instance, step by step. Values only; nothing here judges them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from reconciler.model.clients import Listing
from reconciler.support.frozen import frozen


@frozen
class Failure:
    """A step that failed: the reason and the fix."""

    why: str
    hint: str | None = None


@frozen
class Resolved:
    """The addresses of the host name, in the resolver's order."""

    addresses: tuple[str, ...]


@frozen
class Connected:
    """A TCP connection."""

    address: str
    milliseconds: int


@frozen
class Certificate:
    """The parts of a server's certificate that show whether it is the right one."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    """All host names and addresses that it is for; the first is the subject."""

    def quoted(self, quote: Callable[[str], str]) -> Certificate:
        """The same, with `quote` applied to the names in it."""
        subject, issuer, *names = map(quote, (self.subject, self.issuer, *self.names))
        return replace(self, subject=subject, issuer=issuer, names=tuple(names))


@frozen
class Secured:
    """A TLS connection with a verified certificate."""

    version: str
    certificate: Certificate | None


@frozen
class Untrusted:
    """A certificate that does not verify, as far as it could be read."""

    why: str
    hint: str | None
    certificate: Certificate | None


class AnswerKind(StrEnum):
    """What the response to a request without a session says about an instance."""

    PLATFORM = "platform"
    REDIRECT = "redirect"
    UNKNOWN_HOST = "unknown-host"
    UNAVAILABLE = "unavailable"
    OTHER = "other"


@frozen
class AnonymousAnswer:
    """The response to a request without a session."""

    status: int
    kind: AnswerKind
    milliseconds: int
    skew: int | None = None
    """Seconds that the instance's clock is ahead of ours, ± half the response time; None if unknown."""
    leads_to: str | None = None
    """The URL that a redirect names in place of ours; empty if it may not be quoted."""


@frozen
class ProbeResult:
    """The connection to an instance, step by step. None is a step that was not tried or does not apply."""

    url: str
    at: datetime
    proxy: str | None = None
    """Host and port. With a proxy, neither name nor certificate are examined, and the connection only if it fails."""
    route_reason: str | None = None
    """Why this proxy is used, or why none is, though the environment names one."""
    name: Resolved | Failure | None = None
    connection: Connected | Failure | None = None
    tls: Secured | Untrusted | Failure | None = None
    answer: AnonymousAnswer | Failure | None = None

    def quoted(self, quote: Callable[[str], str]) -> ProbeResult:
        """The same, with `quote` applied to all words that are the server's own."""
        answer, tls = self.answer, self.tls
        if isinstance(answer, AnonymousAnswer) and answer.leads_to is not None:
            answer = replace(answer, leads_to=quote(answer.leads_to))
        if isinstance(tls, Secured | Untrusted) and tls.certificate is not None:
            tls = replace(tls, certificate=tls.certificate.quoted(quote))
        return replace(self, answer=answer, tls=tls)

    @property
    def is_platform(self) -> bool:
        """Whether a ProcessMaker Platform answers, so that a password may be sent to it."""
        return isinstance(self.answer, AnonymousAnswer) and self.answer.kind is AnswerKind.PLATFORM


class PermissionState(StrEnum):
    """Whether an account has a permission."""

    GRANTED = "granted"
    LACKING = "lacking"
    UNKNOWN = "unknown"


@frozen
class Permissions:
    """What an account may do with auth clients."""

    view: PermissionState
    create: PermissionState
    edit: PermissionState
    delete: PermissionState
    doubts: tuple[str, ...] = ()
    """Why some are unknown."""


@frozen
class LoggedIn:
    """What an account sees and may do."""

    rights: Permissions
    session_seconds: float | None
    """Seconds that the session lives without another request; None if the instance does not say."""
    listing: Listing | None
    problem: Failure | None = None
    """Why there is no listing."""
    version: str | None = None
    """The version that the instance shows to people; None if it shows none."""
    foreign: tuple[int, ...] = ()
    """The ids of the clients that this account cannot change, ascending, of those that were asked for."""
    not_asked: int = 0
    """For how many clients that was not asked, since there are too many."""


@frozen
class NotLoggedIn:
    """Why there is no session. `refused`: the instance rejects the account, and login must not be retried."""

    failure: Failure
    refused: bool = False
    missing: bool = False
    """Whether there are no credentials."""


AccountFacts = LoggedIn | NotLoggedIn
