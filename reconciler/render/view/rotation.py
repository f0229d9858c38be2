"""When the secret of a replaced client stops working, in the words that all formats use."""

from __future__ import annotations

from reconciler.planning.match.blocked import moment
from reconciler.planning.plan.plan import Replaced


def old_secret_text(replaced: Replaced) -> str:
    """Return when the secret of the replaced client stops working."""
    who = f"the old secret (client {replaced.id})"
    if not replaced.keep_old:
        return f"{who} stops working with this apply, as soon as the new one is delivered"
    return f"{who} works until {moment(replaced.stops_at)} at least, and stops with the next apply after that"
