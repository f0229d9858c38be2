"""Lives of an instance that shows a secret only once: whatever happens, one clean run ends with every secret in place.

People declare, rotate and act by hand, runs are killed between any two requests and any two acts of a sink, answers are
lost, and journals too. Nothing that a run did not begin is ever deleted, and no old client before its successor is
delivered. The sinks are in memory: one that can keep a second secret, and a program, which cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.live.gateway import ClientSecret, CreatedClient
from reconciler.model.clients import ClientSpec, Declarations, Grant, Listing, LiveClient, Rotation
from reconciler.model.errors import ClientNotFound, GatewayError, Rejected, SinkError, Unavailable
from reconciler.model.lines import NEWEST, Capabilities
from reconciler.model.recipients import Held, SinkAnswer
from reconciler.model.secret import Secret
from reconciler.model.settings import (
    NO_LIMITS,
    CommandSinkSetting,
    Instance,
    JsonSinkSetting,
    Settings,
)
from reconciler.model.trials import Trial
from reconciler.model.unfinished import UnfinishedCreate, read_mark
from reconciler.planning.plan.plan import Delete
from reconciler.results import Planned, is_pending
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.recipients import RecipientResolver, label_of
from reconciler.secrets.stored import Decrypt, Stored
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.workflow.delivery.deliveries import delivery_targets, past_deliveries
from reconciler.workflow.delivery.new_recipients import DeliverySources, add_deliveries, deliverable_pairs
from reconciler.workflow.delivery.unfinished import DeliveryProof, nonces_in
from reconciler.workflow.options import Options
from reconciler.workflow.plan import PlanRequest, plan_listing, plan_policy
from reconciler.workflow.run import Run, RunOrigin
from tests.builders import PASSWORD, at, present, spec
from tests.tiers import examples

Answered = TypeVar("Answered")

HERE = Path()
SINKS = (JsonSinkSetting("all.json", HERE), CommandSinkSetting(("store",), HERE))
INSTANCE = Instance(
    "staging",
    at(1),
    url="https://staging.example.com",
    limits=NO_LIMITS,
    expect_system_clients=False,
    sinks=SINKS,
)
SETTINGS = Settings(Path("reconciler.yaml"), (INSTANCE,))
START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
NAMES = ("Portal", "Desk")


class Death(BaseException):
    """SIGKILL: nothing that the program does can keep it from dying."""


@dataclass
class Row:
    """A client as the instance stores it."""

    spec: ClientSpec
    secret: str
    created_at: datetime
    updated_at: datetime
    by_hand: bool = False


@dataclass
class World:
    """The instance, the sinks, and the moment at which a run dies: everything that it does counts."""

    rows: dict[int, Row] = field(default_factory=dict)
    now: datetime = START
    last: int = 5
    current: dict[str, tuple[int, str]] = field(default_factory=dict)
    staged: dict[int, tuple[str, str]] = field(default_factory=dict)
    told: dict[int, tuple[str, str]] = field(default_factory=dict)
    left: int | None = None
    """How many acts the run has left; None for as many as it wants."""
    fault: tuple[int, str] | None = None
    """The number of an act from now on, and what becomes of that request."""
    broken: frozenset[str] = frozenset()
    """The sinks that fail."""

    def act(self, deed: Callable[[], Answered]) -> Answered:
        """Do something, unless the run is dead; it may die before, or right after."""
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise Death
        done = deed()
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise Death
        return done

    def request(self, deed: Callable[[], Answered]) -> Answered:
        """A request, which may be lost, refused, or done without an answer."""
        fault = None
        if self.fault is not None:
            number, what = self.fault
            self.fault = (number - 1, what) if number > 1 else None
            fault = what if number <= 1 else None
        if fault == "lost":
            raise Unavailable("the connection was closed")
        if fault == "refused":
            raise Rejected("refused: name: no")
        done = self.act(deed)
        if fault == "unanswered":
            raise Unavailable("no answer")
        return done

    def add(self, what: ClientSpec, *, by_hand: bool) -> int:
        """A new client, with the grants of its spec."""
        self.last += 1
        self.rows[self.last] = Row(what, f"{self.last:040}", self.now, self.now, by_hand)
        return self.last

    def unfinished(self) -> list[UnfinishedCreate]:
        """What the listing shows of marks."""
        found = ((number, row, read_mark(row.spec.redirect_urls, row.spec.name)) for number, row in self.rows.items())
        return [
            UnfinishedCreate(number, row.spec.name, mark[0], mark[1], row.created_at)
            for number, row, mark in found
            if mark is not None and row.updated_at == row.created_at
        ]


class Once:
    """The instance of a world at a gateway: it stores one grant of a create, and shows a secret once."""

    def __init__(self, world: World) -> None:
        self._world = world

    def list_clients(self) -> Listing:
        return self._world.request(self._listing)

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        listing = self.list_clients()
        return listing, tuple(ClientSecret(each.id, None, each.created_at) for each in listing.clients)

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> CreatedClient:
        def create() -> CreatedClient:
            assert spec.grants == {Grant.AUTHORIZATION_CODE}
            made = self._world.add(spec, by_hand=False)
            row = self._world.rows[made]
            return CreatedClient(LiveClient(made, spec, row.created_at), Secret(row.secret))

        return self._world.request(create)

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        def update() -> LiveClient:
            row = self._row(client_id)
            row.spec, row.updated_at = spec, self._world.now + timedelta(seconds=1)
            return LiveClient(client_id, spec, row.created_at)

        return self._world.request(update)

    def delete_client(self, client_id: int) -> None:
        def delete() -> None:
            self._row(client_id)
            del self._world.rows[client_id]

        self._world.request(delete)

    def may_change(self, client_id: int) -> bool:
        return True

    def ask_for_nobody(self, seen: Capabilities) -> Capabilities:
        return NEWEST

    def may_edit_and_delete(self) -> tuple[bool, bool]:
        return True, True

    def try_secret(self, client: LiveClient, secret: Secret, capabilities: Capabilities) -> Trial:
        raise NotImplementedError

    def _row(self, client_id: int) -> Row:
        row = self._world.rows.get(client_id)
        if row is None:
            raise ClientNotFound("there is no such client")
        return row

    def _listing(self) -> Listing:
        begun = self._world.unfinished()
        hidden = {each.id for each in begun}
        live = tuple(
            LiveClient(number, row.spec, row.created_at)
            for number, row in sorted(self._world.rows.items())
            if number not in hidden
        )
        return Listing(live, (), self._world.now, NEWEST, tuple(begun))


class MemorySink:
    """A sink of a world: the document, which stages, or the program, which cannot."""

    def __init__(self, world: World, setting: JsonSinkSetting | CommandSinkSetting) -> None:
        self._world = world
        self.label = label_of(setting)
        self.stages = isinstance(setting, JsonSinkSetting)

    def covers(self, client: SinkClient) -> bool:
        return True

    def look(self, clients: Sequence[SinkClient]) -> None:
        pass

    def check(self, clients: Sequence[SinkClient]) -> None:
        pass

    def deliver(self, delivery: SecretDelivery) -> None:
        def store() -> None:
            self._fail()
            if self.stages:
                self._world.current[delivery.client.name] = (delivery.id, delivery.secret.reveal())
                self._world.staged.pop(delivery.id, None)
            else:
                self._world.told[delivery.id] = (delivery.client.name, delivery.secret.reveal())

        self._world.act(store)

    def stage(self, delivery: SecretDelivery) -> None:
        def keep() -> None:
            self._fail()
            self._world.staged[delivery.id] = (delivery.client.name, delivery.secret.reveal())

        self._world.act(keep)

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        def put() -> bool:
            self._fail()
            if client_id in self._world.staged:
                name, secret = self._world.staged.pop(client_id)
                self._world.current[name] = (client_id, secret)
            return self._world.current.get(client.name, (0, ""))[0] == client_id

        return self.stages and self._world.act(put)

    def forget(self, client: SinkClient, client_id: int) -> None:
        def drop() -> None:
            self._fail()
            if not self.stages:
                self._world.told.pop(client_id, None)
                return
            self._world.staged.pop(client_id, None)
            if self._world.current.get(client.name, (0, ""))[0] == client_id:
                del self._world.current[client.name]

        self._world.act(drop)

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        return [self._world.current.get(each.name, (0, ""))[0] == n if self.stages else None for each, n in clients]

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        return {client_id: name for client_id, (name, _) in self._world.staged.items()} if self.stages else {}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        self._world.staged.pop(client_id, None)

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        return ()

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        return [SinkAnswer(self._held(client.name, client_id)) for client, client_id in clients]

    def holds(self, delivery: SecretDelivery) -> SinkState:
        return SinkState.UNKNOWN

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored | None:
        raise NotImplementedError

    def _held(self, name: str, client_id: int) -> Held:
        if not self.stages:
            return Held.UNKNOWN
        if self._world.current.get(name, (0, ""))[0] == client_id:
            return Held.SAME
        return Held.STAGED if self._world.staged.get(client_id, ("", ""))[0] == name else Held.NOTHING

    def _fail(self) -> None:
        if self.label in self._world.broken:
            raise SinkError("no space left on device")


class Life(RuleBasedStateMachine):
    """From the first declaration to the last clean run."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.world = World()
        self.world.add(spec("PmApi"), by_hand=True)
        self.declared: dict[str, Rotation | None] = {}
        self.runs = 0

    @rule(name=st.sampled_from(NAMES), rotates=st.booleans())
    def declare(self, name: str, rotates: bool) -> None:
        """An entry is added, or its client is to be rotated."""
        rotate = Rotation(self.world.now, timedelta(0), at(9)) if rotates else None
        self.declared[name] = rotate or self.declared.get(name)
        self.world.now += timedelta(seconds=2)

    @rule(name=st.sampled_from(NAMES), exact=st.booleans())
    def make_by_hand(self, name: str, exact: bool) -> None:
        """Somebody makes a client of a name, once."""
        if not any(row.spec.name == name for row in self.world.rows.values()):
            self.world.add(self._wanted(name) if exact else spec(name), by_hand=True)

    @rule()
    def paste_a_mark(self) -> None:
        """Somebody copies the redirect URL of an unfinished create into a client of their own."""
        for begun in self.world.unfinished()[:1]:
            made = self.world.add(spec("Theirs"), by_hand=True)
            row = self.world.rows[made]
            row.spec = ClientSpec("Theirs", row.spec.grants, self.world.rows[begun.id].spec.redirect_urls)
            row.updated_at += timedelta(seconds=5)

    @rule()
    def lose_the_journal(self) -> None:
        """Another machine goes on, more than an hour later."""
        rmtree(Path(self.folder.name) / "staging", ignore_errors=True)
        self.world.now += timedelta(minutes=61)

    @rule(
        dies_after=st.integers(1, 40),
        fault=st.none() | st.tuples(st.integers(2, 8), st.sampled_from(["lost", "unanswered", "refused"])),
        broken=st.sampled_from([frozenset[str](), frozenset({label_of(SINKS[0])}), frozenset({label_of(SINKS[1])})]),
    )
    def run_in_a_bad_hour(self, dies_after: int, fault: tuple[int, str] | None, broken: frozenset[str]) -> None:
        """`apply --yes`, which dies, or meets a fault."""
        self._run(dies_after, fault, broken)

    @rule()
    def clean_run(self) -> None:
        """`apply --yes`, and nothing gets in its way; then what it says is done, and it is run once more."""
        self.world.now += timedelta(minutes=61)
        for _ in NAMES:
            planned = self._run()
            assert planned is not None
            for doubt in planned.plan.blocked:
                assert doubt.reason.code == "successor-not-delivered", doubt
                self._remove_the_successor(doubt.name)
        planned = self._planned()
        assert not is_pending(planned), planned.plan
        assert not planned.plan.blocked
        for name in self.declared:
            self._demand_its_secret(name)
        assert not self.world.staged

    def teardown(self) -> None:
        try:
            self.clean_run()
        finally:
            self.folder.cleanup()

    def _remove_the_successor(self, name: str) -> None:
        newest = max(number for number, row in self.world.rows.items() if row.spec.name == name)
        assert not self.world.rows[newest].by_hand
        del self.world.rows[newest]

    def _demand_its_secret(self, name: str) -> None:
        [(number, row)] = [(n, row) for n, row in self.world.rows.items() if row.spec.name == name]
        assert row.spec == self._wanted(name)
        if row.by_hand:
            return  # nobody but its maker has ever seen its secret
        assert self.world.current[name] == (number, row.secret)
        assert self.world.told[number] == (name, row.secret)

    def _wanted(self, name: str) -> ClientSpec:
        return spec(name, Grant.AUTHORIZATION_CODE, PASSWORD)

    def _deliverer(self) -> Deliverer:
        resolver = RecipientResolver(SINKS, {}, lambda path: None)
        return Deliverer([MemorySink(self.world, each) for each in SINKS], resolver=resolver)

    def _planned(self) -> Planned:
        entries = tuple(
            present(self._wanted(name), line=number * 10 + 1, rotate=rotate)
            for number, (name, rotate) in enumerate(self.declared.items())
        )
        declarations = Declarations(entries)
        journal = Path(self.folder.name)
        request = PlanRequest(
            SETTINGS,
            InstanceDeclarations({"staging": lambda: declarations}),
            [INSTANCE],
            Options({}),
            own_nonces=nonces_in(journal),
        )
        listing = Once(self.world).list_clients()
        planned = plan_listing(request, INSTANCE, listing, Once(self.world))
        pairs = deliverable_pairs(declarations, listing, plan_policy(request, INSTANCE))
        past = past_deliveries(journal)(INSTANCE)
        sources = DeliverySources(past, DeliveryProof(past, lambda _: True), listing)
        return add_deliveries(planned, pairs, self._deliverer(), sources, Options({}))

    def _run(
        self, left: int | None = None, fault: tuple[int, str] | None = None, broken: frozenset[str] = frozenset()
    ) -> Planned | None:
        """A run; None if it did not come to an end."""
        self.runs += 1
        self.world.now += timedelta(seconds=2)
        before = dict(self.world.rows)
        self.world.left, self.world.fault, self.world.broken = left, fault, broken
        planned, ended = None, False
        with suppress(Death, GatewayError):
            planned = self._planned()
            assert not planned.refusals
            if is_pending(planned):
                targets = delivery_targets(self._deliverer(), planned)
                self._writing().write(INSTANCE, planned.plan, Once(self.world), targets=targets, capabilities=NEWEST)
            ended = True
        self.world.left, self.world.fault, self.world.broken = None, None, frozenset()
        self._demand_that_only_ours_are_gone(before, planned)
        return planned if ended else None

    def _demand_that_only_ours_are_gone(self, before: dict[int, Row], planned: Planned | None) -> None:
        deletes = [change for change in planned.plan.changes if isinstance(change, Delete)] if planned else []
        for number, row in before.items():
            if number in self.world.rows:
                continue
            if row.by_hand or read_mark(row.spec.redirect_urls, row.spec.name) is None:
                assert number in [change.id for change in deletes], f"client {number} was deleted unasked"
                name = row.spec.name
                last = max(other for other, each in self.world.rows.items() if each.spec.name == name)
                assert self.world.current[name] == (last, self.world.rows[last].secret)
                assert self.world.told[last] == (name, self.world.rows[last].secret)

    def _writing(self) -> Run:
        folder = Path(self.folder.name)
        return Run(
            name=f"{self.world.now:%Y%m%dT%H%M%SZ}-{self.runs:06x}",
            origin=RunOrigin("somebody@laptop"),
            journal=folder,
            locks=folder,
            now=self._tick,
            on_progress=lambda *_: None,
            stop=lambda: False,
            parallelism=1,
        )

    def _tick(self) -> datetime:
        """The time of a line in the journal, which is as good a moment to die as any."""
        return self.world.act(lambda: self.world.now)


@pytest.mark.repeated
def test_whatever_happens_no_secret_is_lost_and_nothing_of_others_is_deleted() -> None:
    """500 lives in the thorough tier."""
    run_state_machine_as_test(Life, settings=examples(5, steps=10))
