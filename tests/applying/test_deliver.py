"""What holds of every delivery: nothing is deleted before it, and after any faults a clean run makes it right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.apply import apply_plan
from reconciler.applying.delivery_items import DeliveryTargets
from reconciler.applying.events import ProgressEvent as Told
from reconciler.applying.journal import open_journal
from reconciler.applying.past_runs import PastRun, list_runs
from reconciler.applying.pending_deliveries import JournaledDeliveries
from reconciler.applying.report import DeliveryStatus, Report, is_complete
from reconciler.model.clients import ClientSpec, Declarations
from reconciler.model.errors import SinkError
from reconciler.model.recipients import SinkAnswer
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.managed import managed_pairs
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.stored import Decrypt, Stored
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from tests.applying.test_apply_properties import faults, stops
from tests.applying.test_journal import HEADING, NOON, clock
from tests.memory_gateway import Fault, MemoryGateway, secret_of
from tests.strategies import certainties

POLICY = PlanPolicy("staging", "https://staging.example.com")


class Killed(BaseException):
    """The end of a run, at a moment that the test chose."""


@dataclass
class Shelf:
    """A sink in memory, which fails at the calls of these numbers; one that `tells` says what is there."""

    label: str
    tells: bool
    failing: Collection[int] = ()
    there: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and secret, by id."""
    calls: int = 0
    stages: bool = False

    def covers(self, client: SinkClient) -> bool:
        return True

    def look(self, clients: Sequence[SinkClient]) -> None:
        pass

    def check(self, clients: Sequence[SinkClient]) -> None:
        """It is always in order, until it fails."""

    def deliver(self, handover: SecretDelivery) -> None:
        self._call()
        self.there[handover.id] = (handover.client.name, handover.secret.reveal())

    def stage(self, handover: SecretDelivery) -> None:
        raise SinkError("it has no place for a second secret")

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        return False

    def forget(self, client: SinkClient, client_id: int) -> None:
        self._call()
        self.there.pop(client_id, None)

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        if not self.tells:
            return [None] * len(clients)
        return [self.there.get(known, ("", ""))[0] == client.name for client, known in clients]

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        return None

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        return {}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        pass

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        return ()

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        raise NotImplementedError

    def holds(self, handover: SecretDelivery) -> SinkState:
        return SinkState.UNKNOWN

    def _call(self) -> None:
        self.calls += 1
        if self.calls in self.failing:
            raise SinkError("no space left on device")


@dataclass
class World:
    """An instance, its sinks, and the journals of the runs so far."""

    gateway: MemoryGateway
    declared: Declarations
    journals: Path
    telling: Shelf = field(default_factory=lambda: Shelf("telling", tells=True))
    silent: Shelf = field(default_factory=lambda: Shelf("silent", tells=False))
    runs: int = 0

    def apply(self, parallelism: int, stop_after: int | None = None, die_after: int | None = None) -> Report | None:
        """A run; None if it was ended after so many events."""
        live = self.gateway.live
        plan = make_plan(self.declared, live, POLICY)
        deliverer = Deliverer([self.telling, self.silent])
        pairs = [
            (SinkClient(POLICY.instance, POLICY.identity, client.name, entry.owner), client.id)
            for entry, client in managed_pairs(self.declared, live, POLICY)
        ]
        past = JournaledDeliveries(
            (run for run in list_runs(self.journals) if isinstance(run, PastRun)), POLICY.identity
        )
        targets = DeliveryTargets(deliverer, deliverer.missing_secrets(pairs, past))
        heard: list[Told] = []

        def on_progress(event: Told) -> None:
            heard.append(event)
            if len(heard) == die_after:
                raise Killed

        def stop() -> bool:
            return stop_after is not None and len(self.gateway.requests) >= stop_after

        self.runs += 1
        heading = replace(HEADING, run=f"run-{self.runs}", started_at=NOON + timedelta(minutes=self.runs))
        with suppress(Killed), open_journal(self.journals, heading, plan, now=clock()) as journal:
            return apply_plan(
                plan,
                self.gateway,
                journal=journal,
                on_progress=on_progress,
                parallelism=parallelism,
                stop=stop,
                targets=targets,
            )
        return None


@contextmanager
def world(scenario: tuple[Declarations, list[ClientSpec]], hits: dict[int, Fault]) -> Iterator[World]:
    declared, there = scenario
    with TemporaryDirectory() as folder:
        yield World(MemoryGateway(there, faults=hits), declared, Path(folder))


numbers = st.sets(st.integers(1, 12), max_size=6)
threads = st.sampled_from([1, 3, 8])


@given(certainties(), faults, numbers, numbers, stops, threads)
def test_nothing_is_deleted_while_a_secret_is_not_delivered(  # noqa: PLR0917  (what is drawn)
    scenario: tuple[Declarations, list[ClientSpec]],
    hits: dict[int, Fault],
    failing: set[int],
    also_failing: set[int],
    stop_after: int | None,
    parallelism: int,
) -> None:
    with world(scenario, hits) as here:
        here.telling.failing, here.silent.failing = failing, also_failing
        report = here.apply(parallelism, stop_after)
        assert report is not None
        failed = [
            each for each in report.deliveries if each.status is DeliveryStatus.FAILED and each.event != "deleted"
        ]
        if failed:
            assert here.gateway.count("delete") == 0
            assert not is_complete(report)
        for shelf in (here.telling, here.silent):
            taken = {
                each.id
                for each in report.deliveries
                if (each.sink, each.status) == (shelf.label, DeliveryStatus.DELIVERED)
            }
            assert taken >= shelf.there.keys()


@given(certainties(), faults, numbers, numbers, stops, st.none() | st.integers(1, 25), threads)
def test_after_any_run_a_clean_one_leaves_every_secret_where_it_belongs(  # noqa: PLR0917  (what is drawn)
    scenario: tuple[Declarations, list[ClientSpec]],
    hits: dict[int, Fault],
    failing: set[int],
    also_failing: set[int],
    stop_after: int | None,
    die_after: int | None,
    parallelism: int,
) -> None:
    with world(scenario, hits) as here:
        before = {client.id for client in here.gateway.live.clients}
        here.telling.failing, here.silent.failing = failing, also_failing
        here.apply(parallelism, stop_after, die_after)
        here.gateway.faults.clear()
        here.telling.failing = here.silent.failing = ()
        here.apply(parallelism)  # what a killed run had under way may only arrive after this one has looked
        report = here.apply(parallelism)
        assert report is not None
        assert is_complete(report)
        live = {client.id: client for _, client in managed_pairs(here.declared, here.gateway.live, POLICY)}
        expected = {known: (client.name, secret_of(known).reveal()) for known, client in live.items()}
        assert {known: here.telling.there.get(known) for known in expected} == expected
        made = {known: each for known, each in expected.items() if known not in before}
        assert {known: here.silent.there.get(known) for known in made} == made
        calls = here.telling.calls, here.silent.calls
        again = here.apply(parallelism)
        assert again == Report()
        assert (here.telling.calls, here.silent.calls) == calls
