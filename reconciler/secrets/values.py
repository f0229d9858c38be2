"""What is handed to a sink, and what a sink has."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen


class DeliveryEvent(StrEnum):
    """Why a sink is told of a client."""

    CREATED = "created"
    ADOPTED = "adopted"
    """A create whose answer was lost, found on the instance."""
    RENAMED = "renamed"
    ROTATED = "rotated"
    """A successor of the same name, with a new id and secret."""
    EXISTING = "existing"
    """Nothing happened to it: it is handed over again."""
    DELETED = "deleted"
    CHECK = "check"
    """No client at all: the question whether a delivery would work."""


@frozen
class SinkClient:
    """What a sink's place for a client is called after. A client that is still to be created has all of it."""

    instance: str
    """The configured name."""
    url: str
    """The instance's identity: its URL, or `embedded:` and a path."""
    name: str
    owner: str | None = None


@frozen
class SecretDelivery:
    """A client's id and secret, on their way to where they are needed."""

    event: DeliveryEvent
    client: SinkClient
    id: int
    secret: Secret
    previous_name: str | None = None
    """What it was called before this run, if that was something else."""
    created_at: datetime | None = None


class SinkState(StrEnum):
    """What a sink has of a client, or was given just now."""

    CURRENT = "current"
    STALE = "stale"
    """Another secret or id, or one that is encrypted to others than the owner's recipients of today."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """The sink cannot tell."""
    DELIVERED = "delivered"
    FAILED = "failed"
    NO_SECRET = "no_secret"
    """The instance shows no secret of the client."""
