"""A change of the client that issues the personal access tokens of all users."""

from __future__ import annotations

from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class Issuer:
    """The client that issues the tokens."""

    id: int | None
    """None for a client that the plan creates."""
    name: str

    def __str__(self) -> str:
        return f"the new client {quoted(self.name)}" if self.id is None else f"client {self.id}, {quoted(self.name)},"


@frozen
class IssuerChange:
    """Who issues the tokens before and after an apply; None where no live client has the grant."""

    before: Issuer | None
    after: Issuer | None

    def __str__(self) -> str:
        now, then = self.before or "no client", self.after or "no client"
        return f"{now} issues the personal access tokens of all users now, and {then} would from then on"
