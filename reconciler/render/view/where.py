"""The instances of a finding, in words: all of them, all but a few, or each by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reconciler.render.view.names import natural
from reconciler.results import ApplyResult, Overview, Stopped
from reconciler.support.frozen import frozen

_MOST_MISSING = 3
"""Maximum number of instances that are named as those without a finding, instead of those with it."""


@frozen
class Where:
    """Words, and the names behind them, those of the highest wave first: that is what somebody is careful with."""

    words: str
    """`all 12 instances`, `11 of the 12 instances, not on`, or empty."""
    names: tuple[str, ...] = ()


@frozen
class Fleet:
    """The instances of a run: all with their waves, and those that have no result."""

    waves: Mapping[str, int]
    stopped: frozenset[str] = frozenset()

    def where(self, names: Sequence[str]) -> Where | None:
        """Name the instances of a finding without cutting the list; None if there is nothing to tell apart."""
        if len(self.waves) < 2 or not names:
            return None
        there, total = set(names), len(self.waves)
        missing = [name for name in self.waves if name not in there]
        if not missing and total > 2:
            return Where(f"all {total} instances")
        if len(missing) <= _MOST_MISSING < len(there) and self.stopped.isdisjoint(missing):
            return Where(f"{len(there)} of the {total} instances, not on", self._in_order(missing))
        return Where("", self._in_order(there))

    def _in_order(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=self.rank))

    def rank(self, name: str) -> tuple[object, ...]:
        """The sort key of an instance: the highest wave first, then by name."""
        return -self.waves.get(name, 0), natural(name)


def fleet_of(overview: Overview) -> Fleet:
    """Return the instances of a run."""
    return fleet_of_results(overview.results)


def fleet_of_results(results: Sequence[ApplyResult]) -> Fleet:
    """Return the instances of results."""
    stopped = frozenset(each.instance.name for each in results if isinstance(each, Stopped))
    return Fleet({each.instance.name: each.instance.wave for each in results}, stopped)
