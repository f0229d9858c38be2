"""Which risk of several plans is the most severe: the one to name where there is room for one."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.planning.plan.plan import Change, Deliver, Note, Plan

_MOST_SEVERE_FIRST = (
    "issued-tokens-end",
    "tokens-revoked",
    "personal-access",
    "issues-tokens",
    "system-client",
    "redirect-host-not-ascii",
    "redirect-host",
    "redirect-with-address",
    "plain-http",
    "secret-shared",
    "password-grant",
    "grant-added",
    "conflict",
    "new-id-and-secret",
    "waived",
    "grant-removed",
)
"""Codes of risks; all others come after them."""


def most_severe_risk(plans: Iterable[Plan]) -> tuple[Change | Deliver, Note] | None:
    """Return a change with its most severe risk, the first of them if several are alike; None without any risk."""
    rank = {code: number for number, code in enumerate(_MOST_SEVERE_FIRST)}
    risks = ((change, risk) for plan in plans for change in (*plan.changes, *plan.deliveries) for risk in change.risks)
    return min(risks, key=lambda found: rank.get(found[1].code, len(rank)), default=None)
