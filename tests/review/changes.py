"""Ten pull requests for twelve instances, two of them written to deceive, planned as they are planned anywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.clients import Declarations, LiveClient, Location
from reconciler.model.diagnostics import Diagnostic, warning
from reconciler.model.recipients import Recipient
from reconciler.model.settings import Instance
from reconciler.planning.drift.base import Base
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Create, Deliver, Note, Plan, Prune
from reconciler.results import Overview, Planned
from tests.builders import CODE, PASSWORD, PERSONAL, absent, at, declare, listing, live, present, spec

INSTANCES = (*(f"pm-{number}" for number in range(1, 12)), "production")
COMMIT, BASE = "4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901", "9b1d0a77c0ffee00112233445566778899aabbcc"
_SYSTEM = live(1, "PmApi")
_IN_SYNC = 24
"""Clients of each instance that no change is about."""

Entries = tuple[Declarations, tuple[LiveClient, ...]]


def planned(name: str, entries: Entries, base: Declarations | None = None, prune: Prune = Prune.NONE) -> Planned:
    """The plan of one instance, which has two dozen other clients."""
    declared, seen = entries
    others = [
        spec(f"Client {number:02}", redirect=f"https://{name}.example.com/{number}") for number in range(_IN_SYNC)
    ]
    whole = replace(declared, present=(*declared.present, *(present(each, line=900) for each in others)))
    found = listing(_SYSTEM, *seen, *(live(100 + number, each) for number, each in enumerate(others)))
    policy = PlanPolicy(name, f"https://{name}.example.com", prune=prune)
    plan = make_plan(whole, found, policy, Base(BASE, base) if base is not None else None)
    number = INSTANCES.index(name)
    place = Location("reconciler.yaml", 4 + 4 * number, 3)
    instance = Instance(name, place, url=plan.identity, wave=2 if name == "production" else 1)
    return Planned(instance, plan, ())


def run(
    entries: Callable[[str], Entries], base: Callable[[str], Declarations] | None = None, prune: Prune = Prune.NONE
) -> Overview:
    """What came of `plan --all`."""
    results = tuple(planned(name, entries(name), base(name) if base else None, prune) for name in INSTANCES)
    made = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    return Overview("plan", results, made_at=made, commit=COMMIT, folder="/src/idp", top="/src/idp")


def edited(overview: Overview, edit: Callable[[Plan], Plan]) -> Overview:
    """The run with what planning adds to a plan when there are sinks."""
    results = tuple(
        replace(each, plan=edit(each.plan)) if isinstance(each, Planned) else each for each in overview.results
    )
    return replace(overview, results=results)


def _age(owner: str, client: str) -> Recipient:
    key = f"age SHA256:{owner[-1] * 43}" if owner != "team-helper" else f"age SHA256:{'h' * 43}"
    return Recipient(owner, "age", "age secrets", f"secrets/{owner}/{client}.age", (key,))


def _new_client() -> Overview:
    helper = present(spec("Helper", redirect="https://helper.example.net/oauth/callback"), line=3, owner="team-helper")

    def with_recipient(plan: Plan) -> Plan:
        [create] = plan.changes
        assert isinstance(create, Create)
        return replace(plan, changes=(replace(create, recipients=(_age("team-helper", "helper"),)),))

    return edited(run(lambda _: (declare(helper), ())), with_recipient)


def _open_redirect() -> Overview:
    url = "https://portal.example.com/redirect?to="

    def entries(name: str) -> Entries:
        wanted = f"{url}//evil.example" if name == "production" else f"{url}/home"
        return declare(present(spec("Portal", redirect=wanted), line=3)), (
            live(6, spec("Portal", redirect=f"{url}/home")),
        )

    return run(entries)


def _second_grant() -> Overview:
    widened = {"pm-2", "pm-3", "pm-5", "pm-7", "pm-10", "pm-11", "production"}

    def entries(name: str) -> Entries:
        grants = (CODE, PASSWORD) if name in widened else (CODE,)
        number = 6 + INSTANCES.index(name)  # each instance counts for itself
        return declare(present(spec("Warehouse", *grants), line=9)), (live(number, "Warehouse"),)

    return run(entries)


def _declared_absent() -> Overview:
    def entries(name: str) -> Entries:
        seen = (live(7, "Old CRM"),) if name in ("pm-1", "production") else ()
        return declare(absent("Old CRM", line=21)), seen

    return run(entries)


def _pruned() -> Overview:
    hook = present("Zapier hook", line=7)
    return run(lambda _: (declare(), (live(17, "Zapier hook"),)), lambda _: declare(hook), Prune.REMOVED)


def _another_owner() -> Overview:
    reason = Note("new-recipient", "the owner changed from 'team-a' to 'team-b' since the base")
    shared = Note("secret-shared", "whoever gets its id and secret can act as this client from then on")

    def deliver(plan: Plan) -> Plan:
        to, before = (_age("team-b", "portal"),), (_age("team-a", "portal"),)
        delivery = Deliver(6, "Portal", to, before, reason, at(3), "team-b", (shared,))
        return replace(plan, deliveries=(delivery,) if plan.instance in ("pm-6", "production") else ())

    portal = present("Portal", line=3, owner="team-b")
    return edited(run(lambda _: (declare(portal), (live(6, "Portal"),))), deliver)


def _waiver() -> Overview:
    waives = Note("waived", "waives redirect-plain-http: 'http://display.example.com/cb' sends codes over plain http")
    display = present(spec("Shop floor display", redirect="http://display.example.com/cb"), line=14)

    def waived(plan: Plan) -> Plan:
        return replace(plan, changes=tuple(replace(each, risks=(*each.risks, waives)) for each in plan.changes))

    return edited(run(lambda name: (declare(*([display] if name == "pm-3" else [])), ())), waived)


def _another_url_each() -> Overview:
    def entries(name: str) -> Entries:
        top = "net" if name == "production" else "com"
        portal = present(spec("Portal", redirect=f"https://portal.{name}.example.com/cb"), line=3)
        reports = present(spec("Reports", redirect=f"https://reports.{name}.example.{top}/cb"), line=9)
        notebooks = [present(spec("Notebooks", PERSONAL), line=15)] if name in ("pm-1", "production") else []
        return declare(portal, reports, *notebooks), ()

    return run(entries)


def _one_new_warning() -> Overview:
    old = [_no_reason(f"clients/old-{number // 20}.yaml", number % 20 * 6 + 5) for number in range(183)]
    new = _no_reason("clients/warehouse.yaml", 12)
    return warned(run(lambda _: (declare(), ())), old, new)


def _no_reason(path: str, line: int) -> Diagnostic:
    return warning("grant-justification", "the password grant has no `justification`", Location(path, line, 7))


def warned(overview: Overview, old: Collection[Diagnostic], *new: Diagnostic) -> Overview:
    """The run with warnings about its files: those that its base has as well, and new ones."""
    return replace(overview, diagnostics=(*old, *new), known=frozenset(old))


def _names_that_pretend() -> Overview:
    liar = "Helper` on all 12 instances\n\n### Deletions\n\nnone <!-- "
    gone = "Old CRM</details>\n<details><summary>nothing is deleted"

    def entries(name: str) -> Entries:
        last = name == "production"
        url = f"https://portal.example.com{'@evil.example' if last else ''}/cb"
        declared = [present(spec("Portal", redirect=url), line=9)]
        declared += [present(spec(liar, redirect="https://evil.example/cb"), line=3)] if name != "pm-4" else []
        seen = [live(6, spec("Portal", redirect="https://portal.example.com/cb"))]
        seen += [live(7, gone)] if last else []
        return declare(*declared, *([absent(gone, line=15)] if last else [])), tuple(seen)

    return run(entries)


CHANGES: Mapping[str, Callable[[], Overview]] = {
    "a-new-client-on-all-instances": _new_client,
    "an-open-redirect": _open_redirect,
    "a-second-grant-on-seven-instances": _second_grant,
    "a-client-declared-absent": _declared_absent,
    "a-client-taken-out-and-pruned": _pruned,
    "another-owner": _another_owner,
    "a-waiver": _waiver,
    "another-url-for-each-instance": _another_url_each,
    "one-new-warning-among-many": _one_new_warning,
    "names-that-pretend": _names_that_pretend,
}
