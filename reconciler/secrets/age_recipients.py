"""Recipients of age files: age and SSH public keys. The only module that uses the age library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reconciler.support.text import quoted

_WRITTEN = "write an age public key (age1…), or the line of an SSH one (ssh-ed25519 … or ssh-rsa …)"
_PRIVATE = re.compile("AGE-SECRET-KEY-|PRIVATE KEY", re.IGNORECASE)


def recipient_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with a recipient and what to do about it, or None. A private key is never quoted."""
    import pyrage

    if _PRIVATE.search(text):
        hint = "remove it, make a new key and give the public one: this one is known to whoever has read the file"
        return "this is a private key, which nobody else may see", hint
    try:
        _parse(text)
    except pyrage.RecipientError:
        return _explained(text)
    return None


def _explained(text: str) -> tuple[str, str]:
    if re.match("(ecdsa-|sk-|ssh-dss)", text):
        return (
            f"age cannot encrypt to a key of the kind {quoted(text.partition(' ')[0])}",
            "give an ssh-ed25519 or ssh-rsa key",
        )
    if re.match("age1[a-z]+1", text):
        return "this is the key of an age plugin, which is not supported", "give an age1… or SSH key beside it"
    return f"{quoted(text, 40)} is not a public key", _WRITTEN


def _parse(text: str) -> Any:
    from pyrage import ssh, x25519

    return ssh.Recipient.from_str(text) if text.startswith("ssh-") else x25519.Recipient.from_str(text)


def is_age(content: bytes) -> bool:
    """Whether a file starts as age files do, armoured or not."""
    return content.startswith((b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/v1"))


def encrypt(content: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt the content as an armoured age file for all recipients: at least one, and all without a fault."""
    import pyrage

    encrypted: bytes = pyrage.encrypt(content, [_parse(text) for text in recipients], armored=True)
    return encrypted
