"""The same conversation with the sandbox over real HTTP and with canned answers: the gateway cannot tell them apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests
import responses

from reconciler.live.gateway import Gateway
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.errors import GatewayError, LoginRefused, Rejected, Unavailable, UnexpectedResponse
from reconciler.model.fields import split_urls
from reconciler.model.secret import Secret
from reconciler.sandbox.serve import ADMIN, running
from tests.live.servers import row

ACCOUNT = Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))
WRONG = Credentials(Secret(ADMIN[0]), Secret("wrong"))
URL = "https://app.example.com/callback"
PORTAL = ClientSpec("Portal", frozenset({Grant.AUTHORIZATION_CODE}), split_urls(URL))
EVERYTHING = ClientSpec("Ünïcode 🧾 <b>", frozenset(Grant), split_urls(f"{URL},https://b.example/cb"))
DESKTOP = ClientSpec("Desktop", frozenset({Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN}))

Answer = tuple[int, dict[str, str], str]
Place = Callable[[], AbstractContextManager[str]]


class Canned:
    """Just enough of a platform to hold clients, without HTTP."""

    def __init__(self) -> None:
        self.clients: dict[int, dict[str, object]] = {1: row(1, name="PmApi")}

    def log_in(self, request: requests.PreparedRequest) -> Answer:
        right = "wrong" not in str(request.body)
        words = {"errors": {"username": ["These credentials do not match our records."]}}
        return (204, {}, "") if right else (422, {}, json.dumps(words))

    def list(self, _: requests.PreparedRequest) -> Answer:
        return 200, {}, json.dumps({"data": [client for client in self.clients.values() if not client["revoked"]]})

    def create(self, request: requests.PreparedRequest) -> Answer:
        client_id = len(self.clients) + 1
        return self._store(client_id, request, 201)

    def update(self, request: requests.PreparedRequest) -> Answer:
        client_id = int(str(request.url).rpartition("/")[2])
        return self._store(client_id, request, 200) if client_id in self.clients else (500, {}, "")

    def delete(self, request: requests.PreparedRequest) -> Answer:
        client = self.clients.get(int(str(request.url).rpartition("/")[2]))
        if client is None:
            return 500, {}, ""
        client["revoked"] = True
        return 204, {}, ""

    def _store(self, client_id: int, request: requests.PreparedRequest, status: int) -> Answer:
        sent = json.loads(request.body or b"{}")
        if sent.get("redirect") == "nowhere":
            return 422, {}, json.dumps({"errors": {"redirect": ["The Redirect field must be a valid URL."]}})
        revoked = self.clients.get(client_id, {}).get("revoked", False)
        self.clients[client_id] = row(client_id, redirect="", revoked=revoked) | sent
        return status, {}, json.dumps(self.clients[client_id])


@contextmanager
def canned() -> Iterator[str]:
    """The canned platform, in front of `requests`."""
    here, base = Canned(), "https://acme.example"
    one = re.compile(rf"{base}/oauth/clients/\d+")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        web.add_callback("POST", f"{base}/login", here.log_in, content_type="application/json")
        web.get(f"{base}/logout", status=302)
        web.post(f"{base}/oauth/token/refresh", json=[])
        web.add_callback("GET", f"{base}/oauth/clients", here.list, content_type="application/json")
        web.add_callback("POST", f"{base}/oauth/clients", here.create, content_type="application/json")
        web.add_callback("PUT", one, here.update, content_type="application/json")
        web.add_callback("DELETE", one, here.delete)
        yield base


@pytest.fixture(params=["sandbox", "responses"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    place: Place = {"sandbox": lambda: running(None), "responses": canned}[request.param]
    with place() as base:
        yield base


@pytest.fixture
def gateway(url: str) -> Iterator[Gateway]:
    with connect(url, ACCOUNT) as connected:
        yield connected


class TestGateway:
    """What planning and applying rely on, wherever the platform is."""

    def test_a_fresh_instance_lists_its_clients_in_ascending_id(self, gateway: Gateway) -> None:
        found = gateway.list_clients()
        assert found.unsupported == ()
        assert [client.id for client in found.clients] == sorted(client.id for client in found.clients)
        assert found.clients[0].name == "PmApi"

    @pytest.mark.parametrize("spec", [PORTAL, EVERYTHING, DESKTOP], ids=lambda spec: str(spec.name))
    def test_what_is_created_is_listed_as_it_was_sent(self, gateway: Gateway, spec: ClientSpec) -> None:
        made = gateway.create_client(spec).client
        assert made.spec == spec
        assert gateway.list_clients().clients[-1] == made

    @pytest.mark.parametrize("spec", [EVERYTHING, DESKTOP], ids=lambda spec: str(spec.name))
    def test_an_update_replaces_everything_and_keeps_the_id(self, gateway: Gateway, spec: ClientSpec) -> None:
        made = gateway.create_client(PORTAL)
        changed = gateway.update_client(made.id, spec)
        assert (changed.id, changed.spec) == (made.id, spec)
        assert gateway.list_clients().clients[-1] == changed

    def test_a_deleted_client_is_not_listed_and_may_be_deleted_again(self, gateway: Gateway) -> None:
        made = gateway.create_client(PORTAL)
        gateway.delete_client(made.id)
        gateway.delete_client(made.id)
        assert made.id not in [client.id for client in gateway.list_clients().clients]

    def test_equal_names_make_two_clients(self, gateway: Gateway) -> None:
        """⚠ Names are not unique."""
        assert gateway.create_client(PORTAL).id != gateway.create_client(PORTAL).id

    def test_an_update_of_a_deleted_client_is_an_error_and_brings_nothing_back(self, gateway: Gateway) -> None:
        """⚠ 200 with "revoked": true for a deleted one, which stays deleted."""
        made = gateway.create_client(PORTAL)
        gateway.delete_client(made.id)
        with pytest.raises(UnexpectedResponse, match="somebody has deleted client"):
            gateway.update_client(made.id, DESKTOP)
        assert made.id not in [client.id for client in gateway.list_clients().clients]

    def test_a_client_that_never_was_is_told_from_a_missing_session(self, gateway: Gateway) -> None:
        """⚠ Both are 500."""
        with pytest.raises(Unavailable, match="no such client"):
            gateway.update_client(999, PORTAL)
        with pytest.raises(Unavailable, match="no such client"):
            gateway.delete_client(999)

    def test_a_refused_value_comes_with_the_platforms_words(self, gateway: Gateway) -> None:
        with pytest.raises(Rejected, match="redirect: The Redirect field must be a valid URL"):
            gateway.create_client(ClientSpec("Portal", frozenset({Grant.AUTHORIZATION_CODE}), ("nowhere",)))

    def test_a_wrong_password_is_refused(self, url: str) -> None:
        with pytest.raises(LoginRefused, match="do not belong to an active account"), connect(url, WRONG):
            pytest.fail("the password is wrong")


def test_a_locked_account_is_told_from_a_wrong_password() -> None:
    """⚠ Where the password policy limits attempts, one try too many blocks the account."""
    with running(None, settings={"password-policies.login_attempts": 1}) as url:
        said: list[str] = []
        for _ in range(2):
            with pytest.raises(LoginRefused) as caught, connect(url, WRONG):
                pytest.fail("the password is wrong")
            said.append(caught.value.message)
    assert "do not belong to an active account" in said[0]
    assert "the account is locked" in said[1]


def test_one_session_a_user_is_enough_if_each_run_logs_out() -> None:
    """⚠ Where sessions are limited to one a user, a second login gets 302 to /login."""
    with running(None, settings={"session-control.ip_restriction": 1}) as url:
        with connect(url, ACCOUNT), pytest.raises(LoginRefused, match="has one already"), connect(url, ACCOUNT):
            pytest.fail("there is a session already")
        with pytest.raises(GatewayError), connect(url, ACCOUNT) as gateway:
            gateway.delete_client(999)
        with connect(url, ACCOUNT) as gateway:
            assert gateway.list_clients().clients


def test_a_name_that_the_platform_trims_was_not_stored_as_sent() -> None:
    """A declared name that the platform would trim never comes into sync: the answer shows it."""
    padded = ClientSpec(" Portal", PORTAL.grants, PORTAL.redirect_urls)
    said = '`name` was stored as "Portal", and sent as " Portal"'
    with running(None) as url, connect(url, ACCOUNT) as gateway, pytest.raises(UnexpectedResponse, match=said):
        gateway.create_client(padded)
