"""Secrets as sinks have stored them: read only to be tried."""

from __future__ import annotations

import json
from collections.abc import Callable

from reconciler.model.secret import Secret
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted_url


@frozen
class StoredSecret:
    """What a sink has stored for a client."""

    id: int
    secret: Secret


@frozen
class Unreadable:
    """Why nobody can say what is stored: there is nothing wrong with that, in words."""

    why: str


@frozen
class Unusable:
    """Why what is stored is no secret of this client, in words."""

    why: str


Stored = StoredSecret | Unreadable | Unusable | None
"""None if nothing is stored."""

Decrypt = Callable[[bytes], bytes | None]
"""Decrypts an age file; None if it is not encrypted to the private keys at hand."""

NO_QUESTION = Unreadable("a program cannot be asked what it has stored")
_NO_IDENTITY = Unreadable("it is encrypted: name a private key of its owner with --identity FILE")
_OTHER_IDENTITY = Unreadable("no key of --identity opens it")
_INCOMPLETE = Unusable("what is stored there is not an id and a secret")


def stored_secret(client_id: object, secret: object) -> StoredSecret | Unusable:
    """What is stored, from values of any kind; an id may be text."""
    if isinstance(client_id, str) and client_id.isascii() and client_id.isdigit() and len(client_id) < 19:
        client_id = int(client_id)
    if not isinstance(client_id, int) or isinstance(client_id, bool) or not isinstance(secret, str) or not secret:
        return _INCOMPLETE
    return StoredSecret(client_id, Secret(secret))


def decrypted_secret(encrypted: bytes, decrypt: Decrypt | None, url: str) -> StoredSecret | Unreadable | Unusable:
    """What is stored in an age file. `url` is the identity of the instance that it must be for."""
    if decrypt is None:
        return _NO_IDENTITY
    content = decrypt(encrypted)
    if content is None:
        return _OTHER_IDENTITY
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return _INCOMPLETE
    stored_for = document.get("url")
    if stored_for != url:
        return Unusable(f"it is for another instance: {quoted_url(str(stored_for))}")
    return stored_secret(document.get("id"), document.get("secret"))
