"""What the labels stand for by which the clients of a plan's changes are declared."""

from __future__ import annotations

from collections.abc import Iterator, Set

from reconciler.model.clients import Declarations
from reconciler.planning.plan.plan import Note
from reconciler.support.text import quoted, some


def notes_on_labels(declared: Declarations, names: Set[str]) -> Iterator[Note]:
    """A note for each label by which a client with one of these names is declared."""
    for use in declared.labels:
        if found := sorted(use.names & names):
            what = quoted(found[0]) if len(found) == 1 else f"{len(found)} clients of this plan"
            yield Note("label", f"{use.label} stands for {some(use.instances)}: it declares {what} here")
