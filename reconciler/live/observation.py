"""Observations: what instances had at a point in time, as JSON, to plan from without credentials.

An observation contains no secrets: everything written comes from the fields of a `Listing`, and none of its types has a
field for a secret; the gateway drops secrets while it reads an instance's response.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.model.clients import Listing, LiveClient
from reconciler.model.documents import DocumentFormat
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.fields import KEYS, read_unsupported, spec_of, spec_values, unsupported_values
from reconciler.model.lines import LINES, Capabilities, capabilities_of
from reconciler.model.settings import Instance
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonValue, WrongShape
from reconciler.support.text import enumeration, printable, quoted, quoted_url

OBSERVE_AGAIN = "observe again, where the credentials are: reconciler observe -o FILE"


def _not_an_observation(kind: object) -> tuple[str, str] | None:
    if kind != "saved-plan":
        return None
    return "is a saved plan, not an observation", f"apply it: reconciler apply FILE; to plan again, {OBSERVE_AGAIN}"


FORMAT = DocumentFormat(
    kind="observation",
    version=2,
    noun="an observation",
    written="written",
    again=OBSERVE_AGAIN,
    if_cut_off=f"it may have been cut off: get it again, or {OBSERVE_AGAIN}",
    if_newer="plan",
    if_changed=OBSERVE_AGAIN,
    other_kind_error=_not_an_observation,
)


@frozen
class Observation:
    """What an instance had at a point in time."""

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    observed_at: datetime
    """When it was observed, in UTC, to the second: by the instance's own clock if it sends its time."""
    listing: Listing


@frozen
class ObservationAge:
    """The age of the observation that a plan was made from."""

    observed_at: datetime
    age: timedelta
    """Negative if the clocks of two machines differ."""
    file: str
    """The observation's file, printable."""


def dump_observations(observations: Iterable[Observation], program_version: str) -> str:
    """Return the text of an observation file: ASCII only, ending in a line feed, the same for equal arguments."""
    content = {"program_version": program_version, "observations": [_values(each) for each in observations]}
    return FORMAT.dump(content)


def load_observations(data: bytes, path: str) -> tuple[Observation, ...]:
    """Read the observations in a file; `path` is its name in messages. The caller limits the size.

    Raises `Refused` if it is not an observation, is of another version, or was changed after it was written.
    """
    return FORMAT.load(
        data, path, ("program_version", "observations"), lambda values: _read_all(values["observations"])
    )


def observation_of(observations: Sequence[Observation], instance: Instance, path: str) -> Observation:
    """Find the observation of a configured instance. `path` is the file's name in messages.

    Raises `ReconcilerError` if there is none, and `Refused` if it has another URL, and so is of another instance.
    """
    again = f"observe it, where the credentials are: reconciler observe -o FILE --instance {instance.name}"
    for found in observations:
        if found.instance == instance.name:
            _demand_identity(found, instance.identity, f"if that is meant, {again}")
            return found
    held = enumeration(quoted(found.instance) for found in observations)
    raise ReconcilerError(f"not observed: {printable(path)} holds {held} only", again)


def as_if_on(observation: Observation, platform: str | None) -> Observation:
    """The observation as if the instance were of this version; None for the one that was observed."""
    capabilities = capabilities_of(platform) if platform is not None else None
    if capabilities is None:
        return observation
    return replace(observation, listing=replace(observation.listing, capabilities=capabilities))


def _demand_identity(found: Observation, identity: str, again: str) -> None:
    if found.identity != identity:
        both = f"{quoted_url(found.identity)} was observed, and {found.instance} is {quoted_url(identity)} now"
        raise Refused(f"the observation is of another instance: {both}", again)


def _values(observation: Observation) -> dict[str, Any]:
    return {
        "instance": observation.instance,
        "identity": observation.identity,
        "observed_at": observation.observed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": observation.listing.capabilities.line,
        "clients": [_client_values(client) for client in observation.listing.clients],
        "unsupported": [unsupported_values(client) for client in observation.listing.unsupported],
        "unfinished": [_unfinished_values(each) for each in observation.listing.unfinished],
    }


def _read_all(node: JsonValue) -> tuple[Observation, ...]:
    found = node.each(_read)
    names = [observation.instance for observation in found]
    if not found:
        raise WrongShape("`observations` is empty")
    if len(set(names)) < len(names):
        raise WrongShape("`observations` has an instance twice")
    return found


def _read(node: JsonValue) -> Observation:
    values = node.record(("instance", "identity", "observed_at", "platform", "clients", "unsupported", "unfinished"))
    observed_at = _read_moment(values["observed_at"])
    clients, unsupported = values["clients"].each(_read_client), values["unsupported"].each(read_unsupported)
    unfinished = values["unfinished"].each(_read_unfinished)
    listing = Listing(clients, unsupported, observed_at, _read_line(values["platform"]), unfinished)
    _demand_ids(listing, node.place)
    found = Observation(values["instance"].text(), values["identity"].text(), observed_at, listing)
    again = _values(found)
    for key, value in values.items():
        if again[key] != value.value:  # nothing may be lost in reading
            raise WrongShape(f"`{value.place}` is not written as this format requires")
    return found


def _read_line(node: JsonValue) -> Capabilities:
    found = LINES.get(node.text())
    if found is None:
        raise WrongShape(f"`{node.place}` is not a platform version that this reconciler knows")
    return found


def _read_moment(node: JsonValue) -> datetime:
    return node.time().astimezone(UTC)


def _demand_ids(listing: Listing, place: str) -> None:
    kinds = (listing.clients, listing.unsupported, listing.unfinished)
    ids = [[each.id for each in clients] for clients in kinds]
    if any(each != sorted(each) for each in ids):
        raise WrongShape(f"the clients of `{place}` are not in the order of their ids")
    if len({client_id for each in ids for client_id in each}) < sum(map(len, ids)):
        raise WrongShape(f"two clients of `{place}` have the same id")


def _client_values(client: LiveClient) -> dict[str, Any]:
    created_at = client.created_at and client.created_at.isoformat()
    return {"id": client.id, **spec_values(client.spec), "created_at": created_at}


def _read_client(node: JsonValue) -> LiveClient:
    values = node.record(("id", *KEYS, "created_at"))
    spec = spec_of(values)
    return LiveClient(values["id"].client_id(), spec, values["created_at"].unless_null(JsonValue.time))


def _unfinished_values(begun: UnfinishedCreate) -> dict[str, Any]:
    created_at = begun.created_at and begun.created_at.isoformat()
    return {"id": begun.id, "name": begun.name, "run": begun.run, "nonce": begun.nonce, "created_at": created_at}


def _read_unfinished(node: JsonValue) -> UnfinishedCreate:
    values = node.record(("id", "name", "run", "nonce", "created_at"))
    return UnfinishedCreate(
        values["id"].client_id(),
        values["name"].text(),
        values["run"].text(),
        values["nonce"].text(),
        values["created_at"].unless_null(JsonValue.time),
    )
