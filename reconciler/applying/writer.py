"""Write the changes of a plan, kind by kind, in parallel; each is in the journal before it is sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.applying.events import ChangeAnswered, ChangeStarted, OnProgress, ProgressEvent
from reconciler.applying.journal import Journal
from reconciler.applying.report import Failed, Skipped
from reconciler.applying.send import Attempt, SendResult, Sent
from reconciler.applying.stop_conditions import StopConditions
from reconciler.planning.plan.plan import Change, Plan
from reconciler.support.workers import WorkerPool

WritePool = WorkerPool[int, tuple[int, SendResult]]
"""A pool that sends changes by their numbers in the plan."""


class Writer:
    """Decide in one thread what is sent when; the pool sends it.

    Changes of one kind may be sent in any order and in parallel, because they are independent: planning matches a live
    client to at most one entry, and blocks an entry whose new name is live, even if that name is about to become free,
    or is declared twice. So the updates are of different clients, no two writes assign the same name, and no write
    depends on another. A delete and its successor do share a name: the order of the kinds keeps them apart.
    """

    def __init__(  # noqa: PLR0913  (by name: what is written where, and who is told)
        self,
        plan: Plan,
        pool: WritePool,
        *,
        journal: Journal,
        conditions: StopConditions,
        on_progress: OnProgress,
        nonces: Mapping[int, str],
    ) -> None:
        """`nonces` are those of the creates in two steps, by the number of the change."""
        self._changes = plan.changes
        self._nonces = nonces
        self._pool = pool
        self._journal = journal
        self._conditions = conditions
        self._on_progress = on_progress
        self.attempts: dict[int, Attempt] = {}
        """The attempts so far, by the number of the change in the plan."""

    def write(self, kind: type[Change]) -> None:
        """Write the changes of a kind, and wait until the last one is answered."""
        waiting = deque(n for n, change in enumerate(self._changes) if isinstance(change, kind))
        while waiting or self._pool.busy:
            self._start(list(self._admitted(waiting)))
            if self._pool.busy:
                self._settle(self._pool.wait())

    def _admitted(self, waiting: deque[int]) -> Iterator[int]:
        """Take as many as can be started now; those that must not start are skipped."""
        room = self._pool.free
        while waiting and room:
            number = waiting.popleft()
            reason = self._conditions.reason_to_skip(self._changes[number])
            if reason is None:
                room -= 1
                yield number
            else:
                self._skip([number], reason)

    def _start(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        self._journal.sending(numbers, self._nonces)
        if self._has_no_journal():
            self._skip(numbers, f"the journal cannot be written: {self._journal.failure}")
            return
        for number in numbers:
            self._pool.start(number)
        self._say(ChangeStarted(self._changes[number]) for number in numbers)

    def _settle(self, answers: Sequence[tuple[int, SendResult]]) -> None:
        self._journal.answered(answers)
        self._has_no_journal()
        for number, attempt in answers:
            self.attempts[number] = attempt
            self._conditions.record(attempt)
            self._on_progress(ChangeAnswered(attempt.change, isinstance(attempt, Sent)))
            if isinstance(attempt, Failed):
                self._on_progress(attempt)
            elif isinstance(attempt, Sent):
                self._say(attempt.deliveries or ())

    def _has_no_journal(self) -> bool:
        if self._journal.failure is None:
            return False
        self._conditions.trip(f"the journal cannot be written: {self._journal.failure}")
        return True

    def _skip(self, numbers: Iterable[int], reason: str) -> None:
        for number in numbers:
            skipped = Skipped(self._changes[number], reason)
            self.attempts[number] = skipped
            self._on_progress(skipped)

    def _say(self, events: Iterable[ProgressEvent]) -> None:
        for event in events:
            self._on_progress(event)
