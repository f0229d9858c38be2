"""Check all live clients, whether managed or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set
from urllib.parse import urlsplit

from reconciler.declared.clients.fast_path import parse_url
from reconciler.declared.clients.redirect_url import WEB_SCHEMES
from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity, clients_in_words, first_of, named
from reconciler.doctor.ownership import plan_without_flags
from reconciler.model.clients import AnyLive, Declarations, Grant, Listing, LiveClient
from reconciler.model.names import is_system_client, lookalike_key
from reconciler.model.settings import Instance, Settings
from reconciler.planning.issuer import present_issuer
from reconciler.planning.plan.redirect_urls import is_plain_http
from reconciler.support.frozen import frozen
from reconciler.support.loopback import is_loopback
from reconciler.support.text import quoted, quoted_url

ISSUER = "ProcessMaker Personal Access Client"
"""Issues every user's personal access tokens. On a fresh installation it is client 4."""
ISSUER_ID = 4
SWAGGER = "Swagger UI Auth"
_PAGE = "on the Auth Clients page"


@frozen
class ClientFacts:
    """The clients of an instance, with what the files say about it."""

    listing: Listing
    declared: Declarations | None
    instance: Instance
    settings: Settings
    not_declarable: Set[int] = frozenset()
    """The ids of unmanaged clients that no entry can declare as they are."""

    @property
    def everybody(self) -> tuple[AnyLive, ...]:
        """Every live client, including ignored and unsupported ones."""
        return (*self.listing.clients, *self.listing.unsupported)

    @property
    def foreign(self) -> tuple[LiveClient, ...]:
        """Clients that are not the platform's own; how it configures its own is not checked."""
        return tuple(c for c in self.listing.clients if not self.is_system(c.name))

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach the instance, so that loopback redirects are normal."""
        url = self.instance.url
        return url is None or is_loopback(urlsplit(url).hostname or "")

    def is_system(self, name: str) -> bool:
        """Whether the platform needs clients with this name."""
        return is_system_client(name, self.instance.system_clients)


def judge_clients(
    listing: Listing,
    declared: Declarations | None,
    instance: Instance,
    settings: Settings,
    not_declarable: Set[int] = frozenset(),
) -> Iterator[DoctorFinding]:
    """Findings about the live clients, check by check. No entry can declare those with the ids `not_declarable`."""
    seen = ClientFacts(listing, declared, instance, settings, not_declarable)
    for check in _CHECKS:
        yield from check(seen)


def no_clients(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report an empty listing: every installation has its system clients."""
    if not seen.everybody and seen.instance.expect_system_clients:
        text = "the instance lists no client at all, not even those that the platform installs: an apply is refused"
        way_out = "check `url:`; if that is how it is, set `expect_system_clients: false`"
        yield DoctorFinding(FindingSeverity.ERROR, Check.CLIENTS, "no-clients", text, way_out)


