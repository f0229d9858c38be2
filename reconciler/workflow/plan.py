"""Plan instances: observe, compare, check the guards. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.live.gateway import Gateway
from reconciler.model.clients import Listing
from reconciler.model.diagnostics import Diagnostic
from reconciler.model.errors import ReconcilerError, SinkError
from reconciler.model.settings import Instance, Limits, Settings
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Note, Plan, Update
from reconciler.planning.supported import SecretKeeping
from reconciler.planning.targets import limit_to_targets
from reconciler.results import Planned, PlanResult, Stopped
from reconciler.support.frozen import frozen
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.listing import list_clients, with_upgrade_noticed
from reconciler.workflow.options import Options
from reconciler.workflow.parallel import CancelToken, Watch, map_parallel, unwatched

if TYPE_CHECKING:
    from reconciler.planning.drift.base import Base
    from reconciler.secrets.delivery import JournalLookup
    from reconciler.workflow.delivery.new_recipients import EarlierRecipients


def always_applied(_: Instance) -> bool:
    """The answer where nobody asks: every instance was applied to before."""
    return True


def all_ours(_: Instance) -> Callable[[Update], bool]:
    """The answer where nobody looked at past applies."""
    return lambda update: True


def nothing_known(_: Instance) -> JournalLookup:
    """The lookup without journals: no delivery is known."""
    return lambda label, client, client_id: None


def nothing_trusted(_: Path) -> bool:
    """The answer where nobody looked: a pull request may have written any file."""
    return False


def no_marks(_: Instance) -> Set[str]:
    """The nonces without journals: every mark is somebody else's."""
    return frozenset()


@frozen
class PlanRequest:
    """What to plan: the settings, what is declared for each instance, and which instances."""

    settings: Settings
    declared: InstanceDeclarations
    instances: Sequence[Instance]
    options: Options
    bases: Mapping[str, Base | ReconcilerError] = field(default_factory=dict)
    """What was declared for each instance at the base, or why that is unknown; empty if no base is requested."""
    configuration: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    """How the work tree's settings differ from the trusted ones, by instance."""
    warnings: tuple[Diagnostic, ...] = ()
    """The warnings about the files; they stop nothing."""

    was_applied: Callable[[Instance], bool] = always_applied
    """Whether an apply to an instance is known: without one, whatever is overwritten is somebody's own."""
    is_ours: Callable[[Instance], Callable[[Update], bool]] = all_ours
    """Whether a known apply to the instance was of the client that an update changes."""
    past_deliveries: Callable[[Instance], JournalLookup] = nothing_known
    """What journals say of past deliveries."""
    trusted_past: Callable[[Instance], JournalLookup] = nothing_known
    """What those journals say of past deliveries that no pull request can have written."""
    is_trusted: Callable[[Path], bool] = nothing_trusted
    """Whether no pull request can have written a file, since the commit does not have it."""
    own_nonces: Callable[[Instance], Set[str]] = no_marks
    """The nonces of the marks that past runs wrote down in the journals here, for each instance."""
    earlier: Callable[[Instance, Base], EarlierRecipients] | None = None
    """Who gets secrets by the files of an instance's base; None if no base is requested, or there are no sinks."""


def plan_instances(request: PlanRequest, parallelism: int, watch: Watch = unwatched) -> list[PlanResult]:
    """Plan the instances, `parallelism` at a time, in their order; one that fails does not stop the others."""
    cancel_token = CancelToken()
    sessions = Sessions(request.options.environ, request.options.timeout, stop=cancel_token)

    def plan_one(instance: Instance) -> PlanResult:
        with watch(instance.name), ExitStack() as stack:
            return attempt(request, instance, sessions, stack)[0]

    return map_parallel(request.instances, plan_one, parallelism, cancel_token)


def attempt(
    request: PlanRequest, instance: Instance, sessions: Sessions, stack: ExitStack
) -> tuple[PlanResult, Gateway | None]:
    """Plan an instance; return the plan and the gateway used for it, or why there is none."""
    try:
        base_of(request, instance)  # before the login, which would be for nothing
        request.declared.compute(instance.name)  # before the listing is read, so that memory never holds both
        gateway = sessions.open(instance, stack)
        return plan_instance(request, instance, gateway), gateway
    except ReconcilerError as problem:
        return Stopped(instance, problem), None


def plan_instance(request: PlanRequest, instance: Instance, gateway: Gateway) -> Planned:
    """Observe an instance once, plan, and check the guards. Raises a `GatewayError`."""
    listing = list_clients(gateway, instance)
    planned = plan_listing(request, instance, listing, gateway)
    return with_deliveries(request, planned, listing) if instance.sinks else planned


