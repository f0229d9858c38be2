"""What sinks hold or received, for a terminal: never a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.view.counts import plural
from reconciler.results import SinkContents, SinkEntry
from reconciler.secrets.values import SinkState
from reconciler.support.text import printable

MOST_LISTED = 10
"""Maximum number of clients listed per sink and state; JSON has all of them."""

_STYLES = {
    SinkState.MISSING: Style.REMOVED,
    SinkState.STALE: Style.CHANGED,
    SinkState.FAILED: Style.REMOVED,
    SinkState.UNKNOWN: Style.WARNED,
    SinkState.NO_SECRET: Style.WARNED,
    SinkState.DELIVERED: Style.ADDED,
    SinkState.CURRENT: Style.FAINT,
}
"""In the order in which they are shown: states that need action come first."""
_WORDS = {SinkState.NO_SECRET: "no secret", SinkState.CURRENT: "up to date"}
_WIDTH = 12


def render_sink_contents(supplied: SinkContents, paint: Paint = plain) -> str:
    """Render what each sink of one instance holds or received, ending in a line feed."""
    instance = supplied.instance
    lines = [f"{paint(printable(instance.name), Style.STRONG)}  {printable(instance.identity)}"]
    for label, found in groupby(supplied.places, lambda place: place.sink):
        places = list(found)
        lines += [f"  {printable(label)}"]
        lines += [line for state in _STYLES for line in _state([p for p in places if p.state is state], paint)]
    lines += _problems(supplied, paint)
    if supplied.journal_failure is not None:
        lines += [f"  the journal does not tell all of this: {printable(supplied.journal_failure)}"]
    return "\n".join([*lines, "", paint(_summary(supplied), Style.STRONG)]) + "\n"


def _state(places: Sequence[SinkEntry], paint: Paint) -> Iterator[str]:
    if not places:
        return
    state = places[0].state
    word = _WORDS.get(state, state.value)
    head = f"    {paint(word, _STYLES[state])}{' ' * (_WIDTH - len(word))}"
    if state in (SinkState.CURRENT, SinkState.DELIVERED):
        named = ", ".join(sorted(printable(place.name) for place in places)[:3])
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        yield f"{head}{plural(len(places), 'client')}: {named}{more}"
        return
    for place in places[:MOST_LISTED]:
        yield f"{head}{printable(place.name)} (id {place.id})"
    if len(places) > MOST_LISTED:
        yield f"    {' ' * _WIDTH}and {len(places) - MOST_LISTED} more: --format json has all of them"
    yield from _reasons(places)


def _problems(supplied: SinkContents, paint: Paint) -> Iterator[str]:
    """Yield the sinks that cannot be used, and why."""
    for problem in supplied.problems:
        yield f"  {paint('cannot be used', Style.REMOVED)}: {printable(problem.sink)}"
        if problem.error is not None:
            yield f"    {printable(problem.error.message)}"
        if problem.error is not None and problem.error.hint:
            yield f"    {printable(problem.error.hint)}"


def _reasons(places: Sequence[SinkEntry]) -> Iterator[str]:
    """Yield why it failed: each reason once, at most three."""
    reasons = {(place.error.message, place.error.hint) for place in places if place.error is not None}
    for message, hint in sorted(reasons, key=str)[:3]:
        yield f"    {' ' * _WIDTH}{printable(message)}"
        if hint:
            yield f"    {' ' * _WIDTH}{printable(hint)}"


def _summary(supplied: SinkContents) -> str:
    numbers = {state: sum(place.state is state for place in supplied.places) for state in _STYLES}
    parts = [f"{plural(len(supplied.problems), 'sink')} cannot be used"] if supplied.problems else []
    parts += [f"{number} {_WORDS.get(state, state.value)}" for state, number in numbers.items() if number]
    return " · ".join(parts) or "no declared client is live here that a sink is for"
