"""Fast path for the rows that nearly all clients of a listing have; `codec.read_row` reads the others.

Without this module, `observe` of 10,000 clients takes 4 % longer and `plan` 3 % (13 ms).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from reconciler.live.platform.codec import GRANTS, LARGEST_ID, TYPES, read_time
from reconciler.model.clients import ClientSpec, Grant, LiveClient
from reconciler.model.fields import split_urls

_GRANTS_OF = {
    types: frozenset(map(GRANTS.__getitem__, types))
    for number in range(1, len(GRANTS) + 1)
    for types in combinations(TYPES.values(), number)
}
"""The grants for every combination of types that can be declared, in the platform's order."""


def read_usual_row(values: Any) -> LiveClient | None:
    """Convert a usual row to a client; None if `codec.read_row` has to read it. Raises WrongShape."""
    try:
        client_id, name, redirect, types = values["id"], values["name"], values["redirect"], values["types"]
        grants = _GRANTS_OF[tuple(types)]
        if (
            type(types) is list
            and type(client_id) is int
            and 0 < client_id <= LARGEST_ID
            and values["revoked"] is False
            and type(name) is type(redirect) is str
            and (name.isascii() or name.isprintable())
            and (redirect.isascii() or redirect.isprintable())
            and (Grant.AUTHORIZATION_CODE in grants) == (redirect != "")
        ):
            created_at = read_time(values.get("created_at"), client_id)
            urls = (redirect,) if redirect and "," not in redirect else split_urls(redirect)
            return LiveClient(client_id, ClientSpec(name, grants, urls), created_at)
    except (KeyError, TypeError):
        pass
    return None
