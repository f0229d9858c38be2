"""One run that writes: its name, its journal, who is told of its progress and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from reconciler import __version__
from reconciler.applying.apply import apply_plan
from reconciler.applying.create import method_for
from reconciler.applying.delivery_items import NO_TARGETS, DeliveryTargets
from reconciler.applying.events import ProgressEvent
from reconciler.applying.journal import Heading, Journal, open_journal
from reconciler.applying.report import Report
from reconciler.live.gateway import Gateway
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import Plan
from reconciler.secrets.masking import Mask
from reconciler.support.frozen import frozen
from reconciler.workflow.parallel import Watch, unwatched


@frozen
class RunOrigin:
    """The origin of a run, for its journal and for whoever finds its lock."""

    who: str
    """user@host, or the URL of a pipeline's run."""
    commit: str | None = None
    """The git commit of the declarations, if they are in git."""
    clean: bool | None = None
    """Whether the work tree was equal to that commit."""

    @property
    def exactly(self) -> str | None:
        """The commit, if the declarations are exactly those of the commit."""
        return self.commit if self.clean else None


@frozen
class Run:
    """One run of `apply` or `rollback --apply`, whatever the number of instances."""

    name: str
    origin: RunOrigin
    journal: Path
    """The directory of all journals."""
    locks: Path
    """The directory of the locks of this user on this machine."""
    now: Callable[[], datetime]
    on_progress: Callable[[Instance, ProgressEvent], None]
    stop: Callable[[], bool]
    parallelism: int
    """Maximum number of requests, and of deliveries, at once."""
    mask: Mask | None = None
    """The way to a pipeline that hides each secret in its log, before any sink gets it; None outside of one."""
    watch: Watch = unwatched
    """Is told of each instance that is being read before anything is written."""

    @property
    def holder(self) -> str:
        """The name of this run in the message of another run that finds its lock."""
        return f"run {self.name} of {self.origin.who}"

    def write(  # noqa: PLR0913  (by name: what is written where)
        self,
        instance: Instance,
        plan: Plan,
        gateway: Gateway,
        digest: str | None = None,
        *,
        targets: DeliveryTargets = NO_TARGETS,
        capabilities: Capabilities = UP_TO_4_15,
    ) -> Report:
        """Apply a plan and deliver secrets, with a journal of its own. `digest` is that of a saved plan.

        `capabilities` are those of the instance.

        Raises `JournalError`, before anything is written to the instance, if the journal cannot be written.
        """
        with self.journal_of(plan, digest) as journal:
            return apply_plan(
                plan,
                gateway,
                journal=journal,
                on_progress=lambda event: self.on_progress(instance, event),
                parallelism=self.parallelism,
                stop=self.stop,
                targets=targets,
                method=method_for(capabilities, self.name),
            )

    def journal_of(self, plan: Plan, digest: str | None = None) -> AbstractContextManager[Journal]:
        """The journal of this run on one instance. Entering it raises `JournalError` if it cannot be started."""
        heading = Heading(
            run=self.name,
            started_at=self.now(),
            program_version=__version__,
            who=self.origin.who,
            commit=self.origin.commit,
            clean=self.origin.clean,
            plan_digest=digest,
        )
        return open_journal(self.journal, heading, plan, now=self.now)