def unmanaged(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report clients that are not declared: without flags, no plan changes them."""
    if seen.declared is None:
        return
    plan = plan_without_flags(seen.listing, seen.declared, seen.instance, seen.settings)
    ids = {client.id for client in plan.unmanaged if not client.system}
    unmatched = [client for client in seen.everybody if client.id in ids]
    declarable = [client for client in unmatched if client.id not in seen.not_declarable]
    if declarable:
        text = f"{_are(declarable, 'unmanaged')}: nothing declares {_them(declarable)} for this instance"
        way_out = f"to declare {_them(declarable)}: reconciler export --instance {seen.instance.name} --update"
        yield _about(FindingSeverity.INFO, "unmanaged", text, way_out, declarable)
    if others := [client for client in unmatched if client.id in seen.not_declarable]:
        text = f"{_are(others, 'unmanaged')}, and cannot be declared like this: {clients_in_words(others)}"
        why = f"reconciler export --instance {seen.instance.name} says why"
        way_out = f"{why}: correct {_them(others)} {_PAGE}, or leave {_them(others)} undeclared"
        yield _about(FindingSeverity.INFO, "unmanaged", text, way_out, others)


def unsupported(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report clients in a form that cannot be declared."""
    for client in seen.listing.unsupported:
        text = f"{_who(client)} cannot be declared: {client.why}"
        way_out = f"make it an ordinary client {_PAGE}, or leave it undeclared"
        yield _about(FindingSeverity.INFO, "unsupported", text, way_out, [client])


def duplicate_names(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report equal names: the platform allows them, but an entry with such a name is blocked."""
    for name, twins in _alike(seen.everybody, lambda client: client.name):
        severity = FindingSeverity.INFO if seen.is_system(name) else FindingSeverity.WARNING
        text = f"{len(twins)} clients are named {quoted(name)}: {_ids(twins)}; a declaration of this name is blocked"
        way_out = f"pin one with `ids:`, or remove the others {_PAGE}"
        yield _about(severity, "duplicate-name", text, way_out, twins)


def lookalike_names(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report names that people confuse."""
    for _, twins in _alike(seen.everybody, lambda client: lookalike_key(client.name)):
        if len({client.name for client in twins}) > 1:
            text = f"names that differ only in case, normalisation or invisible characters: {clients_in_words(twins)}"
            way_out = f"rename one {_PAGE}, or remove it there if nothing uses it"
            yield _about(FindingSeverity.WARNING, "name-lookalike", text, way_out, twins)


def refused_exchanges(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report clients with more grants than the authorization code, which works only as the sole grant."""
    clients = [client for client in seen.foreign if seen.listing.capabilities.refuses_code_exchange(client.spec.grants)]
    if clients:
        these = clients_in_words(clients)
        text = f"beside another grant, the exchange of a code is refused: nobody can sign in with {these}"
        way_out = "make a separate client for each grant, or remove unused grants"
        yield _about(FindingSeverity.WARNING, "code-exchange-refused", text, way_out, clients)


def personal_access(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report clients with personal access: they can impersonate any user."""
    able = [client for client in seen.listing.clients if Grant.PERSONAL_ACCESS_TOKEN in client.spec.grants]
    reviewed = {
        desired.name
        for desired in (seen.declared.present if seen.declared else ())
        if Grant.PERSONAL_ACCESS_TOKEN in desired.spec.grants
    }
    expected = [client for client in able if seen.is_system(client.name) or client.name in reviewed]
    others = [client for client in able if client not in expected]
    means = "whoever holds the id and secret gets tokens for any user, administrators included"
    if issuer := present_issuer(seen.listing):
        means = f"{issuer} issues the personal access tokens of all users, as the newest of all that have the grant"
    if others:
        text = f"personal access, declared by nobody: {clients_in_words(others)}; {means}"
        way_out = f"take the grant away {_PAGE} if nothing uses it; else declare it with its justification"
        yield _about(FindingSeverity.WARNING, "personal-access", text, way_out, others)
    if expected and seen.instance.embedded is None:
        text = f"personal access, the platform's own or declared: {clients_in_words(expected)}; {means}"
        yield _about(
            FindingSeverity.INFO, "personal-access", text, "guard their secrets like an administrator's", expected
        )


def broken_issuer(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Check the one client that issues the personal access tokens of all users: no API call repairs it."""
    if not seen.everybody or not seen.instance.expect_system_clients:
        return
    if seen.listing.capabilities.newest_issues_tokens:
        return  # there is no one client for it
    issuers = [client for client in seen.everybody if client.name == ISSUER or client.id == ISSUER_ID]
    repair = "have an administrator restore it on the server; no request can"
    if not issuers:
        text = f"there is no client {quoted(ISSUER)}: users can probably not make personal access tokens"
        yield _about(FindingSeverity.WARNING, "personal-access-broken", text, repair, [])
    elif not any(isinstance(c, LiveClient) and Grant.PERSONAL_ACCESS_TOKEN in c.spec.grants for c in issuers):
        text = (
            f"{clients_in_words(issuers)} has lost its personal access grant: users cannot make personal access tokens"
        )
        way_out = f"give it the grant again {_PAGE}; if that does not help, {repair}"
        yield _about(FindingSeverity.ERROR, "personal-access-broken", text, way_out, issuers)


def copied_instance(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report a copied database: this client still has the URL of the instance on which it was installed."""
    if seen.is_private or seen.instance.url is None:
        return
    wanted = f"{seen.instance.url}/api/oauth2-callback"
    for client in (c for c in seen.listing.clients if c.name == SWAGGER and c.spec.redirect_urls):
        urls = client.spec.redirect_urls
        if all(_normal(url) != _normal(wanted) for url in urls):
            text = (
                f"{_who(client)} redirects to {quoted_url(urls[0])}, not to this instance; if that is another "
                "instance, this is a copy of its database, and its clients' secrets work on both"
            )
            way_out = f"on a copy, remove the clients that it does not need; {_PAGE}, redirect this one to {wanted}"
            yield _about(FindingSeverity.WARNING, "copied-instance", text, way_out, [client])


def wildcards(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report `*` in redirect URLs: to the platform it is a plain character."""
    for client, urls in _urls(seen, lambda url: "*" in url):
        literally = "which is taken literally: it matches nothing else"
        text = f"{_who(client)} has a '*' in its redirect {_quoted(urls)}, {literally}"
        yield _about(FindingSeverity.WARNING, "redirect-wildcard", text, "list every URL that is meant", [client])


def plain_http(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report plain http redirect URLs: the code can be read in transit."""
    for client, urls in _urls(seen, is_plain_http):
        text = f"{_who(client)} gets its codes over plain http: {_quoted(urls)}"
        yield _about(
            FindingSeverity.WARNING, "redirect-plain-http", text, "use https, there and in the application", [client]
        )


def unusable_redirects(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report redirect URLs that no browser can follow: of several, the platform looks only at the first."""
    for client, urls in _urls(seen, _leads_nowhere):
        text = f"{_who(client)} has a redirect that no browser can follow: {_quoted(urls)}"
        way_out = "correct it; a comma separates URLs, and one inside a URL is written %2C"
        yield _about(FindingSeverity.WARNING, "redirect-useless", text, way_out, [client])


def loopback(seen: ClientFacts) -> Iterator[DoctorFinding]:
    """Report loopback redirects on a shared instance: they lead to each user's own machine."""
    if seen.is_private:
        return
    for client, urls in _urls(seen, lambda url: parse_url(url).loopback):
        text = f"{_who(client)} redirects to the machine of whoever signs in: {_quoted(urls)}"
        way_out = "fine for a native application; else give the application's host"
        yield _about(FindingSeverity.INFO, "redirect-loopback", text, way_out, [client])


_CHECKS: tuple[Callable[[ClientFacts], Iterator[DoctorFinding]], ...] = (
    no_clients,
    broken_issuer,
    copied_instance,
    personal_access,
    refused_exchanges,
    duplicate_names,
    lookalike_names,
    wildcards,
    plain_http,
    unusable_redirects,
    loopback,
    unsupported,
    unmanaged,
)


def _urls(seen: ClientFacts, is_remarkable: Callable[[str], bool]) -> Iterator[tuple[LiveClient, list[str]]]:
    for client in seen.foreign:
        urls = [url for url in client.spec.redirect_urls if is_remarkable(url)]
        if urls:
            yield client, urls


def _leads_nowhere(text: str) -> bool:
    url = parse_url(text)
    return url.scheme not in WEB_SCHEMES or not url.host


def _normal(url: str) -> tuple[str, str, int | None, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None, url
    return parts.scheme, parts.hostname or "", port, parts.path


def _alike(clients: Iterable[AnyLive], key: Callable[[AnyLive], Hashable]) -> Iterator[tuple[str, list[AnyLive]]]:
    groups: dict[Hashable, list[AnyLive]] = defaultdict(list)
    for client in sorted(clients, key=lambda client: client.id):
        groups[key(client)].append(client)
    yield from ((group[0].name, group) for group in groups.values() if len(group) > 1)


def _about(severity: FindingSeverity, code: str, text: str, way_out: str, clients: Sequence[AnyLive]) -> DoctorFinding:
    return DoctorFinding(severity, Check.CLIENTS, code, text, way_out, named(*clients))


def _who(client: AnyLive) -> str:
    return f"client {client.id}, {quoted(client.name)},"


def _ids(clients: Sequence[AnyLive]) -> str:
    return first_of([f"id {client.id}" for client in clients])


def _quoted(urls: Sequence[str]) -> str:
    return first_of([quoted_url(url) for url in urls])


def _are(clients: Sequence[AnyLive], what: str) -> str:
    return f"1 client is {what}" if len(clients) == 1 else f"{len(clients)} clients are {what}"


def _them(clients: Sequence[AnyLive]) -> str:
    return "it" if len(clients) == 1 else "them"
