"""Risks of changes: what a reviewer should know before approving, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.model.clients import ClientSpec, Grant, LiveClient
from reconciler.model.fields import in_order, join_urls
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.unfinished import RESERVED_HOST
from reconciler.planning.plan.plan import Note
from reconciler.planning.plan.redirect_urls import inner_address, is_plain_http, redirect_hosts
from reconciler.support.canonical_url import ascii_host
from reconciler.support.text import quoted

if TYPE_CHECKING:
    from reconciler.model.recipients import Recipient

REDIRECT_HOST = "redirect-host"
"""The code of the risk that a redirect host changes."""
NOTHING = ClientSpec("", frozenset())


def create_risks(
    after: ClientSpec, *, again: bool = False, capabilities: Capabilities = UP_TO_4_15
) -> tuple[Note, ...]:
    """The risks of a new client, or of one that is created `again` because it was deleted manually."""
    grants = _grant_risks(frozenset(), after.grants, capabilities)
    return (*_made_again(again), *grants, *_of_other_urls(NOTHING, after, ()))


def _made_again(again: bool) -> Iterator[Note]:
    if again:
        text = "it was deleted on the instance, and comes back with a new id and secret"
        yield Note("new-id-and-secret", text)


def update_risks(
    before: ClientSpec,
    after: ClientSpec,
    protected: Sequence[str] = (),
    system_clients: Sequence[str] = (),
    capabilities: Capabilities = UP_TO_4_15,
) -> tuple[Note, ...]:
    """The risks of changing a client: only those that the change adds, not those from before."""
    hosts = redirect_hosts(before)
    return (
        *_marked(hosts),
        *_system(before.name, system_clients),
        *_protection(before.name, after.name, protected),
        *(_of_other_grants(before.grants, after.grants, capabilities) if before.grants != after.grants else ()),
        *(_of_other_urls(before, after, hosts) if before.redirect_urls != after.redirect_urls else ()),
    )


def delete_risks(before: ClientSpec = NOTHING, capabilities: Capabilities = UP_TO_4_15) -> tuple[Note, ...]:
    """The risks of deleting a client."""
    text = "revokes every token issued to it, and cannot be undone: creating it again gives a new id and secret"
    return (Note("tokens-revoked", text), *_marked(redirect_hosts(before)), *_issued_tokens(before, capabilities))


def replace_risks(
    old: LiveClient,
    after: ClientSpec,
    keep_old: timedelta,
    system_clients: Sequence[str] = (),
    capabilities: Capabilities = UP_TO_4_15,
) -> tuple[Note, ...]:
    """The risks of replacing a client: those that the new one adds, and the new secret."""
    text = "it gets a new id and a new secret: update both wherever the old ones are used"
    later = f"tokens that were issued to client {old.id} work until it is deleted, and are revoked with it"
    return (
        Note("new-id-and-secret", text),
        *((Note("tokens-revoked-later", later),) if keep_old else ()),
        *update_risks(old.spec, after, (), system_clients, capabilities),
    )


def retire_risks(old: LiveClient, capabilities: Capabilities = UP_TO_4_15) -> tuple[Note, ...]:
    """The risks of deleting a client that was replaced."""
    text = f"its secret stops working, and every token issued to client {old.id} is revoked; that cannot be undone"
    return (Note("tokens-revoked", text), *_issued_tokens(old.spec, capabilities))


def _issued_tokens(before: ClientSpec, capabilities: Capabilities) -> Iterator[Note]:
    if capabilities.newest_issues_tokens and Grant.PERSONAL_ACCESS_TOKEN in before.grants:
        text = "every personal access token that it has issued, to any user, stops working"
        way_out = "to stop issuing them first, remove the grant and wait"
        yield Note("issued-tokens-end", f"personal access: {text}; {way_out}")


def delivery_risks(
    spec: ClientSpec, before: Sequence[Recipient], capabilities: Capabilities = UP_TO_4_15
) -> tuple[Note, ...]:
    """The risks of handing a client's secret to a new recipient. `before` are those who had it."""
    text = "whoever gets its id and secret can act as this client from then on"
    keeps = "; whoever had them before keeps them: only a rotation takes them back" if before else ""
    found = _grant_risks(frozenset(), spec.grants, capabilities)
    personal = [note for note in found if note.code == "personal-access"]
    return (Note("secret-shared", f"{text}{keeps}"), *personal)


