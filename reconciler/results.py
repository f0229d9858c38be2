"""What came of one instance in a run: a plan, a plan that was carried out, or the reason why there is neither."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.model.diagnostics import Diagnostic
from reconciler.model.errors import ReconcilerError
from reconciler.model.settings import Instance
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Change, Plan
from reconciler.support.frozen import frozen

if TYPE_CHECKING:
    from reconciler.applying.report import Report
    from reconciler.live.observation import ObservationAge
    from reconciler.secrets.delivery import Delivery, MissingSecret
    from reconciler.secrets.values import SinkState


@frozen
class Planned:
    """The plan of one instance, and why it may not be applied."""

    instance: Instance
    plan: Plan
    refusals: tuple[Refusal, ...]
    as_of: ObservationAge | None = None
    """How old what it was made from is; None if the instance itself was asked."""
    missing_secrets: tuple[MissingSecret, ...] = ()
    """The managed clients that sinks should have and have not; unknown, and so none, in a plan from an observation."""


@frozen
class Finished:
    """A plan that was applied, and what came of it."""

    planned: Planned
    report: Report
    already_done: tuple[Change, ...] = ()
    """The changes of a saved plan that were live before."""

    @property
    def instance(self) -> Instance:
        """The instance that was written to."""
        return self.planned.instance


@frozen
class Stopped:
    """An instance that could not be planned, or was not tried. Nothing was written to it."""

    instance: Instance
    error: ReconcilerError


@frozen
class SinkEntry:
    """One client at one sink. Not a field for a secret."""

    name: str
    id: int
    sink: str
    """The sink's label."""
    state: SinkState
    error: ReconcilerError | None = None
    """Why it is not known, or failed."""


@frozen
class SinkContents:
    """What the sinks of one instance have, or were given, of its managed clients: sink by sink."""

    instance: Instance
    places: tuple[SinkEntry, ...] = ()
    journal_failure: str | None = None
    problems: tuple[Delivery, ...] = ()
    """The sinks that a check found unfit to take anything, each with the reason."""


SecretsResult = SinkContents | Stopped
PlanResult = Planned | Stopped
ApplyResult = Planned | Finished | Stopped


@frozen
class Overview:
    """Everything that one run of a command has to show, whatever the format."""

    command: str
    """validate, plan or apply."""
    results: tuple[ApplyResult, ...] = ()
    """One for each instance, by wave, then as configured."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong with the files; beside plans, the warnings alone."""
    made_at: datetime | None = None
    commit: str | None = None
    """The git commit of the files, clean or not; None outside of git."""
    error: ReconcilerError | None = None
    """Why the run ended before it had any result; None if it did not."""
    config: str = "reconciler.yaml"
    """The file of the settings, as it was named."""
    folder: str = ""
    """Where relative paths start from: the working directory. Empty if that is not known."""
    top: str | None = None
    """The folder of the whole repository; None outside of git."""
    successes: Mapping[str, float] = field(default_factory=dict)
    """When each instance last was as it should be, in seconds since 1970, as far as an earlier report told."""

    def from_top(self, path: str) -> str:
        """A file as the repository knows it, whatever folder the program was run in."""
        absolute = os.path.join(self.folder, path)
        if self.top is None or not os.path.isabs(absolute):
            return path
        inside = os.path.relpath(absolute, self.top)
        return path if inside.startswith("..") else inside


def is_pending(result: PlanResult) -> bool:
    """Whether there is something to write or to deliver, and nothing that forbids it."""
    return isinstance(result, Planned) and bool(result.plan.changes or result.missing_secrets) and not result.refusals
