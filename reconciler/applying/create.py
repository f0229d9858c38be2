"""Create clients, and hand over each secret from the answer that created the client, before anything else.

Where a version stores other grants than are sent with a create, or shows a secret in no other answer, a create has two
steps, so that a run that is killed at any moment leaves nothing but a client with a mark (`model/unfinished.py`):

    POST    the client with the authorization code grant alone, under the mark
             ↓
    stage   the secret of that answer, beside what is in use; programs are told now, or in a rotation after the PUT
             ↓
    PUT     everything that is declared, in place of the mark
             ↓
    use     what is staged replaces what was in use

If a sink or the PUT fails, the client is deleted again and the sinks forget it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from reconciler.applying.deliver import Deliveries
from reconciler.applying.report import DeliveryResult, Failed
from reconciler.applying.send import Attempt, SendResult, Sent, Unanswered, without_answer
from reconciler.live.gateway import ClientSecret, CreatedClient, Gateway
from reconciler.model.clients import ClientSpec, Grant, Listing
from reconciler.model.errors import GatewayError, NotVerified, ReconcilerError, SinkError
from reconciler.model.lines import SECRET_LENGTH, Capabilities, SecretDisplay
from reconciler.model.secret import Secret
from reconciler.model.unfinished import mark
from reconciler.planning.plan.plan import Change, Create
from reconciler.planning.plan.resume import ResumeMode
from reconciler.support.frozen import frozen


@frozen
class CreateMethod:
    """How an instance wants its clients created."""

    in_two_steps: bool = False
    secrets: SecretDisplay = SecretDisplay.ALWAYS
    """Which answers show the secret."""
    run: str = ""
    """The name of the run, for the mark."""

    @property
    def shown_once(self) -> bool:
        """Whether no answer but the first shows the secret."""
        return self.secrets is SecretDisplay.ONCE


def method_for(capabilities: Capabilities, run: str) -> CreateMethod:
    """How to create clients on an instance that can do this."""
    return CreateMethod(not capabilities.stores_grants_as_sent, capabilities.secrets, run)


class Creator:
    """Create the clients of one plan. `create` is called from several threads at a time."""

    def __init__(
        self, changes: Sequence[Change], gateway: Gateway, deliveries: Deliveries, method: CreateMethod
    ) -> None:
        self._gateway = gateway
        self._deliveries = deliveries
        self._method = method
        self._secrets: dict[int, Secret] = {}
        self.nonces: Mapping[int, str] = {
            number: secrets.token_hex(16)
            for number, change in enumerate(changes)
            if method.in_two_steps and isinstance(change, Create) and not _finishes(change)
        }
        """The nonce of each mark, by the number of the change."""

    def create(self, number: int, change: Create) -> SendResult:
        """Create a client, at most once, and deliver its secret to the sinks that cover it."""
        if not self._method.in_two_steps:
            return self._create_at_once(change)
        try:
            for client_id in change.resume.deleted if change.resume else ():
                # The sinks first: a run that is killed in between must not leave what belongs to no client.
                self._deliveries.drop(change, client_id)
                self._gateway.delete_client(client_id)
        except (GatewayError, SinkError) as error:
            return self._not_begun(change, error)
        if change.resume is not None and _finishes(change):
            return self._second_step(change, change.resume.id, None, ())
        return self._first_step(number, change)

    def with_known_secrets(self, issued: Sequence[ClientSecret]) -> list[ClientSecret]:
        """The secrets of a listing, completed by those of creates whose second step was not answered."""
        known = self._secrets
        return [
            ClientSecret(each.id, known[each.id], each.created_at) if each.secret is None and each.id in known else each
            for each in issued
        ]

    def clean_up(self, attempt: Attempt, listing: Listing) -> Attempt:
        """Delete the client of a create whose answer was lost, and the only view of its secret with it."""
        if not isinstance(attempt, Unanswered) or attempt.nonce is None or not self._method.shown_once:
            return attempt
        lost = [begun.id for begun in listing.unfinished if begun.nonce == attempt.nonce]
        if len(lost) != 1 or not isinstance(attempt.change, Create):
            return attempt
        return self._undone(attempt.change, lost[0], attempt.error)

    def _create_at_once(self, change: Create) -> SendResult:
        try:
            made = self._gateway.create_client(change.after, beside=_beside(change))
        except GatewayError as error:
            return without_answer(change, error)
        return Sent(change, made.id, self._deliveries.hand_over(change, made.id, made.secret, made.client.created_at))

    def _first_step(self, number: int, change: Create) -> SendResult:
        nonce = self.nonces[number]
        begun = ClientSpec(
            change.name, frozenset({Grant.AUTHORIZATION_CODE}), (mark(self._method.run, nonce, change.name),)
        )
        try:
            made = self._gateway.create_client(begun, beside=_beside(change))
        except GatewayError as error:
            found = without_answer(change, error)
            return Unanswered(change, error, nonce=nonce) if isinstance(found, Unanswered) else found
        if not self._method.shown_once:
            return self._second_step(change, made.id, made, ())
        try:
            told = self._deliveries.stage(change, made.id, _usable(made), made.client.created_at)
        except SinkError as error:
            return self._undone(change, made.id, error)
        return self._second_step(change, made.id, made, told)

    def _second_step(
        self, change: Create, client_id: int, made: CreatedClient | None, told: tuple[DeliveryResult, ...]
    ) -> SendResult:
        """Replace the mark by what is declared. `made` is the answer of the first step, if this run has made it."""
        secret = made.secret if made else None
        try:
            self._gateway.update_client(client_id, change.after)
        except GatewayError as error:
            if isinstance(without_answer(change, error), Failed):
                return self._undone(change, client_id, error)
            if secret is not None:
                self._secrets[client_id] = secret
            return Unanswered(change, error, client_id)
        if not self._method.shown_once:
            return self._delivered_later(change, client_id, made)
        try:
            used = self._deliveries.put_into_use(change, client_id, secret, made.client.created_at if made else None)
        except SinkError as error:
            return self._undone(change, client_id, error)
        return Sent(change, client_id, (*told, *used))

    def _delivered_later(self, change: Create, client_id: int, made: CreatedClient | None) -> Sent:
        if made is None:  # it was begun by an earlier run: a listing shows its secret
            return Sent(change, client_id, None)
        return Sent(
            change, client_id, self._deliveries.hand_over(change, client_id, made.secret, made.client.created_at)
        )

    def _undone(self, change: Create, client_id: int, error: ReconcilerError) -> Failed:
        """Delete a client that this run has begun, and the traces of it in the sinks."""
        left = ""
        try:
            self._deliveries.drop(change, client_id)
        except SinkError as problem:
            left = f"; what a sink has of client {client_id}, which is deleted again, is still there: {problem.message}"
        try:
            self._gateway.delete_client(client_id)
        except GatewayError as problem:
            left = f"not finished: {error.message}; and client {client_id} was not removed again: {problem.message}"
            return Failed(change, NotVerified(left, "apply again: it continues with that client"))
        return Failed(change, type(error)(f"not created: {error.message}{left}", error.hint))

    def _not_begun(self, change: Create, error: ReconcilerError) -> SendResult:
        why = f"what an earlier run left unfinished was not removed: {error.message}"
        return Failed(change, NotVerified(why, "plan again: it shows what is live now"))


def _usable(made: CreatedClient) -> Secret:
    """The secret of an answer. Raises SinkError where it has none: nobody could ever use the client."""
    if made.secret is None or not made.secret.has_length(SECRET_LENGTH):
        raise SinkError(
            f"the answer that created client {made.id} has no secret of {SECRET_LENGTH} characters",
            "look at what the instance is: reconciler doctor",
        )
    return made.secret


def _finishes(change: Create) -> bool:
    return change.resume is not None and change.resume.mode is ResumeMode.FINISH


def _beside(change: Create) -> int | None:
    return change.replaces.id if change.replaces else None