def _marked(hosts: Sequence[str]) -> tuple[Note, ...]:
    if RESERVED_HOST not in hosts:
        return ()
    text = f"its redirect URL is on {RESERVED_HOST}, which this program uses for unfinished creates"
    return (Note("redirect-reserved", f"{text}: somebody changed it since, or put it there"),)


def _system(name: str, globs: Sequence[str]) -> tuple[Note, ...]:
    if not is_system_client(name, globs):
        return ()
    return (Note("system-client", "the platform itself works with this client"),)


def _protection(before: str, after: str, protected: Sequence[str]) -> tuple[Note, ...]:
    if before == after or not matches_any(protected, after) or matches_any(protected, before):
        return ()
    return (Note("becomes-protected", "the new name is protected: deleting it, or renaming it back, will be refused"),)


def _of_other_grants(before: frozenset[Grant], after: frozenset[Grant], capabilities: Capabilities) -> Iterator[Note]:
    for grant in in_order(after - before):
        yield Note("grant-added", f"widened: {grant} is added")
    yield from _grant_risks(before, after, capabilities)
    for grant in in_order(before - after):
        text = "applications that use it stop getting tokens; tokens already issued keep working"
        yield Note("grant-removed", f"{grant} is taken away: {text}")


def _grant_risks(before: frozenset[Grant], after: frozenset[Grant], capabilities: Capabilities) -> Iterator[Note]:
    added = after - before
    if Grant.PERSONAL_ACCESS_TOKEN in added and capabilities.mints_tokens_for_anybody:
        text = "whoever holds its id and secret can act as any user, administrators included"
        yield Note("personal-access", f"personal access: {text}")
    if Grant.PERSONAL_ACCESS_TOKEN in added and capabilities.newest_issues_tokens:
        text = (
            "if it is the newest client with this grant, it issues the personal access tokens of all users from now on"
        )
        yield Note("issues-tokens", f"personal access: {text}; deleting it later ends all that it has issued")
    if Grant.PASSWORD in added:
        yield Note("password-grant", "the password grant also works for blocked and inactive users")
    if added and capabilities.refuses_code_exchange(after) and not capabilities.refuses_code_exchange(before):
        text = "the token endpoint refuses to exchange the code of a client that also has another grant"
        yield Note("code-exchange-refused", f"sign-ins with authorization_code will fail: {text}")


def _of_other_urls(before: ClientSpec, after: ClientSpec, old: Sequence[str]) -> Iterator[Note]:
    """The risks of other redirect URLs; the hosts of the `old` ones are known already."""
    if not after.redirect_urls:
        if before.redirect_urls:
            erased = join_urls(before.redirect_urls)
            yield Note("redirect-erased", f"the redirect goes with authorization_code: {erased} is erased")
        return
    new = redirect_hosts(after)
    if old and old != new and set(old) != set(new):
        yield Note(REDIRECT_HOST, f"the redirect host changes: {', '.join(old)} → {', '.join(new)}")
    yield from [_foreign_letters(host) for host in new if host not in old and not host.isascii()]
    added = [url for url in dict.fromkeys(after.redirect_urls) if url not in before.redirect_urls]
    yield from [_plain_http(url) for url in added if is_plain_http(url)]
    yield from [_inner_address(inner) for inner in map(inner_address, added) if inner is not None]


def _foreign_letters(host: str) -> Note:
    found = ascii_host(host)
    really = f"is really {found}" if found is not None else "is not a domain name"
    text = f"the redirect host {quoted(host)} {really}: letters of another alphabet can look like those of a host"
    return Note("redirect-host-not-ascii", f"{text} that you know")


def _plain_http(url: str) -> Note:
    return Note("plain-http", f"plain http: codes sent to {url} can be read in transit")


def _inner_address(address: str) -> Note:
    text = f"the redirect URL contains another address, {quoted(address)}"
    return Note("redirect-with-address", f"{text}: a page that redirects there passes the codes on")
