"""What planning and applying need of an instance, however it is reached."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from reconciler.model.clients import ClientSpec, Listing, LiveClient
from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen


@frozen
class ClientSecret:
    """The secret of a live client. Only deliveries need it: no plan, no report and no observation is made of it."""

    id: int
    secret: Secret | None
    """None if the instance shows none."""
    created_at: datetime | None = None


class Gateway(Protocol):
    """The auth clients of one instance. Every method may raise any `GatewayError`."""

    def list_clients(self) -> Listing:
        """All clients that are not deleted, in ascending id, without their secrets."""

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        """The same look as `list_clients`, and the secret of every client in it, in ascending id."""

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> LiveClient:
        """Make a client and return it as the instance answered. Never sent again where that might make a second one.

        `beside` is a live client that has the name already, and keeps it for a while.
        """

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        """Replace name, grants and redirect of a client together, and return it as the instance answered."""

    def delete_client(self, client_id: int) -> None:
        """Revoke a client and its tokens. There is no way back."""
