"""A reason not to apply a plan."""

from __future__ import annotations

from reconciler.model.clients import Location
from reconciler.support.frozen import frozen


@frozen
class Refusal:
    """A reason why a plan must not be applied, with a stable code, and what to do about it."""

    code: str
    text: str
    way_out: str
    source: Location | None = None
    """The entry that asks for the refused change; None if it is not about one client."""
