"""The interface of every sink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from reconciler.model.recipients import SinkAnswer
from reconciler.secrets.stored import Decrypt, Stored
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState


class Sink(Protocol):
    """One configured destination for ids and secrets. Its methods may be called from several threads."""

    @property
    def label(self) -> str:
        """The sink's name in messages and reports: its kind and its place, as configured."""

    @property
    def stages(self) -> bool:
        """Whether it can keep a new secret beside the one in use; a program cannot."""

    def covers(self, client: SinkClient) -> bool:
        """Whether the client's secret is delivered here, by `owners:` and `only:` of the sink."""

    def look(self, clients: Sequence[SinkClient]) -> None:
        """The part of `check` that neither runs the sink's program nor writes anything. Raises SinkError."""

    def check(self, clients: Sequence[SinkClient]) -> None:
        """Check, without a secret, that these clients can be delivered. Raises SinkError.

        `clients` are all that are declared for the instance and covered: two of them may need the same place.
        """

    def deliver(self, delivery: SecretDelivery) -> None:
        """Store the client's id and secret, and remove what is stored under its earlier name.

        Idempotent. Raises SinkError; then what was stored before is still there.
        """

    def stage(self, delivery: SecretDelivery) -> None:
        """Keep the client's id and secret, on disk, beside what is in use under its name.

        Idempotent. Raises SinkError; also if the sink cannot stage.
        """

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        """Put what is staged for this client into use; what was in use under its name is replaced.

        Also what is staged or in use for it under another name: that is its earlier one.

        Idempotent: True if it is in use afterwards, False if the sink has no secret of this client. Needs no secret,
        and runs no program. Raises SinkError; then what is in use, and what is staged, are still there.
        """

    def forget(self, client: SinkClient, client_id: int) -> None:
        """Remove what is stored or staged for a client that was deleted, also under an earlier name.

        What is stored for another id stays: after a rotation it is the successor's. Raises SinkError.
        """

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        """The names of the clients of an instance that something is staged for, by their ids. Raises SinkError."""

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        """Remove what is staged for a client of an instance. Raises SinkError."""

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """Whether something is stored for each of these clients, by its id; None where the sink cannot tell.

        Needs no secret, so a wrong one that is stored goes unnoticed. Runs no program. Raises SinkError.
        """

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        """What its records say about who has the secret of each of these clients, by its id.

        Needs no secret and runs no program. Raises SinkError where the place cannot be read.
        """

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        """The files that say what `trace` answers of a client, if git may have them. Raises SinkError."""

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """The id and secret that are stored for this client, to be tried. Runs no program.

        `decrypt` opens encrypted files. Raises SinkError where the place cannot be read.
        """

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """What is stored for this client. Raises SinkError where the place cannot be read."""
