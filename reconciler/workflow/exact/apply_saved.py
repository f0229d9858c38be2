"""Apply exactly one given plan, or nothing: a saved plan, or the rollback of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from reconciler.applying.report import Report
from reconciler.live.gateway import Gateway
from reconciler.model.clients import Declarations, Listing
from reconciler.model.diagnostics import Severity
from reconciler.model.errors import Interrupted, ReconcilerError, Refused, SinkError
from reconciler.model.settings import Instance, Settings
from reconciler.planning.decide import PlanPolicy
from reconciler.planning.delivery.resume import finishing_without_sinks, with_own_marks
from reconciler.planning.delivery.retirement import retirement_refusals
from reconciler.planning.guard import Refusal, refusals
from reconciler.planning.issuer import claim_refusals, issuer_change, with_issuer
from reconciler.planning.ownership import foreign_refusals
from reconciler.planning.plan.plan import Change, Create, Delete, Deliver, Plan
from reconciler.planning.planfile.claims import check_claims, needs_declarations
from reconciler.planning.planfile.delivery_claims import check_deliveries, delivers
from reconciler.planning.planfile.stale import Ready, Stale, reconcile_saved, stale_refusals
from reconciler.results import ApplyResult, Finished, Planned, Stopped, is_pending
from reconciler.secrets.delivery import Deliverer
from reconciler.support.frozen import frozen
from reconciler.support.text import printable
from reconciler.workflow.apply import lock, writing_sessions
from reconciler.workflow.delivery.deliveries import (
    client_of,
    deliverer_of,
    delivery_targets,
    mask_refusals,
    needs_sinks,
    past_deliveries,
    sink_refusals,
    unusable,
    with_recipients,
)
from reconciler.workflow.delivery.new_recipients import declared_today, deliverable_pairs
from reconciler.workflow.delivery.unfinished import (
    delivered_successor,
    finish_what_sinks_have,
    nonces_in,
)
from reconciler.workflow.exact.missing import KnownClient, MissingSources, lacking, lost_secrets, made_by, proof_in
from reconciler.workflow.listing import list_clients, with_upgrade_noticed
from reconciler.workflow.options import Options, ProjectFiles
from reconciler.workflow.ownership import foreign_ids, with_create_checks
from reconciler.workflow.plan import guards, secret_keeping
from reconciler.workflow.revisions.committed import not_in_commit
from reconciler.workflow.run import Run
from reconciler.workflow.validate import validate_declarations


@frozen
class ExactPlan:
    """What to write: this plan, to this instance, under the current guards."""

    settings: Settings
    instance: Instance
    plan: Callable[[Listing], Plan]
    """Returns the plan for a listing: a plan that was not made from one needs to know which clients there are."""
    options: Options
    digest: str | None = None
    """The digest of the saved plan."""
    takes_time: bool = False
    """Whether a person is asked, so that the instance is observed again afterwards."""
    when_stale: str | None = None
    """The fix for a stale plan, where it is not to plan again."""
    declared: Declarations = Declarations()
    """Today's declarations, where the plan makes claims about them; else nothing."""


def makes_claims(plan: Plan, instance: Instance) -> bool:
    """Whether the plan can only be judged with today's declarations: by its changes, or by who gets secrets."""
    return needs_declarations(plan) or _delivers(plan, instance)


def _delivers(plan: Plan, instance: Instance) -> bool:
    claimed = bool(plan.deliveries or plan.again) or any(change.recipients for change in plan.changes)
    return claimed or (bool(instance.sinks) and delivers(plan))


def declarations_for(plan: Plan, files: ProjectFiles, settings: Settings, instance: Instance) -> Declarations:
    """Load today's declarations if the plan makes claims about them; else nothing. Raises `Refused` if that fails."""
    if not makes_claims(plan, instance):
        return Declarations()
    checked = validate_declarations(files, settings, [instance])
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    if not errors:
        return checked.declared.of(instance.name)
    first = f"{printable(str(errors[0].location))}: {errors[0].message}"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    what = "prunes or rotates clients" if needs_declarations(plan) else "delivers secrets"
    text = f"the saved plan {what}: that is checked against today's declarations, which cannot be loaded"
    hint = "check out the declarations beside reconciler.yaml, or name their folder in RECONCILER_CLIENTS"
    raise Refused(f"{text}: {first}{more}", f"{hint}; to see every problem: reconciler validate")


