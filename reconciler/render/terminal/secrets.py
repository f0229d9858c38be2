"""What sinks hold or received, for a terminal: never a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.model.placeholders import placed
from reconciler.model.trials import TrialState
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.columns import column
from reconciler.render.view.counts import plural
from reconciler.results import SinkContents, SinkEntry
from reconciler.secrets.values import SinkState
from reconciler.support.text import printable

MOST_LISTED = 10
"""Maximum number of clients listed per sink and state; JSON has all of them."""

_STYLES = {
    SinkState.MISSING: Style.REMOVED,
    SinkState.STAGED: Style.CHANGED,
    SinkState.STALE: Style.CHANGED,
    SinkState.LEFT_OVER: Style.CHANGED,
    SinkState.FAILED: Style.REMOVED,
    SinkState.UNKNOWN: Style.WARNED,
    SinkState.NO_SECRET: Style.WARNED,
    SinkState.DELIVERED: Style.ADDED,
    SinkState.REMOVED: Style.REMOVED,
    SinkState.STORED: Style.FAINT,
    SinkState.CURRENT: Style.FAINT,
}
"""In the order in which they are shown: states that need action come first."""
_TRIAL_STYLES = {
    TrialState.REFUSED: Style.REMOVED,
    TrialState.NOT_LIVE: Style.REMOVED,
    TrialState.NOT_STORED: Style.REMOVED,
    TrialState.UNCLEAR: Style.WARNED,
    TrialState.NOT_TRIED: Style.WARNED,
    TrialState.IMPOSSIBLE: Style.WARNED,
    TrialState.ACCEPTED: Style.ADDED,
}
"""In the order in which they are shown."""
_TRIAL_WIDTH = 17
_WORDS = {SinkState.NO_SECRET: "no secret", SinkState.LEFT_OVER: "left over", SinkState.CURRENT: "up to date"}
_WIDTH = 12


def render_all_sink_contents(supplied: Sequence[SinkContents], paint: Paint = plain) -> str:
    """Render what the sinks of each instance hold or received: of several, in full only where it is news."""
    if len(supplied) < 2:
        return "".join(render_sink_contents(each, paint) for each in supplied)
    blocks = [render_sink_contents(each, paint) for each in supplied if _is_news(each)]
    names = column([printable(each.instance.name) for each in supplied])
    table = [f"{name}  {_summary(each)}\n" for name, each in zip(names, supplied, strict=True)]
    return "\n".join([*blocks, "".join(table)])


def _is_news(supplied: SinkContents) -> bool:
    known = all(each.state in (SinkState.CURRENT, SinkState.STORED) and each.trial is None for each in supplied.places)
    return bool(not known or supplied.problems or supplied.journal_failure is not None)


def render_sink_contents(supplied: SinkContents, paint: Paint = plain) -> str:
    """Render what each sink of one instance holds or received, ending in a line feed."""
    instance = supplied.instance
    lines = [f"{paint(printable(instance.name), Style.STRONG)}  {printable(instance.identity)}"]
    for label, found in groupby(supplied.places, lambda place: place.sink):
        places = list(found)
        lines += [f"  {printable(placed(label, instance.name))}"]
        lines += [line for state in _STYLES for line in _state([p for p in places if p.state is state], paint)]
        lines += _trials(places, paint)
    lines += _problems(supplied, paint)
    if supplied.journal_failure is not None:
        lines += [f"  the journal is incomplete: {printable(supplied.journal_failure)}"]
    return "\n".join([*lines, "", paint(_summary(supplied), Style.STRONG)]) + "\n"


def _state(places: Sequence[SinkEntry], paint: Paint) -> Iterator[str]:
    if not places:
        return
    state = places[0].state
    word = _WORDS.get(state, state.value)
    head = f"    {paint(word, _STYLES[state])}{' ' * (_WIDTH - len(word))}"
    if state in (SinkState.CURRENT, SinkState.STORED, SinkState.DELIVERED):
        named = ", ".join(sorted(printable(place.name) for place in places)[:3])
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        yield f"{head}{plural(len(places), 'client')}: {named}{more}"
        return
    for place in places[:MOST_LISTED]:
        yield f"{head}{printable(place.name)} (id {place.id})"
    if len(places) > MOST_LISTED:
        yield f"    {' ' * _WIDTH}and {len(places) - MOST_LISTED} more: --format json has all of them"
    if state is SinkState.NO_SECRET:
        yield f"    {' ' * _WIDTH}the instance does not show it again: for a new secret, add `rotate:` to the entry"
    yield from _reasons(places)


def _trials(places: Sequence[SinkEntry], paint: Paint) -> Iterator[str]:
    """Yield what the instance says of the secrets that are stored in a sink."""
    tried = [(place, place.trial) for place in places if place.trial is not None]
    if tried:
        yield "    tried at the token endpoint:"
    for state, style in _TRIAL_STYLES.items():
        found = [(place, trial) for place, trial in tried if trial.state is state]
        word = _trial_word(state)
        for why, alike in groupby(sorted(found, key=lambda pair: pair[1].why or ""), lambda pair: pair[1].why):
            named = _named([place for place, _ in alike])
            yield f"      {paint(word, style)}{' ' * (_TRIAL_WIDTH - len(word))}{named}"
            if why:
                yield f"      {' ' * _TRIAL_WIDTH}{printable(why)}"


def _trial_word(state: TrialState) -> str:
    return state.value.replace("_", " ")


def _named(places: Sequence[SinkEntry]) -> str:
    if len(places) == 1:
        return f"{printable(places[0].name)} (id {places[0].id})"
    shown = ", ".join(sorted(printable(place.name) for place in places)[:MOST_LISTED])
    more = f" and {len(places) - MOST_LISTED} more: --format json has all of them" if len(places) > MOST_LISTED else ""
    return f"{plural(len(places), 'client')}: {shown}{more}"


def _problems(supplied: SinkContents, paint: Paint) -> Iterator[str]:
    """Yield the sinks that cannot be used, and why."""
    for problem in supplied.problems:
        yield f"  {paint('cannot be used', Style.REMOVED)}: {printable(placed(problem.sink, supplied.instance.name))}"
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
    trials = [place.trial.state for place in supplied.places if place.trial is not None]
    tried = [f"{trials.count(state)} {_trial_word(state)}" for state in _TRIAL_STYLES if state in trials]
    parts += [f"secrets: {', '.join(tried)}"] if tried else []
    return " · ".join(parts) or "no declared client is live here that a sink is for"
