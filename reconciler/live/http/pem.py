"""Say what a file is that should hold certificates in PEM form, and does not."""

from __future__ import annotations

import re
from pathlib import Path

_MOST = 1024 * 1024
"""Bytes that are looked at."""

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_PEM = "takes a PEM file, whose certificates begin with -----BEGIN CERTIFICATE-----"

_KINDS = (
    (rb"\s*\Z", "the file is empty", None),
    (rb"\xff\xfe|\xfe\xff", "it is in UTF-16", "save it as plain text (ASCII)"),
    (rb"version https?://(?:git-lfs|hawser)", "it is a pointer of git LFS", "fetch it: git lfs pull"),
    (rb"(?i)\s*<(?:!doctype|html|\?xml)", "it is a page of HTML, perhaps of a login", "download it again"),
    (rb"(?s).*-----BEGIN (?:\w+ )*PRIVATE KEY", "it contains a private key, and no certificate", None),
    (rb"(?s).*-----BEGIN (?:NEW )?CERTIFICATE REQUEST", "it contains a request, and not the certificate", None),
    (rb"(?s).*-----BEGIN X509 CRL", "it contains a list of revoked certificates, and no certificate", None),
    (
        rb"(?s).*-----BEGIN PKCS ?#?7",
        "its certificates are in PKCS #7 form",
        "convert it: openssl pkcs7 -print_certs -in {file} -out NEW.pem",
    ),
    (
        # A sequence, whose version is 3 (PKCS #12), or which holds a sequence (a certificate).
        rb"(?s)\x30[\x80-\x84].{0,4}\x02\x01\x03",
        "it is in PKCS #12 form",
        "convert it: openssl pkcs12 -nokeys -in {file} -out NEW.pem",
    ),
    (rb"(?s)\x30[\x80-\x84]", "it is in DER form", "convert it: openssl x509 -inform der -in {file} -out NEW.pem"),
)


def what_else(file: Path, setting: str) -> tuple[str, str]:
    """What a file without a usable certificate is, and the fix; `setting` is what names it."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST)
    except OSError:
        content = b""
    if _CERTIFICATE in content:
        if re.search(rb"-----END CERTIFICATE-----[^\r\n]*-----BEGIN", content):
            return "a line break is missing between two of its certificates", "add it: each -----BEGIN begins a line"
        return "a certificate in it is damaged", f"get it again; {setting} {_PEM}"
    for kind, why, hint in _KINDS:
        if re.match(kind, content):
            return why, hint.format(file=file) if hint else f"{setting} {_PEM}"
    return "it contains no certificate", f"{setting} {_PEM}"
