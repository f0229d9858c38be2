"""Guards: reasons to refuse a plan. They run before the first write, and report every reason at once."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import assert_never

from reconciler.model.clients import Grant, Listing
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.names import is_system_client, matches
from reconciler.model.settings import Limits, SinkScope
from reconciler.planning.drift.origins import has_drift, origin_text
from reconciler.planning.plan.plan import Change, Create, Delete, Deliver, OnDrift, Plan, Update
from reconciler.planning.refusal import Refusal as Refusal  # noqa: PLC0414  (re-exported for users of this module)
from reconciler.planning.supported import SecretKeeping, unsupported_refusals
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted


@frozen
class Guards:
    """What an instance allows. `protected` and `system_clients` are globs."""

    limits: Limits
    protected: tuple[str, ...] = ()
    system_clients: tuple[str, ...] = ()
    expect_system_clients: bool = True
    frozen: str | None = None
    """The reason why nothing may be written, or None."""
    sinks: tuple[SinkScope, ...] = ()
    """Which clients have a sink that gets their secret."""
    discard_secrets: bool = False
    """Whether a new secret that nobody gets is meant."""
    capabilities: Capabilities = UP_TO_4_15
    """What the instance's version of the platform can do."""
    platform: str | None = None
    """The version that `platform:` promises, or None."""
    live: Listing | None = None
    """The live clients, for what depends on all of them; None if that is not to be judged."""

    @property
    def keeping(self) -> SecretKeeping:
        """What becomes of the secrets of new clients."""
        return SecretKeeping(self.sinks, self.discard_secrets)


def refusals(plan: Plan, guards: Guards) -> tuple[Refusal, ...]:
    """Every reason not to apply the plan, in a fixed order; none for a plan without changes."""
    if not plan.has_changes:
        return ()
    return (
        *_frozen(guards),
        *_empty_listing(plan, guards),
        *unsupported_refusals(plan, guards.capabilities, guards.platform, guards.keeping),
        *_nothing_declared(plan),
        *_protected(plan, guards.protected),
        *_system_clients(plan, guards.system_clients),
        *_system_deliveries(plan, guards.system_clients),
        *_undelivered(plan, guards.sinks),
        *_limits(plan, guards.limits),
        *_issuer(plan, guards),
        *_drift(plan),
    )


def _frozen(guards: Guards) -> Iterator[Refusal]:
    if guards.frozen is not None:
        text = f"the instance is frozen: {guards.frozen}"
        yield Refusal("frozen", text, "when the reason is gone, remove `frozen:` from reconciler.yaml")


def _empty_listing(plan: Plan, guards: Guards) -> Iterator[Refusal]:
    """Refuse an empty listing as implausible: every installation has its system clients."""
    if plan.live == 0 and guards.expect_system_clients:
        text = "the instance lists no client at all, not even those that the platform installs"
        way_out = "check the URL; if it is correct, set `expect_system_clients: false` for it in reconciler.yaml"
        yield Refusal("empty-listing", text, way_out)


def _nothing_declared(plan: Plan) -> Iterator[Refusal]:
    pruned = sum(isinstance(change, Delete) and change.is_prune for change in plan.changes)
    if pruned and plan.declared_present == 0:
        text = f"nothing is declared for this instance, and pruning would delete {_count(pruned, 'client')}"
        way_out = "check --clients and `instances:`; no flag allows this: to delete anyway, use `state: absent`"
        yield Refusal("nothing-declared", text, way_out)


def _protected(plan: Plan, globs: Sequence[str]) -> Iterator[Refusal]:
    for change in plan.changes if globs else ():
        # In a rotation, a client with this name remains: the successor.
        if not isinstance(change, Create) and not _has_successor(change, plan):
            covering = [glob for glob in globs if matches(glob, change.before.name)]
            yield from _protection(change, covering) if covering else ()


def _has_successor(change: Update | Delete, plan: Plan) -> bool:
    """Whether it deletes the old client of a rotation whose successor is live or created by the same plan."""
    if not (isinstance(change, Delete) and change.is_rotation):
        return False
    return change.successor in plan.live_ids or any(
        isinstance(each, Create) and each.replaces is not None and each.replaces.id == change.id
        for each in plan.changes
    )


def _protection(change: Update | Delete, covering: Sequence[str]) -> Iterator[Refusal]:
    who = f"{_named(change)} is protected by {', '.join(map(quoted, covering))}"
    if isinstance(change, Delete):
        yield Refusal("protected", f"{who}, and would be deleted", _keep_it(change), change.source)
    elif not any(matches(glob, change.after.name) for glob in covering):
        text = f"{who}, and would be renamed to {quoted(change.after.name)}"
        way_out = "keep the name within the pattern, or change `protected:` in reconciler.yaml"
        yield Refusal("protected", text, way_out, change.source)


def _keep_it(delete: Delete) -> str:
    if delete.is_prune:
        return "declare it, put it under `ignore:`, or change `protected:` in reconciler.yaml"
    return "remove the entry, or change `protected:` in reconciler.yaml"


def _system_clients(plan: Plan, globs: Sequence[str]) -> Iterator[Refusal]:
    for change in plan.changes:
        if not is_system_client(change.name if isinstance(change, Create) else change.before.name, globs):
            continue
        for harm in _harms(change):
            text = f"{_named(change)} is one that the platform needs, and {harm}"
            way_out = "no flag allows this: remove it from the declarations; the Auth Clients page can do it"
            yield Refusal("system-client", text, way_out, change.source)


