"""The question before plans are applied: how much, how bad at worst, and to which instances."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.planning.plan.plan import Deliver, Plan
from reconciler.render.view.counts import action, count, plural
from reconciler.render.view.severity import most_severe_risk
from reconciler.support.text import printable

_MOST_NAMED = 8
"""Maximum number of instances named."""


def question_text(plans: Sequence[Plan]) -> str:
    """Return the question: `Write 14 changes, 1 deletion, to 11 instances?`, and before it the most severe risk."""
    return f"{_risk(plans)}Write {_what(plans)}to {_where(plans)}?"


def _what(plans: Sequence[Plan]) -> str:
    counts = [count(plan) for plan in plans]
    deletions = sum(each.delete for each in counts)
    changes = sum(len(plan.changes) for plan in plans) - deletions
    deliveries = sum(each.deliver for each in counts)
    parts = [plural(changes, "change")] if changes else []
    parts += [plural(deletions, "deletion")] if deletions else []
    parts += [f"{deliveries} {'delivery' if deliveries == 1 else 'deliveries'} of secrets"] if deliveries else []
    if not parts:  # only what sinks have lost
        return "lost secrets again "
    # A comma also behind the last of several: what follows belongs to all of them.
    return f"{', '.join(parts)}{', ' if len(parts) > 1 else ' '}"


def _where(plans: Sequence[Plan]) -> str:
    names = [printable(plan.instance) for plan in plans]
    return ", ".join(names) if len(names) <= _MOST_NAMED else plural(len(names), "instance")


def _risk(plans: Sequence[Plan]) -> str:
    found = most_severe_risk(plans)
    if found is None:
        return ""
    change, risk = found
    word = "deliver" if isinstance(change, Deliver) else action(change)
    return f"The most severe risk: {word} {printable(change.name)}: {printable(risk.text)}\n"
