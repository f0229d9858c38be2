"""What every sink can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState


class Sink(Protocol):
    """One configured place for ids and secrets. Its methods may be called from several threads."""

    @property
    def label(self) -> str:
        """What the sink is called in messages and reports: its kind and its place, as configured."""

    def covers(self, client: SinkClient) -> bool:
        """Whether the client's secret goes here: `owners:` and `only:` of the sink."""

    def look(self, clients: Sequence[SinkClient]) -> None:
        """Find out what `check` finds out without running the sink's program or writing anything. Raises SinkError."""

    def check(self, clients: Sequence[SinkClient]) -> None:
        """Find out, without a secret, whether these clients can be delivered. Raises SinkError.

        `clients` are all that are declared for the instance and covered: two of them may want one place.
        """

    def deliver(self, handover: SecretDelivery) -> None:
        """Put the client's id and secret in its place, and take away what was there under an earlier name.

        Doing it again changes nothing. Raises SinkError; then what was in the place before is still there.
        """

    def forget(self, client: SinkClient, client_id: int) -> None:
        """Take away what is there of a client that was deleted.

        What is there of another id stays: after a rotation it is the successor's. Raises SinkError.
        """

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """Whether something is there of each of these very clients, by its id; None where the sink cannot tell.

        No secret is needed for it, so a wrong one that is there goes unnoticed. Runs no program. Raises SinkError.
        """

    def holds(self, handover: SecretDelivery) -> SinkState:
        """What is there of this client. Raises SinkError where the place cannot be read."""
