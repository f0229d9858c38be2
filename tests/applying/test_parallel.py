"""Several writes at once: how many, in which order, and who hears of them. Requests wait at a gate, not for a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.apply import apply_plan, never_stop
from reconciler.applying.events import ChangeAnswered, ChangeStarted, ProgressEvent
from reconciler.applying.report import Applied, DeliveryResult, Failed, Report, Skipped, is_complete
from reconciler.model.clients import Declarations
from reconciler.model.errors import NotPermitted
from reconciler.planning.plan.plan import Delete, Plan
from reconciler.support.workers import WorkerPool
from tests.builders import PASSWORD, absent, declare, plan_of, present, spec
from tests.memory_gateway import ENOUGH_SECONDS, Fault, Gate, MemoryGateway, Unrecorded, refused_connection, request_for


def creates(count: int) -> Declarations:
    return declare(*(present(f"Made {n:02}") for n in range(count)))


def of_every_kind(count: int) -> tuple[MemoryGateway, Plan]:
    """An instance, and so many updates, creates and deletes."""
    kinds = range(count)
    gateway = MemoryGateway([*(spec(f"Changed {n}") for n in kinds), *(spec(f"Gone {n}") for n in kinds)])
    declared = declare(
        *(present(spec(f"Changed {n}", PASSWORD)) for n in kinds),
        *(present(f"Made {n}") for n in kinds),
        *(absent(f"Gone {n}") for n in kinds),
    )
    return gateway, plan_of(declared, gateway.live)


class Running:
    """An apply in another thread, whose requests wait at a gate until the test lets them through."""

    def __init__(self, gateway: MemoryGateway, gate: Gate, told: list[ProgressEvent], future: Future[Report]) -> None:
        self.gateway = gateway
        self.gate = gate
        self.told = told
        self._future = future

    @property
    def report(self) -> Report:
        """What it reports, as soon as it does."""
        return self._future.result(ENOUGH_SECONDS)


@contextmanager
def running(
    gateway: MemoryGateway, plan: Plan, parallelism: int = 8, stop: Callable[[], bool] = never_stop
) -> Iterator[Running]:
    gate = gateway.gate = Gate()
    told: list[ProgressEvent] = []

    def run() -> Report:
        return apply_plan(
            plan, gateway, journal=Unrecorded(), on_progress=told.append, parallelism=parallelism, stop=stop
        )

    with ThreadPoolExecutor(1) as pool:
        try:
            yield Running(gateway, gate, told, pool.submit(run))
        finally:
            gate.open()


@pytest.mark.parametrize("count", [1, 3, 8, 20])
def test_as_many_writes_are_under_way_as_there_are_up_to_eight(count: int) -> None:
    gateway = MemoryGateway()
    with running(gateway, plan_of(creates(count), gateway.live)) as apply:
        assert len(apply.gate.wait_for(min(8, count))) == min(8, count)
        assert sum(thread.name == "reconciler-worker" for thread in threading.enumerate()) == min(8, count)
        apply.gate.open()
        assert is_complete(apply.report)
        assert apply.gate.most == min(8, count)
    assert len(gateway.requests) == count + 1


@pytest.mark.parametrize("parallelism", [1, 2, 5])
def test_never_more_than_somebody_allows(parallelism: int) -> None:
    gateway = MemoryGateway()
    with running(gateway, plan_of(creates(9), gateway.live), parallelism) as apply:
        for left in range(9, 0, -1):
            waiting = apply.gate.wait_for(min(parallelism, left))
            assert len(waiting) == min(parallelism, left)
            apply.gate.release(waiting[0])
        assert is_complete(apply.report)


def test_no_thread_is_left_behind() -> None:
    gateway, plan = of_every_kind(3)
    apply_plan(plan, gateway, journal=Unrecorded(), on_progress=lambda _: None)
    assert not [thread for thread in threading.enumerate() if thread.name == "reconciler-worker"]


def test_a_kind_starts_only_when_the_one_before_is_answered_to_the_last() -> None:
    gateway, plan = of_every_kind(3)
    with running(gateway, plan) as apply:
        for kind in ("update", "create", "delete"):
            for left in (3, 2, 1):
                waiting = apply.gate.wait_for(left)
                assert {request.split()[0] for request in waiting} == {kind}
                apply.gate.release(waiting[-1])
        assert is_complete(apply.report)
    assert len(gateway.requests) == len(plan.changes) + 1


@given(st.randoms(use_true_random=False), st.integers(1, 5), st.integers(1, 9))
def test_the_report_is_in_plan_order_whoever_is_answered_first(chance: Random, count: int, parallelism: int) -> None:
    gateway, plan = of_every_kind(count)
    with running(gateway, plan, parallelism) as apply:
        for _ in range(3):
            for left in range(count, 0, -1):
                apply.gate.release(chance.choice(apply.gate.wait_for(min(parallelism, left))))
        assert [outcome.change for outcome in apply.report.outcomes] == list(plan.changes)
        assert is_complete(apply.report)
    assert sorted(gateway.done) == sorted(map(request_for, plan.changes))


def test_progress_is_told_as_it_happens_and_by_one_thread() -> None:
    """A write's answer is told while others still wait, so that a terminal can count."""
    gateway = MemoryGateway()
    plan = plan_of(creates(3), gateway.live)
    heard: list[tuple[str, str, int]] = []
    threads: set[int] = set()
    answered = threading.Semaphore(0)

    def on_progress(event: ProgressEvent) -> None:
        threads.add(threading.get_ident())
        assert not isinstance(event, DeliveryResult)
        heard.append((type(event).__name__, event.change.name, len(gateway.done)))
        if isinstance(event, ChangeAnswered):
            answered.release()

    gate = gateway.gate = Gate()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(apply_plan, plan, gateway, journal=Unrecorded(), on_progress=on_progress)
        for number, name in enumerate(("Made 02", "Made 00", "Made 01"), 1):
            gate.wait_for(4 - number)
            gate.release(f"create {name}")
            assert answered.acquire(timeout=ENOUGH_SECONDS)
            # After the last answer the outcomes follow, perhaps before this line.
            assert [each for each in heard if each[0] == "ChangeAnswered"][-1] == ("ChangeAnswered", name, number)
        assert is_complete(future.result(ENOUGH_SECONDS))
    assert [word for word, *_ in heard] == ["ChangeStarted"] * 3 + ["ChangeAnswered"] * 3 + ["Applied"] * 3
    assert len(threads) == 1


