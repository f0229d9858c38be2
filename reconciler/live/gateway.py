"""The interface to an instance for planning and applying, whatever the transport."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from reconciler.model.clients import ClientSpec, Listing, LiveClient
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen

if TYPE_CHECKING:
    from reconciler.model.trials import Trial


@frozen
class ClientSecret:
    """The secret of a live client. For deliveries only: plans, reports and observations never contain it."""

    id: int
    secret: Secret | None
    """None if the instance returns none."""
    created_at: datetime | None = None


@frozen
class CreatedClient:
    """A client as the answer to its create describes it, with the secret, which some versions show nowhere else."""

    client: LiveClient
    secret: Secret | None
    """None if the answer has none, or a hash."""

    @property
    def id(self) -> int:
        """The id that the instance gave it."""
        return self.client.id


class Gateway(Protocol):
    """The auth clients of one instance. Every method may raise any `GatewayError`."""

    def list_clients(self) -> Listing:
        """Return all clients that are not deleted, sorted by id, without their secrets."""

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        """Return the same as `list_clients`, and the secret of each of those clients, sorted by id."""

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> CreatedClient:
        """Create a client and return it, with its secret, as the instance answered.

        Never retried where that might create a second one.

        `beside` is the id of a live client that already has this name, and keeps it for a while.
        """

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        """Replace name, grants and redirect of a client together, and return it as the instance answered."""

    def delete_client(self, client_id: int) -> None:
        """Revoke a client and its tokens. This cannot be undone."""

    def may_change(self, client_id: int) -> bool:
        """Whether this account can change and delete a listed client, given the permissions. Only from 2026 on."""

    def ask_for_nobody(self, seen: Capabilities) -> Capabilities:
        """What the instance can do, by its answer to a question about client 0, which shows more than a listing."""

    def may_edit_and_delete(self) -> tuple[bool, bool]:
        """Whether the account has the permissions to edit and to delete auth clients. Nothing is changed."""

    def try_secret(self, client: LiveClient, secret: Secret, capabilities: Capabilities) -> Trial:
        """Whether a live client's secret is accepted, by the token endpoint. No token is issued.

        Raises Unavailable if no answer came, or one after which no more secrets should be tried.
        """
