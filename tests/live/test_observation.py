"""An observation says all that was seen, and nothing that was changed since is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import NoneType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from reconciler.live.observation import Observation, dump_observations, load_observations, observation_of
from reconciler.model.clients import Declarations, Grant, Listing, Location
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.lines import SecretDisplay
from reconciler.model.settings import Instance
from reconciler.planning.make_plan import PlanPolicy, make_plan
from tests.builders import CODE, PERSONAL, listing, live, spec, unsupported
from tests.strategies import declarations, observations, policies
from tests.support.types_of_values import leaves as type_leaves

SCHEMA = Draft7Validator(json.loads(schema_text("observation")))
SEEN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
Values = dict[str, Any]


def one(name: str = "production", seen: Listing | None = None) -> Observation:
    found = seen or listing(live(1, "PmApi"), live(2, spec("Portal", CODE, PERSONAL)), unsupported(3, "Odd"))
    return Observation(name, f"https://{name}.example.com", SEEN, found)


def written(*found: Observation) -> str:
    return dump_observations(found or (one(), one("staging")), "1.2.3")


def document(text: str) -> Values:
    found: Values = json.loads(text)
    return found


def with_digest(values: Values) -> bytes:
    """A file of these values whose digest fits, made as docs/guides/observation.md says."""
    rest = {key: value for key, value in values.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return json.dumps({**rest, "digest": f"sha256:{hashlib.sha256(canonical.encode('ascii')).hexdigest()}"}).encode()


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        load_observations(data, "live.json")
    assert caught.value.message.startswith("live.json ")
    assert "reconciler observe -o FILE" in str(caught.value.hint)
    return caught.value


@given(observations())
def test_what_is_loaded_is_what_was_written(found: list[Observation]) -> None:
    text = written(*found)
    assert text.isascii()
    assert load_observations(text.encode(), "live.json") == tuple(found)


@given(observations())
def test_every_observation_fits_the_schema(found: list[Observation]) -> None:
    assert [problem.message for problem in SCHEMA.iter_errors(document(written(*found)))] == []


@given(declarations(), observations(), policies)
def test_a_plan_from_an_observation_is_the_plan_of_the_instance(
    declared: Declarations, found: list[Observation], policy: PlanPolicy
) -> None:
    """As of the time that the file names, where the instance itself told none."""
    [again, *_] = load_observations(written(*found).encode(), "live.json")
    seen = replace(found[0].listing, at=found[0].observed_at)
    assert make_plan(declared, again.listing, policy) == make_plan(declared, seen, policy)


def test_the_time_is_written_in_utc_to_the_second() -> None:
    at = datetime(2026, 3, 1, 10, 30, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    text = written(Observation("a", "https://a.example.com", at, listing()))
    assert document(text)["observations"][0]["observed_at"] == "2026-03-01T08:30:05Z"


@given(st.data())
def test_any_change_of_a_byte_is_refused_or_changes_nothing(data: st.DataObject) -> None:
    """A byte is replaced, taken out or put in, anywhere."""
    found = load_observations(original := written().encode(), "live.json")
    place = data.draw(st.integers(0, len(original) - 1))
    byte = bytes([data.draw(st.integers(0, 255) | st.sampled_from(b' \n"{}[]0:,-'))])
    kind = data.draw(st.sampled_from(["replaced", "removed", "inserted"]))
    new = {"replaced": byte, "removed": b"", "inserted": byte + original[place : place + 1]}[kind]
    try:
        loaded = load_observations(original[:place] + new + original[place + 1 :], "live.json")
    except Refused:
        return
    assert loaded == found


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not valid JSON"),
        (b"instances: {}\n", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b"[]", "is not an observation"),
        (b'{"format_version": 1, "kind": "plan", "instances": []}', "is not an observation"),
        (b'{"kind": "observation", "kind": "observation"}', "the key 'kind' appears twice in one object"),
        (b'{"kind": "saved-plan", "format_version": 1}', "is a saved plan, not an observation"),
        (b'{"kind": "observation"}', "of a format that no version of reconciler has written"),
        (b'{"kind": "observation", "format_version": 2}', "its digest does not fit"),
        (b'{"kind": "observation", "format_version": 1}', "was written by an older reconciler"),
    ],
)
def test_what_is_no_observation_is_refused_in_one_sentence(data: bytes, why: str) -> None:
    assert why in refusal(data).message


def test_an_observation_of_a_newer_version_names_the_version_that_made_it() -> None:
    found = refusal(with_digest({**document(written()), "format_version": 3, "program_version": "9.1.0"}))
    assert found.message == "live.json was written by a newer reconciler (9.1.0)"


@pytest.mark.parametrize(
    "edit",
    [
        lambda values: values["observations"].pop(),
        lambda values: values["observations"][0].update(identity="https://other.example.com"),
        lambda values: values["observations"][0].update(observed_at="2026-03-02T09:00:00Z"),
        lambda values: values["observations"][0]["clients"].pop(),
        lambda values: values.pop("digest"),
    ],
)
def test_an_observation_that_was_edited_is_refused_by_its_digest(edit: Callable[[Values], object]) -> None:
    values = document(written())
    edit(values)
    assert "its digest does not fit" in refusal(json.dumps(values).encode()).message


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda first: first["clients"][0].update(secret="s3cret"), "'observations[0].clients[0].secret' is not a key"),
        (lambda first: first["clients"][0].update(id=0), "`observations[0].clients[0].id` is not a whole number"),
        (lambda first: first["clients"][0].update(id=2), "two clients of `observations[0]` have the same id"),
        (lambda first: first["clients"][0].update(id=3), "are not in the order of their ids"),
        (lambda first: first["unsupported"][0].update(id=2), "two clients of `observations[0]` have the same id"),
        (lambda first: first["clients"][0].update(name="\ud800"), "half a character"),
        (lambda first: first["clients"][0].update(grants=[]), "`observations[0].clients[0].grants` is empty"),
        (lambda first: first["clients"][0].update(grants=["implicit"]), "is not one of authorization_code"),
        (lambda first: first["clients"][0].update(grants=["authorization_code"] * 2), "is not written as this format"),
        (lambda first: first["clients"][0].update(redirect_url=None), "it goes with authorization_code"),
        (lambda first: first["clients"][0].update(redirect_url=""), "it goes with authorization_code"),
        (lambda first: first.update(observed_at="yesterday"), "is not a time with a time zone"),
        (lambda first: first.update(observed_at="2026-03-01T11:00:00+02:00"), "is not written as this format"),
        (lambda first: first.update(observed_at="0001-01-01T00:00:00+23:00"), "is not a time with a time zone"),
        (lambda first: first.update(instance="staging"), "`observations` has an instance twice"),
        (lambda first: first.pop("clients"), "`observations[0].clients` is missing"),
    ],
)
def test_another_shape_is_refused_by_the_name_of_the_key(edit: Callable[[Values], object], why: str) -> None:
    values = document(written())
    edit(values["observations"][0])
    found = refusal(with_digest(values))
    assert why in found.message
    assert "s3cret" not in found.message


def test_an_observation_of_nothing_is_refused() -> None:
    assert "`observations` is empty" in refusal(with_digest({**document(written()), "observations": []})).message


def instance(name: str, url: str) -> Instance:
    return Instance(name, Location("reconciler.yaml", 1, 1), url=url)


def test_the_observation_of_an_instance_is_found_by_its_name() -> None:
    found = (one(), one("staging"))
    assert observation_of(found, instance("staging", "https://staging.example.com"), "live.json") is found[1]


def test_an_observation_of_another_url_is_refused_naming_both() -> None:
    with pytest.raises(Refused) as caught:
        observation_of([one()], instance("production", "https://new.example.com"), "live.json")
    assert caught.value.message == (
        "the observation is of another instance: "
        "'https://production.example.com' was observed, and production is 'https://new.example.com' now"
    )


def test_an_instance_that_was_not_observed_is_told_apart_from_one_of_another_url() -> None:
    with pytest.raises(ReconcilerError) as caught:
        observation_of([one()], instance("eu", "https://production.example.com"), "live.json")
    assert caught.value.message == "not observed: live.json holds 'production' only"
    assert "--instance eu" in str(caught.value.hint)
    assert caught.value.exit_code == 1


def test_no_type_that_is_written_can_hold_a_secret() -> None:
    """Whoever adds a field to a live client meets this list: every leaf of it ends up in a file that others read."""
    assert set(type_leaves(Observation, set())) == {str, int, NoneType, datetime, Grant, bool, SecretDisplay}
