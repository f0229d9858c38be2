"""TLS contexts that verify an instance's certificate."""

from __future__ import annotations

import ssl
from functools import cache
from typing import NoReturn

from urllib3.util.ssl_ import create_urllib3_context


class PassphraseWanted(Exception):
    """A client's key is protected by a passphrase."""


@cache
def tls_context(
    authorities: str | None, folder: str | None, client_certificate: tuple[str, str] | None = None
) -> ssl.SSLContext:
    """Return a context that trusts the CAs in a PEM file, or in a folder of such files.

    `client_certificate` is the files of the certificate and the key that it shows to a server that asks for one.

    Reading the usual CA file takes 17 ms, and urllib3 would read it for every connection, of which a fleet makes
    hundreds. So connections that trust the same CAs share a context for the life of the process. Raises OSError for a
    file or a folder that cannot be read, ssl.SSLError (an OSError) for a file without a certificate, for a damaged key
    and for one of another certificate, PassphraseWanted for a key that is protected by one.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(authorities, folder)
    if client_certificate is not None:
        # Without a function for it, OpenSSL would ask at the terminal.
        context.load_cert_chain(*client_certificate, password=_no_passphrase)
    return context


def _no_passphrase() -> NoReturn:
    raise PassphraseWanted
