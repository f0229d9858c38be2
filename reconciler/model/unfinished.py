"""Unfinished creates: clients that were created under a mark, a redirect URL that leads nowhere, and not finished.

Where a create has two steps, the first creates the client with the authorization code grant alone and the mark as its
redirect URL; the second replaces both by what is declared. The mark says which run created the client. Its host never
exists (RFC 6761 section 6.4), and its digest shows that the mark was made for a client of this name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import field
from datetime import datetime, timedelta

from reconciler.support.frozen import frozen

RESERVED_HOST = "invalid.invalid"
"""The host of every mark. No entry may declare it."""
MARK_START = f"https://{RESERVED_HOST}/reconciler/1/"
TAKEN_OVER_AFTER = timedelta(minutes=60)
"""Age of an unfinished create, by the instance's clock, from which another run's is taken over."""

_MARK = re.compile(re.escape(MARK_START) + r"([0-9A-Za-z-]{1,64})/([0-9a-f]{32})/([0-9a-f]{32})")


@frozen
class UnfinishedCreate:
    """A live client that still has its mark, and was never changed since its create."""

    id: int
    name: str
    run: str
    """The run that created it."""
    nonce: str
    """A random text, which is also in the journal of that run."""
    created_at: datetime | None = None
    ours: bool = field(default=False, compare=False)
    """Whether a journal here has its nonce, so that no other machine is at work on it."""

    def is_free(self, at: datetime | None) -> bool:
        """Whether this run may go on with it: it is our own, or old enough at this time on the instance."""
        if self.ours or at is None:
            return self.ours
        return self.taken_over_at is not None and at >= self.taken_over_at

    @property
    def taken_over_at(self) -> datetime | None:
        """The time on the instance from which any run may go on with it; None if that is unknown."""
        return self.created_at + TAKEN_OVER_AFTER if self.created_at is not None else None


def mark(run: str, nonce: str, name: str) -> str:
    """The redirect URL for the first step of a create: `nonce` has 32 hexadecimal digits."""
    return f"{MARK_START}{run}/{nonce}/{_digest(nonce, name)}"


def read_mark(urls: Collection[str], name: str) -> tuple[str, str] | None:
    """The run and the nonce of a client's mark; None if its redirect URLs are no mark for this name."""
    found = _MARK.fullmatch(next(iter(urls))) if len(urls) == 1 else None
    if found is None or found[3] != _digest(found[2], name):
        return None
    return found[1], found[2]


def _digest(nonce: str, name: str) -> str:
    import hashlib  # takes longer to load than the rest of this module, and few clients have a mark

    return hashlib.sha256(f"{nonce}\n{name}".encode(errors="surrogatepass")).hexdigest()[:32]
