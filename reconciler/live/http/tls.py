"""Which authorities are trusted to say who an instance is."""

from __future__ import annotations

import ssl
from functools import cache

from urllib3.util.ssl_ import create_urllib3_context


@cache
def tls_context(authorities: str | None, folder: str | None) -> ssl.SSLContext:
    """What verifies that a certificate comes from one of the authorities in a PEM file, or a folder of them.

    Reading the usual file of them takes 17 ms, and urllib3 would do it for every connection, of which a fleet makes
    hundreds. So those that trust the same share it, as long as the process lives. Raises OSError for a file or a folder
    that cannot be read, ssl.SSLError (an OSError) for a file without a certificate.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(authorities, folder)
    return context
