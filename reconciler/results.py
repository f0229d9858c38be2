"""The result of a run for one instance: a plan, an applied plan, or the reason why there is neither."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from reconciler.model.diagnostics import Diagnostic
from reconciler.model.errors import LoginRefused, ReconcilerError
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.revisions import split_path
from reconciler.model.settings import Instance
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Change, Plan
from reconciler.support.frozen import frozen

if TYPE_CHECKING:
    from reconciler.applying.report import Report
    from reconciler.live.observation import ObservationAge
    from reconciler.model.trials import Trial
    from reconciler.secrets.delivery import Delivery, MissingSecret
    from reconciler.secrets.values import SinkState


@frozen
class Planned:
    """The plan of one instance, and why it may not be applied."""

    instance: Instance
    plan: Plan
    refusals: tuple[Refusal, ...]
    as_of: ObservationAge | None = None
    """The age of the observation it was made from; None if the instance itself was observed."""
    missing_secrets: tuple[MissingSecret, ...] = ()
    """The managed clients that sinks have lost, to be delivered again to the same recipients; new recipients are in the
    plan. Unknown, and so empty, in a plan from an observation."""
    capabilities: Capabilities = UP_TO_4_15
    """What the instance's version of the platform can do."""


@frozen
class Finished:
    """A plan that was applied, and the report."""

    planned: Planned
    report: Report
    already_live: tuple[Change, ...] = ()
    """The changes of a saved plan that were live already."""

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
    """One client at one sink. It has no field for a secret."""

    name: str
    id: int
    sink: str
    """The sink's label."""
    state: SinkState
    error: ReconcilerError | None = None
    """Why the state is unknown, or the delivery failed."""
    trial: Trial | None = None
    """What the token endpoint said of the secret that is stored there; None if that was not requested."""


@frozen
class SinkContents:
    """What the sinks of one instance have, or received, of its managed clients, sink by sink."""

    instance: Instance
    places: tuple[SinkEntry, ...] = ()
    journal_failure: str | None = None
    problems: tuple[Delivery, ...] = ()
    """The sinks that could not take secrets according to a check, each with the reason."""


SecretsResult = SinkContents | Stopped
PlanResult = Planned | Stopped
ApplyResult = Planned | Finished | Stopped


@frozen
class Overview:
    """Everything that one run of a command reports, whatever the format."""

    command: str
    """validate, plan or apply."""
    results: tuple[ApplyResult, ...] = ()
    """One for each instance, by wave, then as configured."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """The problems of the files; with plans, only the warnings."""
    made_at: datetime | None = None
    commit: str | None = None
    """The git commit of the files, clean or not; None outside of git."""
    error: ReconcilerError | None = None
    """Why the run ended before it had any result; None if it did not."""
    config: str = "reconciler.yaml"
    """The settings file, as it was named."""
    folder: str = ""
    """Where relative paths start from: the working directory. Empty if that is not known."""
    top: str | None = None
    """The root folder of the repository; None outside of git."""
    known: frozenset[Diagnostic] | None = None
    """Of the problems of the files, the warnings that the base has too; None if there was no base to compare with."""
    head: str | None = None
    """The newest commit of the pull request, if `commit` is a merge of it that its pipeline made."""
    blob_url: str | None = None
    """Where the files of `commit` are shown on the web: put the path from the root behind it. None if not known."""
    successes: Mapping[str, float] = field(default_factory=dict)
    """When each instance was last without problems, in seconds since 1970, according to an earlier report."""

    def from_top(self, path: str) -> str:
        """The path of a file from the repository's root, whatever the working directory. It keeps its commit."""
        commit, file = split_path(path)
        absolute = os.path.join(self.folder, file)
        if self.top is None or not os.path.isabs(absolute):
            return path
        inside = os.path.relpath(absolute, self.top)
        return path if inside.startswith("..") else commit + inside

    def to_annotate(self, path: str) -> str:
        """Like `from_top`, for tools that show a finding at its file: without a commit, which is no part of a path.

        Of a file at a commit, the lines may be other ones now. So a finding has the same place whatever the base is.
        """
        return split_path(self.from_top(path))[1]

    def from_anywhere(self, text: str) -> str:
        """A message without the path of the repository on this machine, where it stands at the start of a word."""
        root = self.top or self.folder
        if len(root) < 2 or root not in text:
            return text
        return re.sub(rf"(?<![^\s'\"`(=:]){re.escape(root)}(/|(?![\w.-]))", lambda end: "" if end[1] else ".", text)


def is_pending(result: PlanResult) -> bool:
    """Whether there is something to write or to deliver, and no refusal."""
    if not isinstance(result, Planned) or result.refusals:
        return False
    return result.plan.has_changes or bool(result.missing_secrets)


def first_failing_wave(results: Sequence[PlanResult]) -> int | None:
    """The first wave that cannot succeed, since an instance of it has no plan or a refused one; None if all can."""
    return min((each.instance.wave for each in results if not can_succeed(each)), default=None)


def can_succeed(result: PlanResult) -> bool:
    """Whether an apply can succeed there: it has a plan, and nothing refuses it."""
    return isinstance(result, Planned) and not result.refusals


def startable(results: Sequence[PlanResult]) -> list[Planned]:
    """The plans of the waves that an apply would start: no wave after the first one that cannot succeed."""
    failing = first_failing_wave(results)
    planned = [each for each in results if isinstance(each, Planned)]
    return [each for each in planned if failing is None or each.instance.wave <= failing]


def is_login_refused(result: ApplyResult | SinkContents) -> bool:
    """Whether the instance refused the account, at whatever step: every further try may lock it."""
    match result:
        case Stopped(error=error):
            return isinstance(error, LoginRefused)
        case Finished(report=report):
            from reconciler.applying.report import was_login_refused

            return was_login_refused(report)
        case Planned() | SinkContents():
            return False
        case _:
            assert_never(result)


def without_empty_report(result: ApplyResult) -> ApplyResult:
    """The plan of an instance in place of a report that has nothing in it, since there was nothing to do."""
    if isinstance(result, Finished):
        report = result.report
        if not (report.outcomes or report.deliveries or result.already_live):
            return result.planned
    return result


def plan_of(result: ApplyResult) -> Plan | None:
    """The plan of an instance, applied or not; None if there is none."""
    match result:
        case Planned(plan=plan):
            return plan
        case Finished(planned=planned):
            return planned.plan
        case Stopped():
            return None
        case _:
            assert_never(result)
