"""Time that passes only when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.live.http.retry import RetryClock


@dataclass
class Waiting:
    """A clock that the pauses move, and nothing else but the test."""

    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    @property
    def retry_clock(self) -> RetryClock:
        """What to give to `connect`."""
        return RetryClock(self.pause, lambda: self.now)

    def pause(self, seconds: float) -> None:
        """Be there at once."""
        self.pauses.append(seconds)
        self.now += seconds
