"""How a create goes on with what an earlier run left unfinished."""

from __future__ import annotations

from enum import StrEnum

from reconciler.support.frozen import frozen


class ResumeMode(StrEnum):
    """How a create goes on with what an earlier run left unfinished."""

    FINISH = "finish"
    """Only the second step is left: every sink has the secret, or the instance shows it."""
    RESTART = "restart"
    """Nobody has the secret: the unfinished client is deleted first, and another one created."""


@frozen
class Resume:
    """The unfinished create that a create goes on with."""

    mode: ResumeMode
    id: int
    """The unfinished client."""
    others: tuple[int, ...] = ()
    """More unfinished clients of this name: they are deleted first."""

    @property
    def deleted(self) -> tuple[int, ...]:
        """The ids of the unfinished clients that are deleted before anything is created."""
        return self.others if self.mode is ResumeMode.FINISH else (self.id, *self.others)
