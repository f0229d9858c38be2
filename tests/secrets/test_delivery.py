"""All sinks together: what goes where, in which order, and what is masked first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.secret import Secret
from reconciler.secrets.delivery import SinkHolding
from reconciler.secrets.masking import Mask, mask
from reconciler.secrets.values import SinkState
from tests.secrets.handing import client, configured, deliverer, delivery, text_of

JSON = {"json": {"path": "clients.json"}}
DOTENV = {"dotenv": {"path": ".env", "only": ["Customer*"]}}


def test_an_instance_without_sinks_takes_everything_and_does_nothing(tmp_path: Path) -> None:
    nobody = deliverer(tmp_path)
    assert nobody.labels == ()
    assert nobody.problems([client()]) == nobody.deliver(delivery()) == nobody.forget(client(), 17) == ()


def test_a_client_goes_to_every_sink_that_covers_it(tmp_path: Path) -> None:
    sinks = deliverer(tmp_path, JSON, DOTENV)
    assert sinks.labels == ("json clients.json", "dotenv .env")
    assert [done.sink for done in sinks.deliver(delivery())] == list(sinks.labels)
    assert [done.sink for done in sinks.deliver(delivery("Payments", 18))] == ["json clients.json"]
    assert sinks.holds(delivery("Payments", 18)) == (SinkHolding("json clients.json", SinkState.CURRENT),)


def test_a_sink_that_cannot_be_looked_into_says_why_and_the_others_answer(tmp_path: Path) -> None:
    (tmp_path / "clients.json").write_text("no document")
    broken, fine = deliverer(tmp_path, JSON, DOTENV).holds(delivery())
    assert (broken.held, fine) == (SinkState.UNKNOWN, SinkHolding("dotenv .env", SinkState.MISSING))
    assert broken.error is not None
    assert broken.error.message == "clients.json is not a document of this sink"


def test_two_clients_that_one_sink_would_mix_up_may_go_to_two(tmp_path: Path) -> None:
    parted = [{"dotenv": {"path": ".a", "only": ["A b"]}}, {"dotenv": {"path": ".b", "only": ["A-b"]}}]
    assert deliverer(tmp_path, *parted).problems([client("A b"), client("A-b")]) == ()
    assert len(deliverer(tmp_path, {"dotenv": {"path": ".a"}}).problems([client("A b"), client("A-b")])) == 1


def test_a_value_is_masked_before_any_sink_gets_it(tmp_path: Path) -> None:
    (tmp_path / "nowhere").mkdir()
    heard: list[str] = []

    def tell(line: str) -> None:
        assert not (tmp_path / "clients.json").exists()
        heard.append(line)

    deliverer(tmp_path, JSON, pipeline=Mask(tell)).deliver(delivery())
    assert heard == [f"::add-mask::{text_of(17)}\n"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a%0Ab", ["::add-mask::a%250Ab\n"]),
        ("a\nb\r\nc", ["::add-mask::a\n", "::add-mask::b\n", "::add-mask::c\n"]),
        ("  \n", []),
        ("::set-output::", ["::add-mask::::set-output::\n"]),
    ],
)
def test_each_line_of_a_value_is_masked_as_the_runner_reads_it(text: str, lines: list[str]) -> None:
    heard: list[str] = []
    mask(Secret(text), heard.append)
    assert heard == lines


def test_the_variables_of_every_instances_credentials_are_known_as_secret(tmp_path: Path) -> None:
    assert configured(tmp_path).secret_variables == {"PM_USERNAME", "PM_PASSWORD"}