def apply_exact_plan(request: ExactPlan, approve: Callable[[Planned], bool], run: Run) -> ApplyResult:
    """Apply the plan if nothing that it depends on has changed; changes that are live already are left out.

    For this the instance is observed. `approve` is called afterwards, unless the plan is refused.
    """
    with ExitStack() as stack:
        try:
            lock(request.instance, stack, run)
            return _apply(request, approve, run, stack)
        except ReconcilerError as problem:
            return Stopped(request.instance, problem)


def _apply(request: ExactPlan, approve: Callable[[Planned], bool], run: Run, stack: ExitStack) -> ApplyResult:
    gateway = writing_sessions(request.options, run).open(request.instance, stack)
    compared = compare(request, gateway, run)
    if is_pending(compared.planned):
        if not approve(compared.planned):
            raise Refused("declined: nothing was written")
        if run.stop():
            return Stopped(request.instance, Interrupted("not tried: interrupted"))
        if request.takes_time:
            found = compared.planned.capabilities  # by questions that are asked once
            compared = compare(request, gateway, run, again=True)
            compared = replace(compared, planned=replace(compared.planned, capabilities=found))
    return write(request, compared, gateway, run)


@frozen
class Compared:
    """What is left of a plan, with every reason not to write it, and the changes that are live already."""

    planned: Planned
    done: tuple[Change, ...]


def compare(request: ExactPlan, gateway: Gateway, run: Run, *, again: bool = False) -> Compared:
    """Observe the instance and compare the plan with it; before the first write, its sinks are asked too."""
    planned, done = _compare(request, gateway, run)
    if is_pending(planned) and not again:
        planned = _with_sink_refusals(request, planned, run)
    if is_pending(planned) and not again:
        planned = with_create_checks(planned, gateway, secret_keeping(request.instance, request.options))
    return Compared(planned, done)


def write(request: ExactPlan, compared: Compared, gateway: Gateway, run: Run) -> ApplyResult:
    """Write what is left of a plan, unless it is refused."""
    planned, done = compared.planned, compared.done
    if planned.refusals:
        return planned
    deliverer = deliverer_of(request.instance, request.settings, request.options, run.mask)
    targets = delivery_targets(deliverer, planned)
    report = Report()
    if is_pending(planned):
        can = planned.capabilities
        report = run.write(request.instance, planned.plan, gateway, request.digest, targets=targets, capabilities=can)
    return Finished(planned, report, done)


def _with_sink_refusals(request: ExactPlan, planned: Planned, run: Run) -> Planned:
    """Refuse the plan if a sink reports that it could not take these clients: then nothing must be created."""
    if not needs_sinks(planned.plan, planned.missing_secrets):
        return planned
    changed = [change for change in planned.plan.changes if not isinstance(change, Delete) or change.is_rotation]
    clients = [client_of(request.instance, change.name, change.owner) for change in changed]
    clients += [client_of(request.instance, each.name, each.owner) for each in planned.plan.deliveries]
    clients += [each.client for each in planned.missing_secrets]
    deliverer = deliverer_of(request.instance, request.settings, request.options, run.mask)
    unmasked = mask_refusals(deliverer, request.instance, planned.plan, planned.missing_secrets)
    return replace(planned, refusals=(*unmasked, *sink_refusals(deliverer, request.instance, clients)))


def _with_missing_secrets(
    request: ExactPlan, planned: Planned, made: Sequence[KnownClient], live: Listing, sources: MissingSources
) -> Planned:
    """Add to the plan what it delivers again, and what sinks lack of the clients that an earlier run of it made."""
    pairs = deliverable_pairs(request.declared, live, _policy(request))
    managed = [(client_of(request.instance, found.name, entry.owner), found.id) for entry, found in pairs]
    try:
        found = lacking(_deliverer(request), made, managed, live, sources)
    except SinkError as problem:
        return replace(planned, refusals=(*planned.refusals, unusable(problem)))
    return replace(planned, missing_secrets=found)


def _policy(request: ExactPlan) -> PlanPolicy:
    instance = request.instance
    return PlanPolicy(
        instance.name, instance.identity, ignore=request.settings.ignore, system_clients=instance.system_clients
    )


def _deliverer(request: ExactPlan) -> Deliverer:
    return deliverer_of(request.instance, request.settings, request.options)


