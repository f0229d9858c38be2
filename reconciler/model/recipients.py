"""Who gets a client's id and secret, and what sinks and journals say about it: values that planning compares."""

from __future__ import annotations

from enum import StrEnum

from reconciler.support.frozen import frozen


@frozen
class Recipient:
    """The people or the program behind a sink, for one owner and one client. It has no field for a secret.

    Two equal recipients are the same people or the same program, reached in the same way.
    """

    owner: str | None
    """The `owner:` of the entry."""
    kind: str
    """The kind of the sink: age, dotenv, json or command."""
    sink: str
    """The sink's label: its kind and its place, as configured."""
    place: str
    """The path of the file, resolved for this client; of a command, the words that start it."""
    keys: tuple[str, ...] = ()
    """The fingerprints of the public keys, sorted; only for age."""
    programs: tuple[str, ...] = ()
    """The files of the project that a command runs, each with the blob id of its content: `tools/store 1f2e3d…`."""


class Held(StrEnum):
    """What a sink says of one client and one recipient. It needs no secret for this, and runs no program."""

    SAME = "same"
    """It holds the client's secret for exactly this recipient."""
    STAGED = "staged"
    """It keeps the client's secret for exactly this recipient beside what is in use, until the client is finished."""
    RENAMED = "renamed"
    """It holds the client's secret for exactly this recipient under another name, since a rename broke off."""
    LOST = "lost"
    """It was delivered to exactly this recipient, and is not there any more."""
    OTHER = "other"
    """It was delivered to somebody else."""
    NOTHING = "nothing"
    """It has no trace of the client."""
    ABSENT = "absent"
    """The sink's own file is not there, so that it has no trace of any client."""
    UNKNOWN = "unknown"
    """It cannot be asked."""


DELIVERED = frozenset({Held.SAME, Held.RENAMED, Held.LOST})
"""The answers by which exactly this recipient has had the secret, in use."""
KEPT = frozenset({Held.STAGED, Held.RENAMED})
"""The answers by which the secret is there, and only has to be put into use under the client's name."""


@frozen
class SinkAnswer:
    """What one sink says of one client."""

    held: Held
    before: tuple[Recipient, ...] = ()
    """Who has it there by its records, if that is somebody else."""


@frozen
class Recorded:
    """What the journals say of one client and one sink."""

    pending: bool
    """Whether a past run created or renamed the client, and has not delivered it there since."""
    failed: bool = False
    """Whether a past run tried that delivery, and it failed."""
    recipients: tuple[Recipient, ...] = ()
    """Who got the last delivery at each of its places."""
    created: bool = False
    """Whether a past run created the client, or may have: then its secret was stored from the answer to the create."""
    unnamed: bool = False
    """Whether an older version wrote down a delivery, and not to whom."""


@frozen
class Covering:
    """One sink that covers a client: who gets the secret there today, and what is known about it."""

    number: int
    """The number of the sink in the deliverer."""
    recipient: Recipient
    answer: SinkAnswer
    recorded: Recorded | None = None
    """None if no journal mentions it."""
