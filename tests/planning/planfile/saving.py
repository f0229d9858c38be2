"""Plans to save, and the files that they make."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from reconciler.model.recipients import Recipient
from reconciler.planning.make_plan import make_plan
from reconciler.planning.plan.issuer_change import Issuer, IssuerChange
from reconciler.planning.plan.plan import Create, Deliver, Note, OnDrift, Plan, Prune, Waived
from reconciler.planning.planfile.planfile import dump_plan
from tests.builders import PASSWORD, absent, at, declare, listing, live, plan_of, present, rotation, spec, unsupported
from tests.strategies import bases, declarations, listings, policies

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MADE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROTATED_AT = datetime(2026, 2, 1, tzinfo=UTC)


def saved(plan: Plan, *, prune: Prune = Prune.NONE, created_at: datetime = MADE) -> str:
    """The text of the plan's file."""
    return dump_plan(plan, prune=prune, created_at=created_at, program_version="1.2.3", commit=COMMIT)


def one_of_each() -> Plan:
    """A plan in which every list has something in it."""
    declared = declare(
        present("Brought", line=1),
        present(spec("Altered", PASSWORD), line=2, owner="team-a"),
        present("Renamed", line=3, previous=["Named"]),
        present("Twice", line=4),
        present("Calm", line=5, previous=["Old calm"]),
        absent("Gone", line=6),
        present("Worn", line=8, owner="team-a", rotate=rotation(ROTATED_AT, timedelta(0))),
    )
    seen = listing(
        live(1, "PmApi"),
        live(2, "Altered"),
        live(3, "Named"),
        live(4, "Twice"),
        live(5, "Twice"),
        live(6, "Calm"),
        live(7, "Old calm"),
        live(8, "Gone"),
        live(9, "Zapier one"),
        unsupported(10, "Odd"),
        live(11, "Worn"),
        at=MADE,
    )
    base = declare(present("Altered"), present("Named"), present("Calm"), present("Worn"), present("Deleted there"))
    plan = plan_of(
        declare(*declared.present, *declared.absent, present("Deleted there", line=7)),
        seen,
        ignore=("zapier*",),
        base=base,
        on_drift=OnDrift.KEEP,
    )
    keys = ("age SHA256:6K1fX1g7YZhdRKomcQVwn1EzbE6tJdu6k8gbsmL91OU",)
    portal = Recipient("team-a", "age", "age secrets/{owner}/{name}.age", "secrets/team-a/calm.age", keys)
    store = Recipient(None, "command", "command store", "./store", programs=(f"./store {COMMIT}",))
    made = next(change for change in plan.changes if isinstance(change, Create))
    return replace(
        plan,
        changes=tuple(replace(each, recipients=(portal,)) if each is made else each for each in plan.changes),
        left_out=2,
        deliveries=(
            Deliver(6, "Calm", (store,), (portal,), Note("new-recipient", "new"), at(5), None, (Note("a", "b"),)),
        ),
        again=(Deliver(7, "Lost", (portal,), (portal,), Note("delivered-again", "lost"), at(6), "team-a"),),
        issuer=IssuerChange(Issuer(4, "Old"), Issuer(None, "Fresh")),
        waived=(Waived("Calm", at(5), (Note("waived", "waives a rule"),)),),
        configuration=(Note("limit-raised", "limits.deletes: 3 → 50"),),
    )


plans: st.SearchStrategy[Plan] = st.builds(make_plan, declarations(), listings(), policies, bases)


def document(text: str) -> dict[str, Any]:
    """The file as plain values."""
    found: dict[str, Any] = json.loads(text)
    return found


def with_digest(values: dict[str, Any]) -> bytes:
    """A file of these values whose digest fits, made as docs/reference/formats.md says."""
    rest = {key: value for key, value in values.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("ascii")).hexdigest()
    return json.dumps({**rest, "digest": f"sha256:{digest}"}).encode()
