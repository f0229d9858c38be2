"""How one run writes: what it is called, where it is written down, who hears of it and who may stop it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from reconciler import __version__
from reconciler.applying.apply import apply_plan
from reconciler.applying.deliver import NO_TARGETS, DeliveryTargets
from reconciler.applying.events import ProgressEvent
from reconciler.applying.journal import Heading, Journal, open_journal
from reconciler.applying.report import Report
from reconciler.live.gateway import Gateway
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import Plan
from reconciler.secrets.masking import Mask
from reconciler.support.frozen import frozen


@frozen
class RunOrigin:
    """Where a run comes from, for the journal and for whoever meets its lock."""

    who: str
    """user@host, or the address of a pipeline's run."""
    commit: str | None = None
    """The git commit of the declarations, if they are in git."""
    clean: bool | None = None
    """Whether the work tree was as that commit has it."""

    @property
    def exactly(self) -> str | None:
        """The commit, if the declarations are exactly as it has them."""
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
    tell: Callable[[Instance, ProgressEvent], None]
    stop: Callable[[], bool]
    parallelism: int
    """Requests, and deliveries, under way at once."""
    mask: Mask | None = None
    """Where a secret is made known to a pipeline that hides it, before any sink gets it; None where nothing would."""

    @property
    def holder(self) -> str:
        """What the next run hears about this one while it holds a lock."""
        return f"run {self.name} of {self.origin.who}"

    def write(
        self,
        instance: Instance,
        plan: Plan,
        gateway: Gateway,
        digest: str | None = None,
        *,
        targets: DeliveryTargets = NO_TARGETS,
    ) -> Report:
        """Apply a plan and deliver, written down in a journal of its own. `digest` is that of a saved plan.

        Raises `JournalError`, before anything is written to the instance, where nothing can be written down.
        """
        with self.journal_of(plan, digest) as journal:
            return apply_plan(
                plan,
                gateway,
                journal=journal,
                tell=lambda event: self.tell(instance, event),
                parallelism=self.parallelism,
                stop=self.stop,
                targets=targets,
            )

    def journal_of(self, plan: Plan, digest: str | None = None) -> AbstractContextManager[Journal]:
        """The journal of this run on one instance. Entering it raises `JournalError` where it cannot be begun."""
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
