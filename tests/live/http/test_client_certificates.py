"""An instance that asks who is there is shown a certificate, over TLS 1.2 and 1.3; without one that is said."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import trustme

from reconciler.live.http.tls import tls_context
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import ReconcilerError, Unavailable
from reconciler.model.settings import ClientCertificate
from tests.live.http.test_tls import AUTHORITY, LONG_AGO, server_side
from tests.live.servers import CREDENTIALS, ONCE, answer, platform, serving

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
OURS = AUTHORITY.issue_cert("robot.example")


def asking(version: ssl.TLSVersion, *, required: bool = True) -> ssl.SSLContext:
    """A server's TLS that asks for a certificate of the authority."""
    context = server_side(AUTHORITY.issue_cert("127.0.0.1"))
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    AUTHORITY.configure_trust(context)
    return context


def written(folder: Path, certificate: trustme.LeafCert) -> ClientCertificate:
    pair = ClientCertificate(folder / "client.pem", folder / "client.key")
    certificate.cert_chain_pems[0].write_to_path(pair.certificate)
    certificate.private_key_pem.write_to_path(pair.key)
    return pair


@pytest.fixture
def pair(tmp_path: Path) -> ClientCertificate:
    return written(tmp_path, OURS)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_instance_that_asks_is_shown_the_certificate(
    version: ssl.TLSVersion, pair: ClientCertificate, bundle: Path
) -> None:
    with (
        serving(platform(), asking(version)) as server,
        connect(server.url, CREDENTIALS, ca_bundle=bundle, client_certificate=pair) as gateway,
    ):
        assert len(gateway.list_clients().clients) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_without_one_it_is_said_that_it_asks(version: ssl.TLSVersion, bundle: Path) -> None:
    with serving(platform(), asking(version)) as server:
        found = failure(server.url, bundle, None)
        assert server.requests == []
    assert "it asks for a client certificate" in found.message
    assert str(found.hint).startswith("name one on the instance: `client_certificate: {certificate: ")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        (trustme.CA().issue_cert("robot.example"), "it comes from an authority that it does not know"),
        (AUTHORITY.issue_cert("robot.example", not_after=LONG_AGO), "it has expired"),
    ],
    ids=["stranger", "expired"],
)
def test_one_that_is_not_accepted_is_named_with_the_reason(
    version: ssl.TLSVersion, certificate: trustme.LeafCert, said: str, bundle: Path, tmp_path: Path
) -> None:
    shown = written(tmp_path, certificate)
    with serving(platform(), asking(version)) as server:
        found = failure(server.url, bundle, shown)
    assert f"it does not accept the client certificate {shown.certificate}: {said}" in found.message
    assert "correct `client_certificate:`" in str(found.hint)


@pytest.mark.parametrize("shows", [False, True])
def test_a_web_server_that_says_it_in_a_page_is_understood(shows: bool, pair: ClientCertificate, bundle: Path) -> None:
    """As nginx does, which makes the connection in any case."""
    page = b"<html><head><title>400 No required SSL certificate was sent</title></head></html>"
    refusing = answer(400, page, content_type="text/html")
    with serving(lambda _: refusing, asking(ssl.TLSVersion.TLSv1_3, required=False)) as server:
        found = failure(server.url, bundle, pair if shows else None)
    assert ("it does not accept the client certificate" if shows else "it asks for a client") in found.message


def test_one_instance_does_not_show_the_certificate_of_another(pair: ClientCertificate, bundle: Path) -> None:
    with serving(platform(), asking(ssl.TLSVersion.TLSv1_2)) as server:
        with connect(server.url, CREDENTIALS, ca_bundle=bundle, client_certificate=pair) as gateway:
            gateway.list_clients()
        assert "it asks for a client certificate" in failure(server.url, bundle, None).message
    assert tls_context(str(bundle), None) is not tls_context(str(bundle), None, (str(pair.certificate), str(pair.key)))


def failure(url: str, bundle: Path, shown: ClientCertificate | None) -> ReconcilerError:
    with (
        pytest.raises(Unavailable) as caught,
        connect(url, CREDENTIALS, ca_bundle=bundle, client_certificate=shown, retry_clock=ONCE),
    ):
        pytest.fail("the instance lets nobody in")
    return caught.value


def _protected(pair: ClientCertificate) -> ClientCertificate:
    pem: Any = import_module("cryptography.hazmat.primitives.serialization")
    key = pem.load_pem_private_key(pair.key.read_bytes(), None)
    pair.key.write_bytes(
        key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"s3same"))
    )
    return pair


def _of_another_certificate(pair: ClientCertificate) -> ClientCertificate:
    AUTHORITY.issue_cert("other.example").private_key_pem.write_to_path(pair.key)
    return pair


def _damaged(pair: ClientCertificate) -> ClientCertificate:
    pair.key.write_bytes(pair.key.read_bytes()[:200] + b"\n-----END PRIVATE KEY-----\n")
    return pair


def _in_wrong_order(pair: ClientCertificate) -> ClientCertificate:
    pair.certificate.write_bytes(AUTHORITY.cert_pem.bytes() + pair.certificate.read_bytes())
    return pair


def _in_der_form(pair: ClientCertificate) -> ClientCertificate:
    pair.certificate.write_bytes(ssl.PEM_cert_to_DER_cert(pair.certificate.read_text()))
    return pair


def _of_openssh(pair: ClientCertificate) -> ClientCertificate:
    pair.key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    return pair


UNUSABLE: dict[str, Callable[[ClientCertificate], ClientCertificate]] = {
    "client.key: it is protected by a passphrase": _protected,
    "client.pem does not fit the key": _of_another_certificate,
    "client.pem does not fit the key .*client.key": _in_wrong_order,
    "client.pem: it is in DER form": _in_der_form,
    "client.key: it is in OpenSSH's form": _of_openssh,
    "OpenSSL refuses them|one of them is damaged": _damaged,
    "client.key: it contains no certificate; the files .* may be swapped": lambda pair: ClientCertificate(
        pair.key, pair.certificate
    ),
    "client.pem: it contains no private key": lambda pair: replace(pair, key=pair.certificate),
    "cannot read the client key .*: No such file": lambda pair: replace(pair, key=pair.key.with_name("gone")),
    "cannot read the client certificate .*: Is a directory": lambda pair: replace(pair, certificate=pair.key.parent),
}


@pytest.mark.parametrize("said", UNUSABLE)
def test_files_that_cannot_be_used_are_named_before_anything_is_sent(
    said: str, pair: ClientCertificate, bundle: Path
) -> None:
    unusable = UNUSABLE[said](pair)
    with serving(platform(), asking(ssl.TLSVersion.TLSv1_3)) as server:
        with (
            pytest.raises(ReconcilerError, match=said) as caught,
            connect(server.url, CREDENTIALS, ca_bundle=bundle, client_certificate=unusable),
        ):
            pytest.fail("there is nothing to show")
        assert server.requests == []
    assert caught.value.hint
