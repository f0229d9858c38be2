"""What the instance's version of the platform means for this configuration, and what an upgrade would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity, clients_in_words, named
from reconciler.live.probe.facts import LoggedIn
from reconciler.model.clients import AnyLive, Declarations, Grant, Listing, LiveClient
from reconciler.model.lines import UP_TO_4_2, Capabilities, SecretDisplay, is_as_promised
from reconciler.model.names import is_system_client
from reconciler.model.settings import Instance
from reconciler.project import PROJECT
from reconciler.support.text import quoted

NO_PASSWORD_GRANT = ("4.14.0", "4.14.1")
"""Versions whose token endpoint refuses the password grant to every client."""

_PAGE = PROJECT.document("docs/reference/compatibility.md")


def judge_platform(
    account: LoggedIn, listing: Listing, declared: Declarations | None, instance: Instance
) -> Iterator[DoctorFinding]:
    """Findings about the version that the instance answers like."""
    found = listing.capabilities
    if not found.is_known:
        text = "it answers differently from every version of the platform known here, so every apply is refused"
        way_out = (
            f"report what this prints, which contains no secret: reconciler doctor --format json -i {instance.name}"
        )
        yield _about(FindingSeverity.ERROR, "platform-unknown", text, way_out)
        return
    if instance.platform is not None and not is_as_promised(instance.platform, found):
        text = f"`platform:` says {instance.platform}, and it answers like {found.line}: every apply is refused"
        way_out = "check `url:`; after an upgrade, change `platform:` in reconciler.yaml"
        yield _about(FindingSeverity.ERROR, "platform-mismatch", text, way_out)
    yield from _creates(found, instance)
    yield from _unfinished(listing)
    yield from _owners(account, listing, instance.system_clients)
    yield from _left_by_4_2(listing, found, instance)
    yield from _password_grant(account, listing)
    yield from _upgrade(listing, declared, found, instance)


def _creates(found: Capabilities, instance: Instance) -> Iterator[DoctorFinding]:
    match found.secrets:
        case SecretDisplay.ONCE if not instance.sinks:
            text = "it shows a new secret only once, in the answer to the create: a client that no sink covers loses it"
            way_out = "add `sinks:` to the instance in reconciler.yaml before creating clients"
            yield _about(FindingSeverity.WARNING, "secret-shown-once", text, way_out)
        case SecretDisplay.NEVER:
            text = "it shows nothing but hashes: nobody ever learns the secret of a client that is created now"
            way_out = f"have the platform updated before creating or rotating clients; see {_PAGE}"
            yield _about(FindingSeverity.WARNING, "creates-unsupported", text, way_out)
        case SecretDisplay.UNKNOWN if not found.stores_grants_as_sent:
            text = "clients are changed and deleted here, and not created: it is in the middle of an upgrade"
            yield _about(FindingSeverity.WARNING, "creates-unsupported", text, "wait until its upgrade is done")


def _unfinished(listing: Listing) -> Iterator[DoctorFinding]:
    """What runs began to create and did not finish; the next apply goes on with what is declared."""
    for begun in listing.unfinished:
        text = f"client {begun.id}, {quoted(begun.name)}, was begun by run {begun.run} and not finished"
        way_out = "if it is declared, apply goes on with it; else remove it on the Auth Clients page"
        yield _about(FindingSeverity.WARNING, "unfinished-create", text, way_out)


def _owners(account: LoggedIn, listing: Listing, globs: Sequence[str]) -> Iterator[DoctorFinding]:
    if listing.capabilities.owner_only is False:
        return
    ids = set(account.foreign)
    foreign = [each for each in listing.clients if each.id in ids and not is_system_client(each.name, globs)]
    more = f"; {account.not_asked} older ones were not asked for" if account.not_asked else ""
    if foreign or account.not_asked:
        these = f"this one cannot change {clients_in_words(foreign)}" if foreign else "this one can change the newest"
        text = f"only the account that created a client can change it here: {these}{more}"
        way_out = "apply always with the account that creates; later versions of 2026 let every account change them"
        yield _about(FindingSeverity.WARNING, "not-yours", text, way_out, *foreign)


def _left_by_4_2(listing: Listing, found: Capabilities, instance: Instance) -> Iterator[DoctorFinding]:
    """4.1.0 to 4.2.17 leave a value with a client made with personal access that no request clears."""
    if found is not UP_TO_4_2:
        return
    everybody: tuple[AnyLive, ...] = (*listing.clients, *listing.unsupported)
    own = [client for client in everybody if not is_system_client(client.name, instance.system_clients)]
    doubtful = [client for client in own if _has_personal_access(client)]
    if doubtful:
        these = clients_in_words(doubtful)
        text = f"if 4.1.0 to 4.2.17 made them, their personal access tokens are always refused: {these}"
        way_out = "try one of its tokens; if it is refused, delete the client and create it again, after an upgrade"
        yield _about(FindingSeverity.WARNING, "tokens-refused", text, way_out, *doubtful)


def _has_personal_access(client: AnyLive) -> bool:
    """Whether it has the grant, or no grant at all: what these versions store of a client with that grant alone."""
    return not isinstance(client, LiveClient) or Grant.PERSONAL_ACCESS_TOKEN in client.spec.grants


def _password_grant(account: LoggedIn, listing: Listing) -> Iterator[DoctorFinding]:
    users = [client for client in listing.clients if Grant.PASSWORD in client.spec.grants]
    if account.version in NO_PASSWORD_GRANT and users:
        text = f"{account.version} refuses the password grant to every client: {clients_in_words(users)}"
        yield _about(FindingSeverity.WARNING, "password-grant-refused", text, "upgrade to 4.14.2 or later", *users)


def _upgrade(
    listing: Listing, declared: Declarations | None, found: Capabilities, instance: Instance
) -> Iterator[DoctorFinding]:
    """What an upgrade to 2026 would change for what is declared."""
    if found.is_2026 or declared is None:
        return
    names = {client.name for client in declared.present}
    managed = [client for client in listing.clients if client.name in names]
    mixed = [client for client in managed if found.refuses_code_exchange(client.spec.grants)]
    personal = [client for client in managed if Grant.PERSONAL_ACCESS_TOKEN in client.spec.grants]
    if not managed:
        return
    parts = ["secrets are shown only once, to whoever creates a client: have every one delivered before"]
    if mixed:
        parts.append(f"sign-ins start to work for {clients_in_words(mixed)}")
    if personal:
        parts.append(
            f"{clients_in_words(personal)} may issue every user's personal access tokens, and mints none by its secret"
        )
    text = f"an upgrade to 2026 changes: {'; '.join(parts)}"
    way_out = f"ask what else: reconciler plan --live FILE --platform 2026 -i {instance.name}; see {_PAGE}"
    named_in_it = {client.id: client for client in (*mixed, *personal)}
    yield _about(FindingSeverity.INFO, "upgrade", text, way_out, *named_in_it.values())


def _about(severity: FindingSeverity, code: str, text: str, way_out: str, *clients: AnyLive) -> DoctorFinding:
    return DoctorFinding(severity, Check.PLATFORM, code, text, way_out, named(*clients))
