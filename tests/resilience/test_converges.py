"""Run it at any moment, kill it at any moment, lose any answer: nothing is lost, nothing is doubled.

A life of an instance, as hypothesis makes it up: people change the declarations and the clients, runs are hit by
faults, stopped and killed between any two requests, and people act while they write. After each run nothing is there
twice, nothing outside its plan was touched, and its journal is true. Then one clean run, and live equals declared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reconciler.applying.past_runs import PastRun as Journal
from reconciler.applying.past_runs import applied, list_runs, uncertain
from reconciler.applying.report import Applied, Failed, Report, Skipped, is_complete
from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.live.gateway import ClientSecret, CreatedClient, Gateway
from reconciler.model.clients import ClientSpec, Declarations, Field, Grant, Listing, LiveClient
from reconciler.model.errors import GatewayError, NotVerified
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.model.settings import NO_LIMITS, Instance, Settings
from reconciler.model.trials import Trial
from reconciler.planning.guard import refusals
from reconciler.planning.plan.plan import Create, Plan, Prune
from reconciler.planning.planfile.stale import Ready, reconcile_saved
from reconciler.results import Planned, is_pending
from reconciler.workflow.options import Options
from reconciler.workflow.plan import PlanRequest, guards, plan_instance
from reconciler.workflow.run import Run, RunOrigin
from tests.applying.test_apply_properties import faults, stops
from tests.applying.test_journal import clock
from tests.builders import at, spec
from tests.memory_gateway import Fault, MemoryGateway, request_for
from tests.platform_lines import Line
from tests.strategies import WORDS, certainties
from tests.tiers import examples, search

Answered = TypeVar("Answered")

INSTANCE = Instance("staging", at(1), url="https://staging.example.com", limits=NO_LIMITS, expect_system_clients=False)
SETTINGS = Settings(Path("reconciler.yaml"), (INSTANCE,))
SYSTEM = spec("PmApi")
"""Every instance has clients that the platform needs: without any, a listing is not believed."""


class Death(BaseException):
    """SIGKILL: nothing that the program does can keep it from dying."""


class Mortal:
    """The instance as one run sees it, for as long as it lives. `deeds` are what people do, by the number of a request.

    It dies `before` a request of a number arrives, or after that was carried out and before it is answered.
    """

    def __init__(
        self, instance: MemoryGateway, deeds: Mapping[int, Callable[[], None]], dies_at: int | None, before: bool
    ) -> None:
        self._instance = instance
        self._deeds = deeds
        self._dies_at = dies_at
        self._before = before
        self._turn = Lock()
        self._asked = 0
        self._dead = False

    def list_clients(self) -> Listing:
        return self._live(self._instance.list_clients)

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        return self._live(self._instance.list_with_secrets)

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> CreatedClient:
        return self._live(lambda: self._instance.create_client(spec, beside))

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        return self._live(lambda: self._instance.update_client(client_id, spec))

    def delete_client(self, client_id: int) -> None:
        self._live(lambda: self._instance.delete_client(client_id))

    def may_change(self, client_id: int) -> bool:
        return self._live(lambda: self._instance.may_change(client_id))

    def ask_for_nobody(self, seen: Capabilities) -> Capabilities:
        return self._live(lambda: self._instance.ask_for_nobody(seen))

    def may_edit_and_delete(self) -> tuple[bool, bool]:
        return self._live(self._instance.may_edit_and_delete)

    def try_secret(self, client: LiveClient, secret: Secret, capabilities: Capabilities) -> Trial:
        return self._live(lambda: self._instance.try_secret(client, secret, capabilities))

    def check(self) -> None:
        """Raise Death if the run is dead: then it writes and says nothing more either."""
        if self._dead:
            raise Death

    def _live(self, request: Callable[[], Answered]) -> Answered:
        # No thread of a dead run sends anything any more.
        with self._turn:
            self.check()
            self._asked += 1
            self._deeds.get(self._asked, lambda: None)()
            dying = self._asked == self._dies_at
            self._dead = self._dead or (dying and self._before)
            self.check()
            try:
                return request()
            finally:
                if dying:
                    self._dead = True
                    raise Death


@dataclass(frozen=True)
class Deed:
    """What a person does on the Auth Clients page: deletes, renames or changes a client, or makes one."""

    what: str
    which: int
    """Counted through the live clients, round and round: what is live depends on which thread was faster."""


deeds = st.builds(Deed, st.sampled_from(["delete", "rename", "change", "make"]), st.integers(0, 20))


@dataclass(frozen=True)
class Mishaps:
    """What happens to one run."""

    faults: Mapping[int, Fault]
    deeds: Mapping[int, Deed]
    dies_at: int | None
    before: bool
    stop_after: int | None
    parallelism: int


NONE = Mishaps({}, {}, None, True, None, 8)


def bad_hours(dies_at: st.SearchStrategy[int | None]) -> st.SearchStrategy[Mishaps]:
    """Faults, deeds, a death and a wish to stop, at any request of a run, or none of it."""
    acts = st.dictionaries(st.integers(1, 12), deeds, max_size=2)
    return st.builds(Mishaps, faults, acts, dies_at, st.booleans(), stops, st.sampled_from([1, 3, 8]))


deadly = bad_hours(st.sampled_from(range(1, 10)))
bad = bad_hours(st.none()) | deadly


class Life(RuleBasedStateMachine):
    """One instance, from its installation to the last clean run."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.instance = MemoryGateway([SYSTEM])
        self.declared = Declarations()
        self.prune = Prune.NONE
        self.saved: Plan | None = None
        self.runs = 0
        self.by_hand = 0
        self.meddled: set[int] = set()

    @initialize(scenario=certainties(), prune=st.sampled_from(Prune), mishaps=bad)
    def install(self, scenario: tuple[Declarations, list[ClientSpec]], prune: Prune, mishaps: Mishaps) -> None:
        """With much to do, and a run that tries."""
        for each in scenario[1]:
            self.instance.put(each)
        self.declare(scenario[0], prune)
        self.run(mishaps)

    @rule(declared=certainties().map(lambda scenario: scenario[0]), prune=st.sampled_from(Prune))
    def declare(self, declared: Declarations, prune: Prune) -> None:
        """Somebody merges other declarations. Pruning with nothing declared is refused, whatever is live."""
        self.declared = declared
        self.prune = prune if declared.present else Prune.NONE

    @rule(deed=deeds)
    def act(self, deed: Deed) -> None:
        """A person is faster than any run, and needs no file."""
        there = [each for each in self.instance.live.clients if each.spec != SYSTEM]
        self.by_hand += 1
        name = f"By hand {self.by_hand}"
        if deed.what == "make":
            self.meddled.add(self.instance.put(spec(name)))
        elif there:
            target = there[deed.which % len(there)]
            self.meddled.add(target.id)
            if deed.what == "delete":
                self.instance.revoke(target.id)
            else:
                kept = target.name if deed.what == "change" else name
                self.instance.overwrite(target.id, spec(kept, redirect=f"https://{self.by_hand}.example.com/cb"))

    @rule(which=st.integers(0, 20))
    def take(self, which: int) -> None:
        """A person makes a client of a name that the saved plan would give out, or that may be declared."""
        names = [change.name for change in self.saved.changes if isinstance(change, Create)] if self.saved else []
        name = (names or WORDS)[which % len(names or WORDS)]
        if name not in self.instance.names:
            self.instance.put(spec(name, redirect="https://taken.example.com/cb"))

    @rule()
    def save(self) -> None:
        """`plan -o plan.json`."""
        self.saved = self._plan().plan

    @rule(mishaps=bad)
    def run(self, mishaps: Mishaps) -> None:
        """`apply --yes`, in a bad hour."""
        self._run(mishaps, self._planned_now)

    @rule(mishaps=deadly)
    def run_and_die(self, mishaps: Mishaps) -> None:
        """`apply --yes`, and `kill -9`."""
        self._run(mishaps, self._planned_now)

    @rule(mishaps=bad)
    def run_saved(self, mishaps: Mishaps) -> None:
        """`apply plan.json`, in a bad hour."""
        if self.saved is None:
            self.save()
        self._run(mishaps, self._planned_then)

    @rule()
    def clean_run(self) -> None:
        """`apply --yes`, and nothing gets in its way."""
        before = {each.name: each.id for each in self.instance.live.clients}
        report = self._run(NONE, self._planned_now)
        assert report is None or is_complete(report)
        again = self._plan().plan
        assert (again.changes, again.blocked) == ((), ())
        self._is_as_declared(before)

    @invariant()
    def nothing_is_there_twice(self) -> None:
        assert max(Counter(self.instance.names).values(), default=0) <= 1

    def teardown(self) -> None:
        try:
            self.clean_run()
            self.nothing_is_there_twice()
        finally:
            self.folder.cleanup()

    def _plan(self, gateway: Gateway | None = None) -> Planned:
        declared = InstanceDeclarations({"staging": lambda: self.declared})
        order = PlanRequest(SETTINGS, declared, [INSTANCE], Options({}, self.prune))
        return plan_instance(order, INSTANCE, gateway or self.instance)

    def _planned_now(self, gateway: Mortal) -> Plan:
        planned = self._plan(gateway)
        assert not planned.refusals
        return planned.plan if is_pending(planned) else Plan("", "")

    def _planned_then(self, gateway: Mortal) -> Plan:
        assert self.saved is not None
        live = gateway.list_clients()
        match reconcile_saved(self.saved, live):
            case Ready(plan):
                refused = refusals(plan, guards(SETTINGS, INSTANCE, Options({}), live))
                return Plan("", "") if refused else plan
        return Plan("", "")

    def _run(self, mishaps: Mishaps, planned: Callable[[Mortal], Plan]) -> Report | None:
        """A run, and what holds after any; None if it did not come to an end, or there was nothing to do."""
        asked, done = len(self.instance.requests), len(self.instance.done)
        before = self.instance.live
        self.runs += 1
        self.meddled.clear()
        self.instance.faults = {asked + number: fault for number, fault in mishaps.faults.items()}
        deeds = {number: lambda deed=deed: self.act(deed) for number, deed in mishaps.deeds.items()}
        gateway = Mortal(self.instance, deeds, mishaps.dies_at, mishaps.before)
        plan, report = Plan("", ""), None
        with suppress(Death, GatewayError):
            plan = planned(gateway)
            if plan.changes:
                report = self._writing(mishaps, asked, gateway).write(INSTANCE, plan, gateway)
        self.instance.faults = {}
        writes = [request for request in self.instance.requests[asked:] if request != "list"]
        self._only_the_plan_was_written(plan, writes, before)
        if plan.changes:
            self._journal_is_true(plan, writes, self.instance.done[done:], report)
        return report

    def _writing(self, mishaps: Mishaps, asked: int, gateway: Mortal) -> Run:
        time = clock()

        def now() -> datetime:
            gateway.check()
            return time()

        def stop() -> bool:
            return mishaps.stop_after is not None and len(self.instance.requests) - asked >= mishaps.stop_after

        folder = Path(self.folder.name)
        return Run(
            name=f"run {self.runs}",
            origin=RunOrigin("somebody@laptop"),
            journal=folder,
            locks=folder,
            now=now,
            on_progress=lambda *_: gateway.check(),
            stop=stop,
            parallelism=mishaps.parallelism,
        )

    def _only_the_plan_was_written(self, plan: Plan, writes: list[str], before: Listing) -> None:
        assert Counter(writes) <= Counter(map(request_for, plan.changes))
        known = {each.id for each in before.clients}
        planned = {change.id for change in plan.changes if not isinstance(change, Create)} | self.meddled
        after = {each.id: each for each in self.instance.live.clients}
        assert all(after.get(each.id) == each for each in before.clients if each.id not in planned)
        new = Counter(each.name for each in after.values() if each.id not in known | self.meddled)
        assert new <= Counter(change.name for change in plan.changes if isinstance(change, Create))

    def _journal_is_true(self, plan: Plan, writes: list[str], done: list[str], report: Report | None) -> None:
        journal = list_runs(Path(self.folder.name) / "staging")
        [told] = [each for each in journal if isinstance(each, Journal) and each.heading.run == f"run {self.runs}"]
        assert tuple(write.change for write in told.writes) == plan.changes
        sent = [request_for(write.change) for write in told.writes if write.sent_at]
        answered = [request_for(write.change) for write in told.writes if write.answer and write.answer.id]
        assert Counter(writes) <= Counter(sent)
        assert Counter(answered) <= Counter(done)
        assert not told.truncated
        assert (told.finished_at is None) == (report is None)
        if report is None:
            doubtful = {request_for(change) for change in uncertain(told)}
            assert set(writes) - set(answered) - refused(told) <= doubtful
            return
        assert Counter(writes) == Counter(sent)
        assert list(applied(told)) == [(o.change, o.id) for o in report.outcomes if isinstance(o, Applied)]
        unverified = [o for o in report.outcomes if isinstance(o, Failed) and isinstance(o.error, NotVerified)]
        assert list(uncertain(told)) == [o.change for o in unverified]
        skipped = [o.change for o in report.outcomes if isinstance(o, Skipped)]
        assert [write.change for write in told.writes if not write.sent_at] == skipped

    def _is_as_declared(self, before: Mapping[str, int]) -> None:
        """Said without the program: each is there, as it is declared, and under the id that it had."""
        live = {each.name: each for each in self.instance.live.clients}
        for entry in self.declared.present:
            found = live[entry.name]
            assert found.spec.grants == entry.spec.grants
            if Field.REDIRECT_URL not in entry.ignore_changes:
                assert found.spec.redirect_urls == entry.spec.redirect_urls
            assert bool(found.spec.redirect_urls) == (Grant.AUTHORIZATION_CODE in found.spec.grants)
            names = [name for name in (entry.name, *entry.previous_names) if name in before]
            assert not names or found.id == before[names[0]]
        assert not live.keys() & {entry.name for entry in self.declared.absent}
        if self.prune is Prune.ALL:
            assert live.keys() == {entry.name for entry in self.declared.present} | {SYSTEM.name}
        assert live[SYSTEM.name].spec == SYSTEM


def refused(told: Journal) -> set[str]:
    """What the instance refused to do, which is certain as well."""
    return {request_for(write.change) for write in told.writes if write.answer and write.answer.answered == "refused"}


@search("lives")
def test_whatever_happens_to_an_instance_one_clean_run_converges(platform_line: Line) -> None:
    """The instance is one in memory, which has nothing yet in which lines of the platform differ."""
    run_state_machine_as_test(Life, settings=examples(steps=8))