def _system_deliveries(plan: Plan, globs: Sequence[str]) -> Iterator[Refusal]:
    for each in (*plan.deliveries, *plan.again):
        if is_system_client(each.name, globs):
            text = f"client {each.id}, {quoted(each.name)}, is one that the platform needs, and would be delivered"
            yield Refusal("system-client", text, "no flag allows this: nobody gets its secret", each.source)


def _harms(change: Change) -> Iterator[str]:
    if isinstance(change, Create):
        yield from ["would be replaced by another client"] if change.replaces else ()
        return
    if isinstance(change, Delete):
        yield "would be deleted"
        return
    if change.is_rename:
        yield f"would be renamed to {quoted(change.after.name)}"
    lost = change.before.grants - change.after.grants
    for grant in (each for each in Grant if each in lost):
        yield f"would lose its grant {grant}"


def _undelivered(plan: Plan, sinks: Sequence[SinkScope]) -> Iterator[Refusal]:
    """Refuse a rotation where the old secret stops working at once and no sink gets the new one."""
    for change in plan.changes:
        if not isinstance(change, Create) or change.replaces is None or change.replaces.keep_old:
            continue
        if not any(sink.covers(change.name, change.owner) for sink in sinks):
            who = f"the secret of {_named(change)} would stop working at once"
            text = f"{who}, and nobody would get the new one: no sink covers it"
            by_hand = "set `keep_old:` to the time needed to fetch the new one from the Auth Clients page"
            way_out = f"add a sink that covers it under `sinks:` in reconciler.yaml; or {by_hand}"
            yield Refusal("rotation-undelivered", text, way_out, change.source)


def _limits(plan: Plan, limits: Limits) -> Iterator[Refusal]:
    kinds = Counter(map(type, plan.changes))
    for planned, verb, most in (
        (kinds[Create], "create", limits.creates),
        (kinds[Update], "update", limits.updates),
        (kinds[Delete], "delete", limits.deletes),
    ):
        if most is not None and planned > most:
            text = f"{_count(planned, verb)} planned, and the limit is {most}"
            way_out = f"if all of them are intended, allow exactly this: --max-{verb}s {planned}"
            yield Refusal(f"limit-{verb}s", text, way_out)
    delivered = len({each.id for each in plan.deliveries})
    if limits.deliveries is not None and delivered > limits.deliveries:
        text = f"the secrets of {_count(delivered, 'client')} get a new recipient, and the limit is {limits.deliveries}"
        way_out = f"if all of them are intended, allow exactly this: --max-deliveries {delivered}"
        yield Refusal("limit-deliveries", text, way_out)


def _issuer(plan: Plan, guards: Guards) -> Iterator[Refusal]:
    if guards.live is not None and guards.capabilities.newest_issues_tokens:
        from reconciler.planning.issuer import issuer_refusals  # for few versions

        yield from issuer_refusals(plan, guards.live, guards.limits.issuer_changes)


def _drift(plan: Plan) -> Iterator[Refusal]:
    """Refuse to undo manual changes on the instance unless `--on-drift` says so."""
    if plan.on_drift is not OnDrift.REFUSE:
        return
    for change in plan.changes:
        if has_drift(change):
            text = f"{quoted(change.name)}: {origin_text(change)}"
            yield Refusal("drift", text, _about_drift(change, plan.instance), change.source)


def _about_drift(change: Change, instance: str) -> str:
    match change:
        case Create():
            again = "--on-drift revert creates it again, with a new id and secret; --on-drift keep leaves it deleted"
            return f"remove the entry if it should stay deleted; or {again}"
        case Delete():
            return "declare it if it should stay; or --on-drift revert deletes it, --on-drift keep leaves it"
        case Update(before=before):
            command = ["reconciler", "export", "--update", "--accept", before.name, "--instance", instance]
            both = "--on-drift revert undoes the change there, --on-drift keep leaves it"
            return f"accept it into the files: {printable(shlex.join(command))}; or {both}"
        case _:
            assert_never(change)


def rotation_not_declared(change: Create | Delete, text: str, instance: str) -> Refusal:
    """A saved plan claims a rotation, or a part of it, for which today's declarations do not ask."""
    return Refusal("rotation-not-declared", text, _plan_again(instance), change.source)


def delivery_not_declared(change: Change | Deliver, text: str, instance: str) -> Refusal:
    """A saved plan claims an owner or recipients that today's files do not have."""
    return Refusal("delivery-not-declared", text, _plan_again(instance), change.source)


def prune_declared(change: Delete, text: str, instance: str) -> Refusal:
    """A saved plan prunes a client that today's declarations mean."""
    return Refusal("prune-declared", text, _plan_again(instance), change.source)


def _plan_again(instance: str) -> str:
    return f"plan again, and read it: reconciler plan --instance {instance} -o FILE"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _named(change: Change) -> str:
    if not isinstance(change, Create):
        return f"client {change.id}, {quoted(change.before.name)},"
    return f"client {change.replaces.id}, {quoted(change.name)}," if change.replaces else quoted(change.name)
