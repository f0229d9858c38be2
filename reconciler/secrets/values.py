"""What is delivered to a sink, and what a sink has."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen


class DeliveryEvent(StrEnum):
    """Why a sink is called for a client."""

    CREATED = "created"
    ADOPTED = "adopted"
    """A create whose answer was lost, found on the instance."""
    RENAMED = "renamed"
    ROTATED = "rotated"
    """A successor with the same name and a new id and secret."""
    EXISTING = "existing"
    """It did not change: it is delivered again."""
    DELETED = "deleted"
    CHECK = "check"
    """No client at all: only a check whether a delivery would work."""


@frozen
class SinkClient:
    """What a sink derives a client's place from. All of it is known before the client is created."""

    instance: str
    """The configured name."""
    url: str
    """The instance's identity: its URL, or `embedded:` and a path."""
    name: str
    owner: str | None = None


@frozen
class SecretDelivery:
    """A client's id and secret, to be delivered to sinks."""

    event: DeliveryEvent
    client: SinkClient
    id: int
    secret: Secret
    previous_name: str | None = None
    """Its name before this run, if that was different."""
    created_at: datetime | None = None


class SinkState(StrEnum):
    """What a sink has for a client, or the result of a delivery."""

    CURRENT = "current"
    STALE = "stale"
    """Another secret or id, or encrypted to recipients other than the owner's current ones."""
    STORED = "stored"
    """It has a secret under the client's id, and the instance shows none to compare it with."""
    STAGED = "staged"
    """It has the secret, and not in use under its name: a run was killed before the last step of a create or rename."""
    LEFT_OVER = "left_over"
    """It keeps the secret of a client that was begun, and is not live: somebody has deleted that."""
    REMOVED = "removed"
    """It kept such a secret, and has dropped it now."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """The sink cannot tell."""
    DELIVERED = "delivered"
    FAILED = "failed"
    NO_SECRET = "no_secret"
    """The instance shows no secret of the client."""
