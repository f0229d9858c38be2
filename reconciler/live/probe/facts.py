"""What a look at an instance finds, step by step on the way to its clients. Only values: nothing here judges."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from reconciler.model.clients import Listing
from reconciler.support.frozen import frozen


@frozen
class Failure:
    """A step that went wrong: why, in words, and what to do about it."""

    why: str
    hint: str | None = None


@frozen
class Resolved:
    """What the host name stands for, in the resolver's order."""

    addresses: tuple[str, ...]


@frozen
class Connected:
    """A TCP connection."""

    address: str
    milliseconds: int


@frozen
class Certificate:
    """Of a server's certificate, what tells whether it is the right one."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


@frozen
class Secured:
    """A TLS connection whose certificate verifies."""

    version: str
    certificate: Certificate | None


@frozen
class Distrusted:
    """A certificate that does not verify, as far as it could be read."""

    why: str
    hint: str | None
    certificate: Certificate | None


class AnswerKind(StrEnum):
    """What an instance's answer to a stranger says about it."""

    PLATFORM = "platform"
    REDIRECT = "redirect"
    UNKNOWN_HOST = "unknown-host"
    UNAVAILABLE = "unavailable"
    OTHER = "other"


@frozen
class AnonymousAnswer:
    """The answer to a request without a session."""

    status: int
    kind: AnswerKind
    milliseconds: int
    skew: int | None = None
    """Seconds by which the instance's clock is ahead of ours, give or take half the answer's time; None if unknown."""
    leads_to: str | None = None
    """The URL that a redirect asks us to use in place of ours."""


@frozen
class Reach:
    """The way to an instance. None is a step that was not tried, or that the way does not have."""

    url: str
    at: datetime
    proxy: str | None = None
    """Host and port; with a proxy name, connection and certificate are its business."""
    name: Resolved | Failure | None = None
    connection: Connected | Failure | None = None
    tls: Secured | Distrusted | Failure | None = None
    answer: AnonymousAnswer | Failure | None = None

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
    """Why some are not known."""


@frozen
class LoggedIn:
    """What an account sees and may do."""

    rights: Permissions
    session_seconds: float | None
    """How long the session lives without another request; None if the instance does not say."""
    listing: Listing | None
    problem: Failure | None = None
    """Why there is no listing."""


@frozen
class NotLoggedIn:
    """Why there is no session. `refused`: the instance does not accept the account, and must not be asked again."""

    failure: Failure
    refused: bool = False
    missing: bool = False
    """Whether there are no credentials to offer."""


AccountFacts = LoggedIn | NotLoggedIn
