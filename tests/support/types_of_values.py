"""What values are built of."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import UnionType
from typing import Any

from reconciler.model.recipients import Recipient
from reconciler.planning.plan.issuer_change import IssuerChange

_LAZILY_IMPORTED = {"Recipient": Recipient, "IssuerChange": IssuerChange}
"""Types that modules name without importing them at run time."""


def leaves(kind: Any, seen: set[Any]) -> Iterator[Any]:
    """The plain types that a value of this type is built of. `seen` are the classes that were looked into."""
    if isinstance(kind, UnionType) or typing.get_origin(kind) is not None:
        for part in typing.get_args(kind):
            yield from leaves(part, seen) if part is not ... else ()
    elif is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        for hint in typing.get_type_hints(kind, localns=_LAZILY_IMPORTED).values():
            yield from leaves(hint, seen)
    elif not is_dataclass(kind):
        yield kind
