"""Whom connections trust, and who they say they are: the files are read and judged before anything is sent."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from reconciler.live.http.pem import what_else
from reconciler.live.http.tls import PassphraseWanted, tls_context
from reconciler.model.errors import ReconcilerError
from reconciler.model.settings import ClientCertificate
from reconciler.support.frozen import frozen
from reconciler.support.odd_ends import is_quoted, odd_ends

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""In the order of their precedence."""

CA_BUNDLE = "`ca_bundle:`"


@frozen
class Trust:
    """The authorities whose certificates are accepted, and the certificate that is shown to who asks for one."""

    authorities: str
    """A PEM file, or a folder of them."""
    source: str | None = None
    """What names them: `ca_bundle:` or a variable; None for the usual ones."""
    client_certificate: ClientCertificate | None = None

    def context(self) -> ssl.SSLContext:
        """The shared TLS context that trusts them. Raises OSError if a file cannot be used any more."""
        return tls_context(None if self.is_folder else self.place, self.place if self.is_folder else None, self.pair)

    @property
    def is_folder(self) -> bool:
        """Whether the authorities are in a folder, where OpenSSL finds files by the hashes in their names."""
        return os.path.isdir(self.place)

    @property
    def place(self) -> str:
        """Where the authorities are: absolute, since contexts are shared by it."""
        return os.path.abspath(self.authorities)

    @property
    def pair(self) -> tuple[str, str] | None:
        """Where the certificate to show and its key are, absolute; None if there are none."""
        shown = self.client_certificate
        return (os.path.abspath(shown.certificate), os.path.abspath(shown.key)) if shown is not None else None


def checked_trust(ca_bundle: Path | None, client_certificate: ClientCertificate | None) -> Trust:
    """Return whom to trust: the authorities of `ca_bundle`, of the environment, or the usual ones.

    Raises ReconcilerError for files that cannot be used, with the setting or the variable that names them.
    """
    trust = _authorities(ca_bundle)
    _check_authorities(trust)
    if client_certificate is None:
        return trust
    _check_client_certificate(trust, client_certificate)
    return Trust(trust.authorities, trust.source, client_certificate)


def _authorities(ca_bundle: Path | None) -> Trust:
    if ca_bundle is not None:
        return Trust(str(ca_bundle), CA_BUNDLE)
    named = ((variable, os.environ.get(variable)) for variable in _VARIABLES)
    return next((Trust(path, variable) for variable, path in named if path), Trust(DEFAULT_CA_BUNDLE_PATH))


def _check_authorities(trust: Trust) -> None:
    named = f"the CA bundle {trust.authorities}"
    if trust.source != CA_BUNDLE:
        named += f" (from {trust.source})" if trust.source else " (the usual one)"
    try:
        trust.context()
    except ssl.SSLError as error:
        why, hint = what_else(Path(trust.place), trust.source or "it")
        raise ReconcilerError(f"cannot use {named}: {why}", hint) from error
    except OSError as error:
        why, hint = _unreadable(trust, error)
        raise ReconcilerError(f"cannot read {named}: {why}", hint) from error
    if trust.is_folder and trust.source == CA_BUNDLE and not _has_hashed_names(trust.place):
        why = f"cannot use {named}: no file in this folder has the name that OpenSSL looks for"
        hint = f"run: openssl rehash {trust.authorities}; or name one PEM file with all certificates"
        raise ReconcilerError(why, hint)


def _unreadable(trust: Trust, error: OSError) -> tuple[str, str]:
    """Why authorities cannot be read, and the fix."""
    why, hint = str(error.strerror), f"correct {trust.source or 'it'}"
    if trust.source not in (None, CA_BUNDLE):
        if ends := next(odd_ends(trust.authorities), None):
            why += f" (the value {ends})"
        elif is_quoted(trust.authorities):
            why += " (the value begins and ends with quotes)"
        elif trust.source == "SSL_CERT_DIR" and os.pathsep in trust.authorities:
            why, hint = "it names several folders", "name one of them, or one PEM file in `ca_bundle:`"
    return why, hint


def _has_hashed_names(folder: str) -> bool:
    return any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in os.listdir(folder))


def _check_client_certificate(trust: Trust, shown: ClientCertificate) -> None:
    for what, path in (("certificate", shown.certificate), ("key", shown.key)):
        _check_holds(what, path)
    try:
        Trust(trust.authorities, trust.source, shown).context()
    except PassphraseWanted as error:
        why = f"cannot use the client key {shown.key}: it is protected by a passphrase, and there is no prompt for it"
        hint = f"write it without one, readable for you alone: openssl pkey -in {shown.key} -out NEW_KEY"
        raise ReconcilerError(why, hint) from error
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = f"the client certificate {shown.certificate} does not fit the key {shown.key}"
            hint = "name the key that the certificate was requested with"
            if shown.certificate.read_bytes().count(_MARKERS["certificate"]) > 1:
                hint += "; of several certificates in a file, the client's own stands first"
            raise ReconcilerError(why, hint) from error
        why = f"cannot use the client certificate {shown.certificate} with the key {shown.key}: {_why(error)}"
        raise ReconcilerError(why, "correct `client_certificate:`") from error


_MARKERS = {"certificate": b"-----BEGIN CERTIFICATE-----", "key": b"PRIVATE KEY-----"}


def _check_holds(what: str, path: Path) -> None:
    marker = _MARKERS[what]
    try:
        content = path.read_bytes()
    except OSError as error:
        why = f"cannot read the client {what} {path}: {error.strerror}"
        raise ReconcilerError(why, "correct `client_certificate:`") from error
    if marker not in content or b"OPENSSH PRIVATE KEY" in content:
        why, hint = _other_form(what, path, content)
        raise ReconcilerError(f"cannot use the client {what} {path}: {why}", hint)


def _other_form(what: str, path: Path, content: bytes) -> tuple[str, str]:
    """What a file is that should hold the certificate or the key of a client, and does not, and the fix."""
    setting = "`client_certificate:`"
    if b"OPENSSH PRIVATE KEY" in content:
        return "it is in OpenSSH's form", f"convert it: ssh-keygen -p -m PKCS8 -f {path}"
    if any(other in content for other in _MARKERS.values()):
        why = f"it contains no {'private key' if what == 'key' else what}"
        hint = f"{setting} takes PEM files, one with the certificate, one with its key"
        return f"{why}; the files of the certificate and its key may be swapped", hint
    if what == "certificate":
        return what_else(path, setting)
    if content.startswith(b"\x30"):
        return "it is in DER form", f"convert it: openssl pkey -inform der -in {path} -out NEW.key"
    return "it contains no private key", f"{setting} takes PEM files, one with the certificate, one with its key"


def _why(error: ssl.SSLError) -> str:
    return f"OpenSSL refuses them ({error.reason})" if error.reason else "one of them is damaged"