def test_when_somebody_says_stop_those_under_way_finish_and_no_other_starts() -> None:
    gateway = MemoryGateway()
    stopped = threading.Event()
    with running(gateway, plan_of(creates(10), gateway.live), 3, stopped.is_set) as apply:
        under_way = apply.gate.wait_for(3)
        stopped.set()
        apply.gate.open()
        report = apply.report
    assert [type(outcome) for outcome in report.outcomes] == [Applied] * 3 + [Skipped] * 7
    assert report.interrupted
    assert sorted(gateway.requests) == sorted([*under_way, "list"])
    assert sum(isinstance(event, ChangeStarted) for event in apply.told) == 3


def test_a_refused_permission_costs_no_more_requests_than_were_under_way() -> None:
    gateway = MemoryGateway()
    gateway.fail("create", Fault(NotPermitted("no")))
    with running(gateway, plan_of(creates(10), gateway.live), 4) as apply:
        apply.gate.wait_for(4)
        apply.gate.open()
        assert [type(outcome) for outcome in apply.report.outcomes] == [Failed] * 4 + [Skipped] * 6
    assert len(gateway.requests) == 4


def test_an_instance_that_is_gone_costs_no_more_requests_than_were_under_way() -> None:
    gateway = MemoryGateway()
    gateway.fail("create", refused_connection())
    with running(gateway, plan_of(creates(30), gateway.live)) as apply:
        apply.gate.wait_for(8)
        apply.gate.open()
        outcomes = apply.report.outcomes
    assert 8 <= gateway.count("create") <= 10
    assert sum(isinstance(outcome, Failed) for outcome in outcomes) == gateway.count("create")


def test_one_failed_update_among_many_holds_every_delete_and_nothing_else() -> None:
    gateway, plan = of_every_kind(6)
    gateway.fail("update 4", refused_connection())
    report = apply_plan(plan, gateway, journal=Unrecorded(), on_progress=lambda _: None)
    assert [type(o) for o in report.outcomes if isinstance(o.change, Delete)] == [Skipped] * 6
    assert sum(isinstance(outcome, Applied) for outcome in report.outcomes) == 11


class _Broken(MemoryGateway):
    def _arrive(self, request: str) -> Fault | None:
        if request == "create Made 02":
            raise RuntimeError("a bug")
        return super()._arrive(request)


def test_a_bug_in_a_thread_comes_through_and_is_not_taken_for_a_failed_write() -> None:
    gateway = _Broken()
    with pytest.raises(RuntimeError, match="a bug"):
        apply_plan(plan_of(creates(9), gateway.live), gateway, journal=Unrecorded(), on_progress=lambda _: None)


def test_a_pool_without_threads_is_refused() -> None:
    with pytest.raises(ValueError, match="size must be at least 1"):
        WorkerPool(0, request_for)
