"""The JSON in an age file, and on the standard input of a command."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient

VERSION = 1
"""Increased when a key changes its meaning or is removed; new keys may be added at any time."""


def age_payload(delivery: SecretDelivery) -> bytes:
    """The content of an age file: one line of JSON with everything that an application needs."""
    client = delivery.client
    return _line(
        {
            "version": VERSION,
            "instance": client.instance,
            "url": client.url,
            "owner": client.owner,
            "name": client.name,
            "id": delivery.id,
            "secret": delivery.secret.reveal(),
        }
    )


def store_payload(delivery: SecretDelivery) -> bytes:
    """The input of a command that must store a secret."""
    about = _about(delivery.event, delivery.client, delivery.id)
    created = delivery.created_at.isoformat() if delivery.created_at is not None else None
    about |= {"previous_name": delivery.previous_name, "created_at": created, "secret": delivery.secret.reveal()}
    return _line(about)


def delete_payload(client: SinkClient, client_id: int) -> bytes:
    """The input of a command after a client was deleted."""
    return _line(_about(DeliveryEvent.DELETED, client, client_id))


def check_payload(instance: str, url: str) -> bytes:
    """The input of a command that must say, by its exit status, whether it could store a secret."""
    return _line({**_about(DeliveryEvent.CHECK, SinkClient(instance, url, ""), 0), "name": None, "id": None})


def _about(event: DeliveryEvent, client: SinkClient, client_id: int) -> dict[str, object]:
    return {
        "version": VERSION,
        "event": event.value,
        "instance": client.instance,
        "url": client.url,
        "owner": client.owner,
        "name": client.name,
        "previous_name": None,
        "id": client_id,
        "secret": None,
        "created_at": None,
    }


def _line(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