def _compare(request: ExactPlan, gateway: Gateway, run: Run) -> tuple[Planned, tuple[Change, ...]]:
    """Return the rest of the plan with every reason not to write it, and the changes that are live already."""
    instance = request.instance
    live = list_clients(gateway, instance)
    wanted = request.plan(live)
    live = with_upgrade_noticed(wanted, live, gateway)
    if live.unfinished:
        live = with_own_marks(live, _own_nonces(request, wanted, live, run))
    match reconcile_saved(wanted, live, ignore=request.settings.ignore):
        case Stale() as stale:
            found = stale_refusals(stale, instance.name)
            return Planned(instance, wanted, tuple(_with_way_out(each, request.when_stale) for each in found)), ()
        case Ready(plan, done):
            past = past_deliveries(run.journal)(instance)
            proof = proof_in(run.journal, instance, _folder(request))
            plan = finish_what_sinks_have(plan, _deliverer(request), proof)
            if request.options.discard_secrets:
                plan = finishing_without_sinks(plan, [sink.scope for sink in instance.sinks])
            proven = delivered_successor(plan, _deliverer(request), proof, live.capabilities)
            if request.digest is None:  # it was made just now, and claims nothing
                plan = with_issuer(with_recipients(plan, _deliverer(request)), live)
            else:
                plan = replace(plan, issuer=issuer_change(plan, live))
            lost, unread = lost_secrets(plan, _deliverer(request), proof)
            refused = (
                *_refusals(request, plan, live, wanted, lost.unproven),
                *_ownership_refusals(plan, gateway, live),
                *retirement_refusals(plan, proven),
                *unread,
            )
            planned = Planned(instance, plan, refused, capabilities=live.capabilities)
            made = made_by(done, live, wanted.live_ids, instance)
            return _with_missing_secrets(request, planned, made, live, MissingSources(past, proof, lost.missing)), done


def _own_nonces(request: ExactPlan, wanted: Plan, live: Listing, run: Run) -> Set[str]:
    """The nonces of marks that this plan's own runs wrote down, or any run here if the plan says what it left."""
    resumed = (change.resume for change in wanted.changes if isinstance(change, Create) and change.resume)
    shown = {each for resume in resumed for each in (resume.id, *resume.others)}
    trusted = not_in_commit(_folder(request), run.journal)
    known = nonces_in(run.journal, trusted)(request.instance)
    its_own = nonces_in(run.journal, trusted, request.digest)(request.instance)
    return its_own | {begun.nonce for begun in live.unfinished if begun.id in shown and begun.nonce in known}


def _folder(request: ExactPlan) -> Path:
    return request.settings.path.parent


def _refusals(
    request: ExactPlan, plan: Plan, live: Listing, saved: Plan, unproven: Sequence[Deliver]
) -> tuple[Refusal, ...]:
    checked = check_claims(plan, request.declared, live, ignore=request.settings.ignore)
    # What only the plan calls old counts as new: else a swapped one would pass the limit.
    counted = replace(checked.plan, deliveries=(*checked.plan.deliveries, *unproven))
    in_force = guards(request.settings, request.instance, request.options, live)
    false = _false_deliveries(request, saved, live, rotates=not checked.refusals)
    claimed = () if request.digest is None else claim_refusals(saved.issuer, plan.issuer, request.instance.name)
    return (*checked.refusals, *refusals(counted, in_force), *claimed, *false)


def _false_deliveries(request: ExactPlan, saved: Plan, live: Listing, *, rotates: bool) -> tuple[Refusal, ...]:
    """A refusal for each delivery of a saved plan that today's files do not ask for, whether or not it is done."""
    if request.digest is None or not _delivers(saved, request.instance):
        return ()
    managed = {found.id: entry.name for entry, found in deliverable_pairs(request.declared, live, _policy(request))}
    today = declared_today(saved, request.declared, _deliverer(request))
    return check_deliveries(saved, today, managed, rotates=rotates)


def _ownership_refusals(plan: Plan, gateway: Gateway, live: Listing) -> tuple[Refusal, ...]:
    if live.capabilities.owner_only is False:
        return ()
    return foreign_refusals(plan, foreign_ids(plan, gateway, live))


def _with_way_out(refusal: Refusal, way_out: str | None) -> Refusal:
    return replace(refusal, way_out=way_out) if way_out is not None else refusal
