"""Observe instances, and export what is live as entries that `validate` accepts and whose plan is empty."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from reconciler.exporting.entries import Export, InstanceListing, export_clients
from reconciler.exporting.judge_entries import judge_items
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.names import matches
from reconciler.model.settings import Instance, Settings
from reconciler.results import Stopped
from reconciler.support.text import enumeration
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.listing import list_clients
from reconciler.workflow.options import Options
from reconciler.workflow.parallel import CancelToken, Watch, map_parallel, unwatched


def observe_all(
    instances: Sequence[Instance], options: Options, parallelism: int, watch: Watch = unwatched
) -> list[InstanceListing | Stopped]:
    """Observe each instance once, `parallelism` at a time, in their order; a failure does not stop the others."""
    cancel_token = CancelToken()
    sessions = Sessions(options.environ, options.timeout, stop=cancel_token)

    def look(instance: Instance) -> InstanceListing | Stopped:
        with watch(instance.name):
            return _look(instance, sessions)

    return map_parallel(instances, look, parallelism, cancel_token)


def export(seen: Sequence[InstanceListing], settings: Settings, *, system: bool = False) -> Export:
    """Export what is live as entries, instances in configured order; waive or withhold all that the rules refuse.

    Raises `Refused` for an implausibly empty listing, or if no entry can be for one of the instances alone.
    """
    order = [instance.name for instance in settings.instances]
    in_order = sorted(seen, key=lambda look: order.index(look.instance.name))
    for look in in_order:
        refuse_implausible(look, order)
    found = export_clients(in_order, settings.ignore, system=system)
    judged = judge_items(found.items, settings, [look.instance for look in in_order])
    return replace(found, items=judged)


def refuse_implausible(look: InstanceListing, configured: Sequence[str]) -> None:
    """Raise `Refused` for an implausibly empty listing, or if no entry can be for this instance alone.

    `configured` are the names of all instances.
    """
    _refuse_nothing(look)
    _refuse_namesakes(look.instance, configured)


def _look(instance: Instance, sessions: Sessions) -> InstanceListing | Stopped:
    with ExitStack() as stack:
        try:
            return InstanceListing(instance, list_clients(sessions.open(instance, stack), instance))
        except ReconcilerError as problem:
            return Stopped(instance, problem)


def _refuse_nothing(look: InstanceListing) -> None:
    empty = not (look.listing.clients or look.listing.unsupported)
    if empty and look.instance.expect_system_clients:
        name = look.instance.name
        raise Refused(
            f"{name} lists no client at all, not even those that the platform installs",
            "check the URL; if it is correct, set `expect_system_clients: false` for it in reconciler.yaml",
        )


def _refuse_namesakes(instance: Instance, configured: Sequence[str]) -> None:
    namesakes = [name for name in configured if matches(instance.name, name)]
    if len(namesakes) > 1:
        alike = enumeration(namesakes)
        text = f"the instances {alike} differ only in case, so that an entry for one is for the others too"
        raise Refused(text, "give them other names in reconciler.yaml")
