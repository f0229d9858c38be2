"""Refuse globs of `--only` and `--owner` that match nothing: a typing error must not look like success."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.clients import Declarations
from reconciler.model.errors import WrongUsage
from reconciler.model.names import matches
from reconciler.planning.targets import names_of
from reconciler.results import Planned, PlanResult
from reconciler.support.text import did_you_mean, quoted
from reconciler.workflow.options import one_flag_each
from reconciler.workflow.plan import PlanRequest


def refuse_unmatched(request: PlanRequest, results: Sequence[PlanResult]) -> None:
    """Raise `WrongUsage` for the first glob that matches neither a change nor anything that is declared.

    What is declared for other instances counts too: a shard may have nothing of it. If an instance could not be
    planned, its changes are unknown, and `--only` is not checked.
    """
    options = request.options
    if not request.instances or not (options.only or options.owners):
        return
    declared = [request.declared.of(instance.name) for instance in request.instances]
    plans = [result.plan for result in results if isinstance(result, Planned)]
    owners = {owner for each in declared for owner in _owners(each)}
    _demand("--owner", "owner", options.owners, owners)
    if len(plans) == len(request.instances):
        changed = {name for plan in plans for change in plan.changes for name in names_of(change)}
        _demand("--only", "client", options.only, changed.union(*map(declared_names, declared)))


def _demand(flag: str, noun: str, globs: Iterable[str], known: set[str]) -> None:
    for glob in globs:
        if not any(matches(glob, each) for each in known):
            text = f"{flag} {quoted(glob)} matches no change, and no declared {noun}"
            each_one = one_flag_each(flag, glob, lambda part: any(matches(part, name) for name in known))
            raise WrongUsage(
                text, each_one or did_you_mean(glob, sorted(known)) or f"a glob is for the whole {noun}: '*part*'"
            )


def declared_names(declared: Declarations) -> Iterator[str]:
    """All names that the declarations have for clients, also previous ones."""
    for client in declared.present:
        yield from (client.name, *client.previous_names)
    yield from (client.name for client in declared.absent)
    yield from (client.name for client in declared.elsewhere)


def _owners(declared: Declarations) -> Iterator[str]:
    found = [client.owner for client in declared.present]
    found += [client.owner for client in declared.absent]
    found += [client.owner for client in declared.elsewhere]
    yield from (owner for owner in found if owner is not None)