def with_deliveries(request: PlanRequest, planned: Planned, listing: Listing, *, observed: bool = False) -> Planned:
    """Add to the plan who gets secrets. Reads files, runs no programs of sinks. `observed` is for a plan without them.

    The guards are checked again: new recipients are changes.
    """
    from reconciler.workflow.delivery.deliveries import deliverer_of, unusable
    from reconciler.workflow.delivery.new_recipients import DeliverySources, add_deliveries, deliverable_pairs
    from reconciler.workflow.delivery.unfinished import DeliveryProof

    instance, options = planned.instance, request.options
    base = base_of(request, instance)
    earlier = request.earlier(instance, base) if request.earlier is not None and base is not None else None
    proof = DeliveryProof(request.trusted_past(instance), request.is_trusted)
    sources = DeliverySources(request.past_deliveries(instance), proof, listing, earlier, observed)
    pairs = deliverable_pairs(request.declared.of(instance.name), listing, plan_policy(request, instance))
    try:
        found = add_deliveries(planned, pairs, deliverer_of(instance, request.settings, options), sources, options)
    except SinkError as problem:
        return replace(planned, refusals=(*planned.refusals, unusable(problem)))
    in_force = guards(request.settings, instance, options, listing)
    return replace(found, refusals=refusals(found.plan, in_force))


def plan_listing(request: PlanRequest, instance: Instance, listing: Listing, gateway: Gateway | None = None) -> Planned:
    """Plan an instance from a listing, and check the guards.

    Where a version lets only a client's creator change it, `gateway` is asked; without one, the plan says so.
    """
    settings = request.settings
    if listing.unfinished:
        from reconciler.planning.delivery.resume import with_own_marks  # for few instances

        listing = with_own_marks(listing, request.own_nonces(instance))
    made = make_plan(
        request.declared.of(instance.name), listing, plan_policy(request, instance), base_of(request, instance)
    )
    if any(each.note is None and not each.system for each in made.unmanaged):
        from reconciler.exporting.judge_entries import note_not_declarable  # once all is declared, nobody needs it

        made = note_not_declarable(made, listing, instance, settings)
    full = replace(made, configuration=(*made.configuration, *request.configuration.get(instance.name, ())))
    # Before the guards: they check what would be written.
    plan = limit_to_targets(full, request.options.only, request.options.owners)
    if any(isinstance(change, Update) for change in plan.changes):
        plan = _with_adoptions(request, instance, plan)
    if listing.unfinished and request.options.discard_secrets:
        from reconciler.planning.delivery.resume import finishing_without_sinks

        plan = finishing_without_sinks(plan, [sink.scope for sink in instance.sinks])
    if gateway is not None:
        listing = with_upgrade_noticed(plan, listing, gateway)
    if plan.changes and listing.capabilities.owner_only is not False:
        from reconciler.workflow.ownership import check_ownership  # for few versions

        plan = check_ownership(plan, gateway, listing)
    if plan.changes and listing.capabilities.newest_issues_tokens:
        from reconciler.planning.issuer import with_issuer  # for few versions

        plan = with_issuer(plan, listing)
    found = refusals(plan, guards(settings, instance, request.options, listing))
    return Planned(instance, plan, found, capabilities=listing.capabilities)


def _with_adoptions(request: PlanRequest, instance: Instance, plan: Plan) -> Plan:
    from reconciler.planning.notes.adoptions import note_adoptions  # where nothing is overwritten, nobody needs it

    base = base_of(request, instance)
    if base is not None:
        return note_adoptions(plan, base.declares, "the base does not declare it")
    if not request.was_applied(instance):
        return note_adoptions(plan, lambda _: False, "no apply to this instance is known here")
    return note_adoptions(plan, request.is_ours(instance), "no apply that is known here declared it")


def plan_policy(request: PlanRequest, instance: Instance) -> PlanPolicy:
    """The policy to plan an instance with."""
    return PlanPolicy(
        instance=instance.name,
        identity=instance.identity,
        ignore=request.settings.ignore,
        protected=request.settings.protected,
        system_clients=instance.system_clients,
        prune=request.options.prune,
        on_drift=request.options.on_drift,
    )


def base_of(request: PlanRequest, instance: Instance) -> Base | None:
    """What was declared for an instance at the base; None if no base is requested. Raises why it is unknown."""
    base = request.bases.get(instance.name)
    if isinstance(base, ReconcilerError):
        raise base
    return base


def guards(settings: Settings, instance: Instance, options: Options, live: Listing) -> Guards:
    """The guards of an instance in this run, for a plan that is made from, or compared with, this listing."""
    return Guards(
        limits=_limits(instance.limits, options.limits),
        protected=settings.protected,
        system_clients=instance.system_clients,
        expect_system_clients=instance.expect_system_clients,
        frozen=instance.frozen,
        sinks=tuple(sink.scope for sink in instance.sinks),
        discard_secrets=options.discard_secrets,
        capabilities=live.capabilities,
        platform=instance.platform,
        live=live,
    )


def secret_keeping(instance: Instance, options: Options) -> SecretKeeping:
    """What becomes of the secrets of clients that are created on an instance."""
    return SecretKeeping(tuple(sink.scope for sink in instance.sinks), options.discard_secrets)


def _limits(configured: Limits, flags: Limits) -> Limits:
    return Limits(
        creates=configured.creates if flags.creates is None else flags.creates,
        updates=configured.updates if flags.updates is None else flags.updates,
        deletes=configured.deletes if flags.deletes is None else flags.deletes,
        deliveries=configured.deliveries if flags.deliveries is None else flags.deliveries,
        issuer_changes=configured.issuer_changes if flags.issuer_changes is None else flags.issuer_changes,
    )
