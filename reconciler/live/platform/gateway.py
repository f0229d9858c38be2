"""The `Gateway` to an instance over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reconciler.live.gateway import ClientSecret, CreatedClient
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.http.retry import RetryClock
from reconciler.live.http.transport import Transport
from reconciler.live.platform import codec, endpoints
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.lines import after_asking_for_nobody
from reconciler.live.platform.listing import read_listing, read_secret, read_secrets, texts_of
from reconciler.live.platform.server_words import ServerWords
from reconciler.live.platform.session import Session, texts_in
from reconciler.model.clients import ClientSpec, Listing, LiveClient, UnsupportedClient
from reconciler.model.errors import GatewayError, Unavailable, UnexpectedResponse
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.model.settings import ClientCertificate
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.support.json_reader import WrongShape

if TYPE_CHECKING:
    from reconciler.model.trials import Trial

Read = TypeVar("Read")

REAL_TIME = RetryClock()
"""Pauses in real time."""


@contextmanager
def connect(  # noqa: PLR0913  (an instance's settings, by name)
    url: str,
    credentials: Credentials,
    *,
    timeout: float = 30.0,
    ca_bundle: Path | None = None,
    client_certificate: ClientCertificate | None = None,
    allow_http: bool = False,
    embedded: bool = False,
    connections: int = 8,
    retry_clock: RetryClock = REAL_TIME,
    renewals: int = 1,
    on_refused: Callable[[], object] = lambda: None,
) -> Iterator[HttpGateway]:
    """Log in to the instance at `url` and yield its thread-safe gateway; log out whenever the block ends.

    `timeout` is the total per request in seconds (without resolving the host name); all attempts of a request together
    may take four times as long. `ca_bundle` is a PEM file of CAs to trust instead of the usual ones,
    `client_certificate` is shown to an instance that asks for one. Plain http to another machine requires `allow_http`.
    Proxies come from the environment, but are never used for this machine's own addresses or an `embedded` instance.
    `connections` are kept open, one for each thread that will use the gateway.
    `retry_clock` makes the pauses between attempts; `pause_unless` ends them when a run is to stop. A session that ends
    too early is renewed `renewals` times; `on_refused` is called if the account is not accepted any more by then.

    Raises LoginRefused or another GatewayError if there is no session, ReconcilerError for a URL, a proxy, a CA bundle
    or a client certificate that cannot be used.
    """
    with (
        Transport(
            url,
            timeout=timeout,
            ca_bundle=ca_bundle,
            client_certificate=client_certificate,
            quote=ServerWords(credentials).quote,
            allow_http=allow_http,
            embedded=embedded,
            connections=connections,
            retry_clock=retry_clock,
        ) as transport,
        ExitStack() as ways_out,
    ):
        session = Session(transport, credentials, renewals, on_refused)
        # Before the login, so that an interruption right after its response is covered too.
        ways_out.callback(session.log_out)
        try:
            session.log_in()
        except BaseException as error:
            if isinstance(error, GatewayError) or not session.may_be_open:
                ways_out.pop_all()
            raise
        yield HttpGateway(session, transport.url)


class HttpGateway:
    """A `Gateway` that checks every response."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url

    @property
    def session(self) -> Session:
        """The session that its requests use."""
        return self._session

    def list_clients(self) -> Listing:
        """Return all clients that are not deleted, sorted by id, without their secrets."""
        answered = self._session.ask_listing(endpoints.LIST)
        return self._without_password(self._checked(endpoints.LIST, lambda: read_listing(*answered)), answered.document)

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        """Return the same as `list_clients`, and the secret of each of those clients, sorted by id."""
        answered = self._session.ask_listing(endpoints.LIST, with_secrets=True)
        listing, secrets = self._checked(
            endpoints.LIST, lambda: (read_listing(*answered), read_secrets(answered.document))
        )
        return self._without_password(listing, answered.document), secrets

    def _without_password(self, listing: Listing, document: object) -> Listing:
        """The listing. Raises UnexpectedResponse if a client contains the password, which every output would show."""
        hold_password = self._session.words.hold_password
        clients = listing.clients
        named = [live.spec.name for live in clients] + [begun.name for begun in listing.unfinished]
        names = "\n".join(named)  # one search for thousands of clients
        urls = "\n".join([",".join(live.spec.redirect_urls) for live in clients])
        found = [
            client_id
            for client_id, texts in texts_of(document, {live.id for live in listing.unsupported})
            if hold_password(*texts)
        ]
        if hold_password(names, urls):
            found += [live.id for live in clients if hold_password(live.spec.name, ",".join(live.spec.redirect_urls))]
            found += [begun.id for begun in listing.unfinished if hold_password(begun.name)]
        if found:
            raise self._unexpected(endpoints.LIST, _holds_password(min(found)))
        return listing

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> CreatedClient:
        """Create a client and return it, with its secret, as the instance answered.

        Never retried where that might create a second one. `beside` is the id of a live client that already has this
        name: it is no sign that the client was created.
        """
        document = self._session.ask(
            endpoints.CREATE,
            codec.request_body(spec),
            before_repeating=lambda: self._check_not_made(spec.name, beside),
            with_secrets=True,
        )
        client = self._stored(endpoints.CREATE, document, spec)
        return CreatedClient(client, self._checked(endpoints.CREATE, lambda: read_secret(document)))

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        """Replace name, grants and redirect of a client together, and return it as the instance answered."""
        call = endpoints.update(client_id)
        document = self._session.ask(call, codec.request_body(spec))
        stored = self._stored(call, document, spec)
        if stored.id != client_id:
            raise self._unexpected(call, f"it answers with another client, {stored.id}")
        return stored

    def delete_client(self, client_id: int) -> None:
        """Revoke a client and its tokens. This cannot be undone."""
        self._session.ask(endpoints.delete(client_id))

    def may_change(self, client_id: int) -> bool:
        """Whether this account can change and delete a listed client, given the permissions. Only from 2026 on.

        Raises a GatewayError, also where the platform answers as it did up to 4.15.
        """
        call = endpoints.show(client_id)
        return self._session.status_of(call, frozenset({200, 404})) == 200

    def ask_for_nobody(self, seen: Capabilities) -> Capabilities:
        """What the instance can do, by its answer to a GET of client 0, which shows more than a listing."""
        status = self._session.status_of(endpoints.show(0), frozenset({404, 500}))
        return after_asking_for_nobody(seen, status)

    def may_edit_and_delete(self) -> tuple[bool, bool]:
        """Whether the account has the permissions to edit and to delete auth clients. Nothing is changed."""
        edit = self._session.status_of(endpoints.ASK_EDIT, frozenset({403, 404, 422, 500}), {})
        delete = self._session.status_of(endpoints.ASK_DELETE, frozenset({403, 404, 500}))
        return edit != 403, delete != 403

    def try_secret(self, client: LiveClient, secret: Secret, capabilities: Capabilities) -> Trial:
        """Whether a client's secret is accepted, by its token endpoint. No token is issued."""
        from reconciler.live.platform.token_endpoint import try_secret  # for one command

        return try_secret(client, secret, capabilities, self._url, self._session.ask_without_session)

    def _check_not_made(self, name: str, beside: int | None) -> None:
        """Raise Unavailable if a create that found the session ended may still have created a client with this name.

        Without a session the platform creates nothing. But its 500 does not prove that there was no session: a restart
        of the session store can fail a request after the client was created, and end the session too. So the listing
        decides. It includes a client that was created, since the create has been answered; but that client may have
        been created by somebody else, which only the plan can tell.
        """
        listing = self.list_clients()
        everybody: tuple[LiveClient | UnsupportedClient | UnfinishedCreate, ...]
        everybody = (*listing.clients, *listing.unsupported, *listing.unfinished)
        if any(live.name == name and live.id != beside for live in everybody):
            why = "the session ended meanwhile, and a client of this name is live, perhaps the one that was to be made"
            raise Unavailable(failure_text(endpoints.CREATE, self._url, why), "plan again: it shows what is live now")

    def _stored(self, call: ApiRequest, document: object, sent: ClientSpec) -> LiveClient:
        row = self._checked(call, lambda: codec.read_row(document))
        if row.revoked:
            # A PUT to a deleted client is answered with 200 and has no visible effect.
            why = f"somebody has deleted client {row.id} meanwhile; it was not restored"
            raise UnexpectedResponse(failure_text(call, self._url, why), "plan again")
        if self._session.words.hold_password(row.name, row.redirect, *row.types):
            raise self._unexpected(call, _holds_password(row.id))
        words, body = self._session.words, texts_in(codec.request_body(sent))
        difference = codec.difference(row, sent, lambda stored: words.quote(stored, body))
        if difference is not None:
            raise self._unexpected(call, difference)
        client = codec.read_client(row)
        if isinstance(client, UnsupportedClient):
            raise self._unexpected(call, client.why)
        return client

    def _checked(self, call: ApiRequest, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except WrongShape as error:
            raise self._unexpected(call, f"its answer has an unexpected structure: {error}") from error

    def _unexpected(self, call: ApiRequest, why: str) -> UnexpectedResponse:
        return UnexpectedResponse(
            failure_text(call, self._url, why), "look at the client in the platform's Auth Clients page"
        )


def _holds_password(client_id: int) -> str:
    return f"client {client_id} has the password of this account in its name, its redirect or its type"
