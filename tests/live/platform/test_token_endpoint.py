"""Whether a secret is still accepted, asked of the token endpoint of each line without a token being issued."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.live.platform.token_endpoint import try_secret
from reconciler.model.clients import ClientSpec, Grant, LiveClient
from reconciler.model.errors import Unavailable
from reconciler.model.lines import NEWEST, UNKNOWN, UP_TO_4_15, Capabilities
from reconciler.model.secret import Secret
from reconciler.model.trials import TrialState
from reconciler.sandbox.serve import ADMIN, running
from tests.faults import RequestLog
from tests.sandbox.conftest import Browser

CODE = "authorization_code_grant"
TYPES = {Grant.AUTHORIZATION_CODE: CODE, Grant.PERSONAL_ACCESS_TOKEN: "personal_access_client"}
TYPES |= {Grant.PASSWORD: "password_client"}
COMBINATIONS = [frozenset(some) for number in (1, 2, 3) for some in combinations(Grant, number)]
PERSONAL = frozenset({Grant.PERSONAL_ACCESS_TOKEN})
CLIENT = LiveClient(7, ClientSpec("One", frozenset({Grant.AUTHORIZATION_CODE}), ("https://one.example/cb",)))


def make(admin: Browser, grants: frozenset[Grant]) -> tuple[int, Secret]:
    """A client with these grants, whatever a POST of this version stores, and its secret."""
    redirect = "https://a.example/cb"
    made = admin.create(name="n", types=[CODE], redirect=redirect).json()
    wish = {"name": "n", "types": [TYPES[grant] for grant in grants], "redirect": redirect}
    assert admin.call("PUT", f"/oauth/clients/{made['id']}", json=wish).status_code == 200
    return made["id"], Secret(made["secret"])


@pytest.mark.parametrize(
    "version", ["4.0.17", "4.2.36", "4.6.3", "4.11.1", "4.14.1", "4.15.6", "2026-owner-only", "2026"]
)
def test_a_right_secret_is_accepted_and_a_wrong_one_refused_and_no_token_is_ever_issued(version: str) -> None:
    """Of every combination of grants; only where nothing else could be asked, from 2026 on, it cannot be tried."""
    log = RequestLog()
    settings = {"session.secure": "false"}
    account = Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))
    with running(None, platform=version, settings=settings, middleware=log) as base, Browser(base) as admin:
        admin.headers["User-Agent"] = "tests/1.0"
        admin.log_in()
        made = [make(admin, grants) for grants in COMBINATIONS]
        gone = make(admin, COMBINATIONS[0])
        with connect(base, account) as gateway:
            listing = gateway.list_clients()
            live = {each.id: each for each in listing.clients}
            admin.call("DELETE", f"/oauth/clients/{gone[0]}")
            for client_id, secret in made:
                untriable = version.startswith("2026") and live[client_id].spec.grants == PERSONAL
                right = gateway.try_secret(live[client_id], secret, listing.capabilities)
                wrong = gateway.try_secret(live[client_id], Secret("x" * 40), listing.capabilities)
                hash_of_it = gateway.try_secret(live[client_id], Secret("$2y$10$" + "a" * 53), listing.capabilities)
                if untriable:
                    assert {each.state for each in (right, wrong, hash_of_it)} == {TrialState.IMPOSSIBLE}
                else:
                    assert right.state is TrialState.ACCEPTED, live[client_id].spec.grants
                    assert wrong.state is hash_of_it.state is TrialState.REFUSED, live[client_id].spec.grants
            assert gateway.try_secret(live[gone[0]], gone[1], listing.capabilities).state is TrialState.REFUSED
    statuses = {seen.status for seen in log.requests if seen.path == "/oauth/token"}
    assert statuses
    assert statuses <= {400, 401}


def answering(
    status: int, body: object, content_type: str = "application/json", retry_after: str | None = None
) -> HttpResponse:
    content = body if isinstance(body, str) else json.dumps(body)
    return HttpResponse(status, content_type, None, content.encode(), retry_after)


def asked(answer: HttpResponse, capabilities: Capabilities = UP_TO_4_15) -> TrialState:
    return try_secret(CLIENT, Secret("s"), capabilities, "https://acme.example", lambda call, form: answer).state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (answering(200, {"access_token": "t"}), TrialState.UNCLEAR),
        (answering(200, {"error": "invalid_client"}), TrialState.UNCLEAR),
        (answering(302, ""), TrialState.UNCLEAR),
        (answering(401, "<h1>Unauthorized</h1>", "text/html"), TrialState.UNCLEAR),
        (answering(401, {"error": "invalid_client"}, "text/html"), TrialState.UNCLEAR),
        (answering(401, "[" * 100_000), TrialState.UNCLEAR),
        (answering(400, ["invalid_client"]), TrialState.UNCLEAR),
        (answering(400, {"error": ["invalid_client"]}), TrialState.UNCLEAR),
        (answering(400, {"error": "invalid_request"}), TrialState.UNCLEAR),
        (answering(400, {"error": "invalid_request", "hint": "Check the `client_id` parameter"}), TrialState.UNCLEAR),
        (answering(500, {"message": "Server Error"}), TrialState.UNCLEAR),
        # The word decides, not the status.
        (answering(400, {"error": "invalid_client"}), TrialState.REFUSED),
        (answering(401, {"error": "invalid_grant"}), TrialState.ACCEPTED),
        (answering(401, {"error": "invalid_credentials"}), TrialState.ACCEPTED),
        (answering(400, {"error": "unauthorized_client"}), TrialState.IMPOSSIBLE),
        (answering(400, {"error": "unsupported_grant_type"}), TrialState.IMPOSSIBLE),
    ],
)
def test_what_an_answer_says(answer: HttpResponse, state: TrialState) -> None:
    assert asked(answer) is state


@pytest.mark.parametrize(("status", "said"), [(429, "wait 40 s"), (502, "(502)"), (503, "(503)"), (504, "(504)")])
def test_after_some_answers_nothing_more_should_be_tried(status: int, said: str) -> None:
    with pytest.raises(Unavailable) as raised:
        asked(answering(status, {"message": "Too Many Attempts."}, retry_after="40"))
    assert said in raised.value.message


def test_nothing_is_asked_where_an_answer_could_be_a_token() -> None:
    sent: list[tuple[ApiRequest, Secret]] = []

    def send(call: ApiRequest, form: Secret) -> HttpResponse:
        sent.append((call, form))
        return answering(400, {"error": "invalid_grant"})

    for grants in COMBINATIONS:
        client = LiveClient(7, ClientSpec("One", grants, ("https://one.example/cb",)))
        assert try_secret(client, Secret("s"), UNKNOWN, "https://acme.example", send).state is TrialState.IMPOSSIBLE
    assert sent == []
    for capabilities in (UP_TO_4_15, NEWEST):
        for grants in COMBINATIONS:
            client = LiveClient(7, ClientSpec("One", grants, ("https://one.example/cb",)))
            try_secret(client, Secret("s"), capabilities, "https://acme.example", send)
    forms = [form.reveal() for _, form in sent]
    assert len(forms) == len(set(forms)) == 2 * len(COMBINATIONS) - 1
    assert not [form for form in forms if "client_credentials" in form or "personal_access" in form]
