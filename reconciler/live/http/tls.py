"""TLS contexts that verify an instance's certificate."""

from __future__ import annotations

import ssl
from functools import cache

from urllib3.util.ssl_ import create_urllib3_context


@cache
def tls_context(authorities: str | None, folder: str | None) -> ssl.SSLContext:
    """Return a context that trusts the CAs in a PEM file, or in a folder of such files.

    Reading the usual CA file takes 17 ms, and urllib3 would read it for every connection, of which a fleet makes
    hundreds. So connections that trust the same CAs share a context for the life of the process. Raises OSError for a
    file or a folder that cannot be read, ssl.SSLError (an OSError) for a file without a certificate.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(authorities, folder)
    return context
