"""Say what is wrong with TLS: with the instance's certificate, or with ours."""

from __future__ import annotations

import ssl

from reconciler.live.http.trust import CA_BUNDLE, Trust

_CERTIFICATE = {
    10: "its certificate has expired",
    9: "its certificate is not valid yet",
    18: "its certificate is self-signed",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
}
"""By OpenSSL's verification error code (`X509_V_ERR_…`)."""

OF_ANOTHER_HOST = frozenset({62, 64})
_OF_UNKNOWN_AUTHORITIES = frozenset({18, 19, 20, 21})

CA_HINT = "if the instance has a certificate of your own authority, name that authority's file in `ca_bundle:`"

_ALERTS = {
    "CERTIFICATE_REQUIRED": "is not shown",
    "BAD_CERTIFICATE": "is refused",
    "UNSUPPORTED_CERTIFICATE": "is of a kind that it does not support",
    "CERTIFICATE_REVOKED": "is revoked",
    "CERTIFICATE_EXPIRED": "has expired",
    "CERTIFICATE_UNKNOWN": "is refused",
    "UNKNOWN_CA": "comes from an authority that it does not know",
    "DECRYPT_ERROR": "is refused",
    "ACCESS_DENIED": "is refused",
}
"""What alerts of a server say about the certificate of a client; OpenSSL puts names of protocols before them."""

_HANDSHAKE_FAILURE = "HANDSHAKE_FAILURE"

ASKS = "it asks for a client certificate"
NAME_ONE = "name one on the instance: `client_certificate: {certificate: certs/us.pem, key: /run/secrets/us.key}`"


_WHOEVER = "correct `client_certificate:`; whoever runs the instance knows which certificates it accepts"


def verification_reason(error: ssl.SSLCertVerificationError, trust: Trust | None) -> tuple[str, str]:
    """Why a server's certificate does not verify, and the fix."""
    code = getattr(error, "verify_code", 0)
    if code not in _OF_UNKNOWN_AUTHORITIES:
        return _CERTIFICATE.get(code, "its certificate does not verify"), CA_HINT
    self_signed = " self-signed, and" if code == 18 else ""
    if trust is None or trust.source is None:
        default = "its certificate comes from an authority that is not trusted here"
        return _CERTIFICATE.get(code, default), CA_HINT
    where = trust.authorities + ("" if trust.source == CA_BUNDLE else f" (from {trust.source})")
    why = f"its certificate is{self_signed} not of an authority in {where}, so it is not trusted here"
    chain = " with the intermediate certificates, if the server does not send them" if code in (20, 21) else ""
    add = f"add the certificate of the authority{chain} to that file"
    other = "" if trust.source == CA_BUNDLE else ", or name a file of its own in `ca_bundle:`"
    return why, f"{add}{other}; `reconciler doctor` shows who issued it"


def alert_reason(error: BaseException | None, trust: Trust | None) -> tuple[str, str] | None:
    """What a server's TLS alert says about the client's certificate, and the fix; None if it says something else.

    With TLS 1.3 it comes when the client believes that the connection is made, and has sent its request.
    """
    alert = _alert(error)
    shown = trust.client_certificate if trust is not None else None
    if alert in _ALERTS:
        if shown is None:
            return ASKS, NAME_ONE
        why = f"it does not accept the client certificate {shown.certificate}: it {_ALERTS[alert]}"
        return why, _WHOEVER
    if alert == _HANDSHAKE_FAILURE and shown is None:
        return f"it refuses to connect: {ASKS}, or has no TLS version or cipher in common with this program", NAME_ONE
    return None


def certificate_refusal(trust: Trust) -> tuple[str, str]:
    """Why a server that has made a TLS connection refuses the certificate of the client, or that there is none."""
    shown = trust.client_certificate
    if shown is None:
        return ASKS, NAME_ONE
    return f"it does not accept the client certificate {shown.certificate}", _WHOEVER


def _alert(error: BaseException | None) -> str | None:
    reason = getattr(error, "reason", None) if isinstance(error, ssl.SSLError) else None
    return reason.rpartition("ALERT_")[2] if isinstance(reason, str) and "ALERT_" in reason else None
