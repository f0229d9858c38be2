"""Observe instances, and plan from observations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from reconciler.live.observation import Observation, ObservationAge, observation_of
from reconciler.live.ownership import ask_owner_only
from reconciler.model.errors import ReconcilerError
from reconciler.model.settings import Instance
from reconciler.results import PlanResult, Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import printable
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.listing import list_clients
from reconciler.workflow.options import Options
from reconciler.workflow.parallel import CancelToken, Watch, map_parallel, unwatched
from reconciler.workflow.plan import PlanRequest, plan_listing, with_deliveries


@frozen
class Observed:
    """An instance and its observation."""

    instance: Instance
    observation: Observation


ObserveResult = Observed | Stopped


def observe_instances(
    instances: Sequence[Instance],
    options: Options,
    parallelism: int,
    now: Callable[[], datetime],
    watch: Watch = unwatched,
) -> list[ObserveResult]:
    """Observe each instance once, `parallelism` at a time; one that fails does not stop the others."""
    cancel_token = CancelToken()
    sessions = Sessions(options.environ, options.timeout, stop=cancel_token)

    def observe_one(instance: Instance) -> ObserveResult:
        try:
            with watch(instance.name):
                return Observed(instance, _observe(instance, sessions, now))
        except ReconcilerError as problem:
            return Stopped(instance, problem)

    return map_parallel(instances, observe_one, parallelism, cancel_token)


def plan_observed(
    request: PlanRequest,
    observations: Sequence[Observation],
    files: Mapping[str, str],
    looked_in: str,
    now: datetime,
) -> Iterator[PlanResult]:
    """Plan each instance from its observation, without requests or credentials.

    `files` are those of the observations, by instance, `looked_in` all of them as text; `now` is the time from which
    the age of an observation is counted.
    """
    for instance in request.instances:
        try:
            seen = observation_of(observations, instance, looked_in)
            planned = plan_listing(request, instance, seen.listing)
            planned = with_deliveries(request, planned, seen.listing, observed=True) if instance.sinks else planned
        except ReconcilerError as problem:
            yield Stopped(instance, problem)
            continue
        yield replace(planned, as_of=_age(seen, files[instance.name], now))


def _age(seen: Observation, file: str, now: datetime) -> ObservationAge:
    return ObservationAge(seen.observed_at, now - seen.observed_at, printable(file))


def _observe(instance: Instance, sessions: Sessions, now: Callable[[], datetime]) -> Observation:
    with ExitStack() as stack:
        gateway = sessions.open(instance, stack)
        # Before the request: what changes while the instance answers is newer than the observation says.
        began_at = now().replace(microsecond=0)
        listing = ask_owner_only(gateway, list_clients(gateway, instance))
        # The dates in the listing are by the instance's clock, and so is the time to compare them with.
        return Observation(instance.name, instance.identity, listing.at or began_at, listing)
