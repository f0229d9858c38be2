"""The rules for `policy:`: one function per rule. Without its key in the policy, a rule finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.declared.clients.entries import Entry, is_blank
from reconciler.declared.clients.resolve import RuleContext
from reconciler.declared.rules.finding import RuleFinding
from reconciler.model.clients import Grant
from reconciler.model.labels import covers
from reconciler.model.names import matches_any
from reconciler.support.text import enumeration, quoted, quoted_url

JUSTIFIED = (Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN)
"""The grants that take a justification."""

_SEARCHED = 500
"""Characters of a justification that are searched, so that no text takes long: two seconds for 1,000."""


def host_not_allowed(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy lists the hosts that may get authorization codes."""
    globs = context.instance.policy.allowed_redirect_hosts
    if globs is None:
        return
    for redirect in context.redirects:
        host, is_clear = redirect.url.host, redirect.url.has_clear_host
        if (host and not matches_any(globs, host)) or not is_clear:
            url = quoted_url(redirect.url.text)
            where = quoted(host) if is_clear else "an ambiguous host"
            message = f"redirect URL {url} leads to {where}, which the policy does not allow"
            hint = f"allowed_redirect_hosts has {_any_of(globs, 'no host at all')}"
            yield RuleFinding(message, redirect.place, hint, redirect.entry)


def required_field(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy lists the fields that every client must have."""
    for field in context.instance.policy.required_fields:
        for entry in context.entries:
            if entry.present and is_blank(entry.fields.get(field)):
                message = f"{quoted(entry.name)} has no {field}, which the policy requires"
                yield RuleFinding(message, entry.source, f"add '{field}:' to the entry", entry)


def name_pattern(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy defines a pattern for names. Names of absent clients are not checked."""
    pattern = context.instance.policy.name_pattern
    if pattern is None:
        return
    for entry in _present(context):
        if not re.fullmatch(pattern, entry.name):
            message = f"{quoted(entry.name)} does not match the name pattern of the policy"
            hint = f"the whole name must match name_pattern, {quoted(pattern, 200)}"
            yield RuleFinding(message, entry.source, hint, entry)


def owner_not_allowed(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy lists the allowed owners, which also catches misspelt ones."""
    globs = context.instance.policy.allowed_owners
    if globs is None:
        return
    for entry in _present(context):
        if entry.owner is not None and not matches_any(globs, entry.owner):
            message = f"the owner {quoted(entry.owner)} is not allowed by the policy"
            yield RuleFinding(message, entry.place("owner"), f"allowed_owners has {_any_of(globs, 'no owner')}", entry)


def grant_forbidden(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy lists the grants that are forbidden without a waiver."""
    forbidden = context.instance.policy.forbidden_grants
    for grant in forbidden:
        for entry in _present(context):
            if grant in entry.grants:
                message = f"{quoted(entry.name)} uses the grant {grant}, which the policy forbids"
                hint = f"use another grant; forbidden_grants has {enumeration(map(quoted, forbidden))}"
                yield RuleFinding(message, entry.place("grants", grant, key=True), hint, entry)


def personal_access_denied(context: RuleContext) -> Iterator[RuleFinding]:
    """Anyone with such a client's secret can impersonate any user: the policy lists the instances that allow it."""
    globs = context.instance.policy.deny_personal_access_outside
    if globs is None or covers(globs, context.instance):
        return
    for entry in _present(context):
        if Grant.PERSONAL_ACCESS_TOKEN in entry.grants:
            message = f"{quoted(entry.name)} uses personal_access_token, which the policy denies here"
            yield RuleFinding(
                message, entry.place("grants", Grant.PERSONAL_ACCESS_TOKEN, key=True), _only(globs), entry
            )


def justification_without_mention(context: RuleContext) -> Iterator[RuleFinding]:
    """The policy says what a justification must mention. Other rules report a missing justification."""
    pattern = context.instance.policy.justification_mentions
    if pattern is None:
        return
    for entry in _present(context):
        for grant in JUSTIFIED:
            said = _justification(entry.grants.get(grant))
            if not is_blank(said) and not re.search(pattern, said[:_SEARCHED]):
                message = f"the justification of {grant} does not mention what the policy requires"
                hint = f"something in it must match justification_mentions, {quoted(pattern, 200)}"
                yield RuleFinding(message, entry.place("grants", grant, "justification"), hint, entry)


def _present(context: RuleContext) -> Iterator[Entry]:
    return (entry for entry in context.entries if entry.present)


def _justification(written: object) -> str:
    return written.get("justification") or "" if isinstance(written, dict) else ""


def _any_of(globs: Sequence[str], none: str) -> str:
    return enumeration(map(quoted, globs), "or") if globs else none


def _only(globs: Sequence[str]) -> str:
    if not globs:
        return "remove the grant; deny_personal_access_outside allows no instance at all"
    return f"remove the grant, or declare the client for {enumeration(map(quoted, globs))} only, under 'instances:'"
