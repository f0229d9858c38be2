"""How many stored secrets are tried, how fast, and what ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.clients import LiveClient
from reconciler.model.secret import Secret
from reconciler.model.trials import Trial, TrialState
from reconciler.results import SinkEntry
from reconciler.sandbox.serve import ADMIN, running
from reconciler.secrets.values import SinkState
from reconciler.workflow.delivery.trials import INTERVAL, Place, TrialRequest, Trials
from tests.faults import On, RequestLog, Respond, together
from tests.live.waiting import Waiting
from tests.sandbox.conftest import Browser
from tests.secrets.handing import client, deliverer

if TYPE_CHECKING:
    from tests.faults import Fault

SINKS = ({"json": {"path": "all.json"}}, {"dotenv": {"path": "all.env"}})
THROTTLED = Respond(On("POST", "/oauth/token", {2}), 429, headers={"Retry-After": "40"})
GONE = Respond(On("POST", "/oauth/token", {2}), 503)

Run = Callable[[list[str]], list[Trial]]


@contextmanager
def trials(
    folder: Path, waiting: Waiting, *, fault: Fault | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Run, RequestLog, list[str]]]:
    """Trials of three clients, which a json sink and a dotenv sink have, as the text of both says."""
    log, told = RequestLog(), list[str]()
    middleware = together(log, fault) if fault else log
    with running(None, settings={"session.secure": "false"}, middleware=middleware) as base, Browser(base) as admin:
        admin.log_in()
        made = [admin.create(name=name).json() for name in ("One", "Two", "Three")]
        entries = {each["name"]: {"id": each["id"], "secret": each["secret"], "owner": None} for each in made}
        (folder / "all.json").write_text(json.dumps({"production": entries}))
        lines = [
            f"{each['name'].upper()}_CLIENT_ID={each['id']}\n{each['name'].upper()}_CLIENT_SECRET={each['secret']}\n"
            for each in made
        ]
        (folder / "all.env").write_text("".join(lines))
        with connect(base, Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))) as gateway:
            live = {each.name: each for each in gateway.list_clients().clients}

            def run(names: list[str]) -> list[Trial]:
                opened = deliverer(folder, *SINKS)
                request = TrialRequest(None, waiting.retry_clock, told.append)
                trying = Trials(request, opened, gateway, gateway.list_clients(), stop)
                places = [place(live[name], number) for number in (0, 1) for name in names]
                return [each.trial for each in trying.run(places, ()) if each.trial is not None]

            yield run, log, told


def place(live: LiveClient, number: int) -> Place:
    return Place(client(live.name, None), number, SinkEntry(live.name, live.id, str(number), SinkState.CURRENT))


def test_each_secret_is_tried_once_and_never_two_within_two_seconds(tmp_path: Path) -> None:
    waiting = Waiting()
    with trials(tmp_path, waiting) as (run, log, told):
        assert [each.state for each in run(["One", "Two", "Three"])] == [TrialState.ACCEPTED] * 6
        assert log.count("POST", "/oauth/token") == 3
    assert waiting.pauses == [INTERVAL, INTERVAL]
    assert told == ["trying 3 secrets, one every 2 s: about 4 s"]


@pytest.mark.parametrize(("fault", "why"), [(THROTTLED, "wait 40 s"), (GONE, "maintenance")], ids=["429", "503"])
def test_the_first_answer_of_this_kind_ends_the_trials(tmp_path: Path, fault: Fault, why: str) -> None:
    with trials(tmp_path, Waiting(), fault=fault) as (run, log, _):
        found = run(["One", "Two", "Three"])
        states = [TrialState.ACCEPTED, TrialState.NOT_TRIED, TrialState.NOT_TRIED]
        assert [each.state for each in found] == [*states, *states]
        assert all(why in (each.why or "") for each in found if each.state is TrialState.NOT_TRIED)
        assert log.count("POST", "/oauth/token") == 2


def test_a_run_that_is_to_stop_tries_no_more(tmp_path: Path) -> None:
    waiting = Waiting()
    with trials(tmp_path, waiting, stop=lambda: bool(waiting.pauses)) as (run, log, _):
        states = [TrialState.ACCEPTED, TrialState.NOT_TRIED]
        assert [each.state for each in run(["One", "Two"])] == [*states, *states]
        assert log.count("POST", "/oauth/token") == 1
