"""Say what is wrong with TLS: with the instance's certificate, or with ours."""

from __future__ import annotations

import ssl

from reconciler.live.http.trust import CA_BUNDLE, Trust

_EXPIRED, _NOT_YET_VALID = 10, 9

_CERTIFICATE = {
    _EXPIRED: "its certificate has expired",
    _NOT_YET_VALID: "its certificate is not valid yet",
    18: "its certificate is self-signed",
    23: "its certificate is revoked",
    26: "its certificate is not for servers",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
    66: "the key of its certificate is too short",
    67: "the key of its certificate's authority is too short",
    68: "its certificate has a signature that is too weak",
}
"""By OpenSSL's verification error code (`X509_V_ERR_…`)."""

_RENEW = "have it renewed by whoever runs the instance"
_OTHER_NAME = "give `url:` a name that the certificate is for, or have the certificate renewed with this one"

OF_ANOTHER_HOST = frozenset({62, 64})
OUT_OF_DATE = frozenset({_EXPIRED, _NOT_YET_VALID})
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
        other = f"its certificate does not verify ({getattr(error, 'verify_message', None) or 'no reason given'})"
        return _CERTIFICATE.get(code, other), _hint_for(code)
    self_signed = " self-signed, and" if code == 18 else ""
    if trust is None or trust.source is None:
        default = "its certificate comes from an authority that is not trusted here"
        return _CERTIFICATE.get(code, default), CA_HINT
    where = trust.authorities + ("" if trust.source == CA_BUNDLE else f" (from {trust.source})")
    why = f"its certificate is{self_signed} not of an authority in {where}, so it is not trusted here"
    chain = " with the intermediate certificates, if the server does not send them" if code in (20, 21) else ""
    if trust.is_folder:
        add = (
            f"add the certificate of the authority{chain} to that folder, then run: openssl rehash {trust.authorities}"
        )
    else:
        add = f"add the certificate of the authority{chain} to that file"
    other = "" if trust.source == CA_BUNDLE else ", or name a file of its own in `ca_bundle:`"
    return why, f"{add}{other}; `reconciler doctor` shows who issued it"


def _hint_for(code: int) -> str:
    if code in OF_ANOTHER_HOST:
        return _OTHER_NAME
    return f"{_RENEW}; if this machine's clock is wrong, set it" if code in OUT_OF_DATE else _RENEW


def handshake_reason(reason: str | None) -> tuple[str, str]:
    """Why there is no TLS connection, by OpenSSL's name for the reason, and the fix."""
    why, hint = "no TLS connection could be made", "check that `url:` has the right scheme (https) and port"
    name = reason or "cut off"
    if name in _NO_TLS:
        why = "it does not speak TLS on this port"
        hint = "check the port in `url:`; if it really has no TLS: http://, with `allow_http: true`"
    elif name in _NO_VERSION or name.endswith("PROTOCOL_VERSION"):
        why, hint = "it has no TLS version in common with this program", "have TLS 1.2 or 1.3 enabled on the instance"
    elif name.endswith("UNRECOGNIZED_NAME"):
        why, hint = "it does not know this host name", "give `url:` the name that people use in the browser"
    elif name.endswith("KEY_TOO_SMALL"):
        why, hint = "its key is too short", "have its certificate renewed with a longer key"
    return f"{why} ({name})", hint


_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
_NO_VERSION = frozenset({"UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW"})


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
        chain = "; the certificates between it and its authority belong in the same file, after it"
        return why, _WHOEVER + (chain if alert == "UNKNOWN_CA" else "")
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
