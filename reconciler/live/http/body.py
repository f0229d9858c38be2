"""Read the body of a response, if it is one that is used, limited in size."""

from __future__ import annotations

import http.client
import logging

import requests
import urllib3

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
"""All exceptions of sending a request and reading its response; a value that cannot be sent is a ValueError."""
IMPOSSIBLE_LENGTH = "its answer gives an impossible length (Content-Length), which is a fault of the server or a proxy"
LARGEST = 64 * 1024 * 1024
"""Maximum size of a response in bytes, decompressed. The listing of 10,000 clients is 2.8 MB."""

LOG = logging.getLogger("reconciler.http")

# A 204 has no body, but "reading" it frees its connection for the next request.
_WITH_BODY = frozenset({200, 201, 204})
# Their body can explain them, but they say enough without one.
_WITH_OPTIONAL_BODY = frozenset({400, 401, 422, 429})
_LARGEST_EXPLANATION = 256 * 1024
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_CHUNK = 64 * 1024


def read_body(response: requests.Response) -> bytes | str:
    """Return the body, or what is wrong with it. Not read where unused: a broken body must not hide the status."""
    if not _has_possible_length(response):
        return IMPOSSIBLE_LENGTH
    if response.status_code in _WITH_OPTIONAL_BODY:
        return _read_optional(response)
    if response.status_code not in _WITH_BODY:
        return b""
    if response.headers.get("Content-Encoding", "").lower() not in _ENCODINGS:
        return "its answer is packed in a way we did not ask for"
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            return f"its answer is larger than {LARGEST // 1024 // 1024} MiB"
    return bytes(body)


def _has_possible_length(response: requests.Response) -> bool:
    """Whether the response gives one length, as a number of bytes, or none (RFC 9110 section 8.6)."""
    given = response.headers.get("Content-Length")
    lengths = {each.strip() for each in given.split(",")} if given is not None else {"0"}
    (length, *others) = lengths
    return not others and length.isascii() and length.isdecimal()


def _read_optional(response: requests.Response) -> bytes:
    """Return the beginning of the body; less if it breaks off, nothing if it is packed in an unknown way."""
    body = bytearray()
    try:
        if response.headers.get("Content-Encoding", "").lower() in _ENCODINGS:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) >= _LARGEST_EXPLANATION:
                    break
    except FAILURES as error:
        LOG.debug("%s in the body of a %d", type(error).__name__, response.status_code)
    return bytes(body[:_LARGEST_EXPLANATION])
