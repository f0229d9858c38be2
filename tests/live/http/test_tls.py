"""Certificates are always verified, and what is wrong with one is said."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
import trustme

from reconciler.live.http.tls import tls_context
from reconciler.live.http.tls_inquiry import dated
from reconciler.live.http.trust import Trust
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import ReconcilerError, Unavailable
from tests.live.servers import CREDENTIALS, ONCE, answer, in_turn, platform, serving

AUTHORITY = trustme.CA()
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def server_side(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"


@pytest.fixture(autouse=True)
def _no_bundle_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_an_authority_of_ones_own_is_trusted_through_ca_bundle(bundle: Path) -> None:
    tls = server_side(AUTHORITY.issue_cert("127.0.0.1"))
    with serving(platform(), tls) as server, connect(server.url, CREDENTIALS, ca_bundle=bundle) as gateway:
        assert len(gateway.list_clients().clients) == 1


@pytest.mark.parametrize(
    ("certificate", "trusted", "said", "hint"),
    [
        (AUTHORITY.issue_cert("127.0.0.1"), False, "an authority that is not trusted here", "`ca_bundle:`"),
        (
            AUTHORITY.issue_cert("elsewhere.example", "*.acme.example"),
            True,
            "is for another address: it is for 'elsewhere.example' and '*.acme.example'",
            "give `url:` a name that the certificate is for",
        ),
        (
            AUTHORITY.issue_cert("127.0.0.1", not_after=LONG_AGO),
            True,
            "has expired: it is valid from 2000-01-01 to 2020-01-01",
            "if this machine's clock is wrong, set it",
        ),
    ],
    ids=["unknown-authority", "wrong-host", "expired"],
)
def test_a_certificate_that_does_not_verify_stops_everything(
    certificate: trustme.LeafCert, trusted: bool, said: str, hint: str, bundle: Path
) -> None:
    with serving(platform(), server_side(certificate)) as server:
        with (
            pytest.raises(Unavailable) as caught,
            connect(server.url, CREDENTIALS, ca_bundle=bundle if trusted else None),
        ):
            pytest.fail("the server is not who it says it is")
        assert said in caught.value.message
        assert hint in str(caught.value.hint)
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
        assert server.requests == []


def test_what_one_instance_trusts_another_does_not(bundle: Path, tmp_path: Path) -> None:
    """Connections share what they trust, but only those that trust the same."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with serving(platform(), server_side(AUTHORITY.issue_cert("127.0.0.1"))) as server:
        with connect(server.url, CREDENTIALS, ca_bundle=bundle) as gateway:
            gateway.list_clients()
        for not_trusting, said in (
            (other, f"not of an authority in {other}"),
            (None, "an authority that is not trusted"),
        ):
            with (
                pytest.raises(Unavailable, match=said) as caught,
                connect(server.url, CREDENTIALS, ca_bundle=not_trusting),
            ):
                pytest.fail("its authority is not trusted here")
            assert ("add the certificate of the authority" in str(caught.value.hint)) is (not_trusting is other)


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_authority_can_be_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, bundle: Path, tmp_path: Path
) -> None:
    """As for other programs; `ca_bundle:` has precedence."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    folder = tmp_path / "folder"
    folder.mkdir()
    with serving(platform(), server_side(AUTHORITY.issue_cert("127.0.0.1"))) as server:
        monkeypatch.setenv(variable, str(other if variable != "SSL_CERT_DIR" else folder))
        with connect(server.url, CREDENTIALS, ca_bundle=bundle) as gateway:
            gateway.list_clients()
        with pytest.raises(Unavailable, match=rf"not of an authority in .* \(from {variable}\)"):
            connect(server.url, CREDENTIALS).__enter__()
        monkeypatch.setenv(variable, str(tmp_path / "gone.pem"))
        with pytest.raises(ReconcilerError, match=rf"gone.pem \(from {variable}\): No such file"):
            connect(server.url, CREDENTIALS).__enter__()
        if variable != "SSL_CERT_DIR":
            monkeypatch.setenv(variable, str(bundle))
            with connect(server.url, CREDENTIALS) as gateway:
                gateway.list_clients()


def test_a_host_is_verified_also_after_another_one_was(bundle: Path) -> None:
    right = server_side(AUTHORITY.issue_cert("127.0.0.1"))
    with serving(platform(), right) as server, connect(server.url, CREDENTIALS, ca_bundle=bundle) as gateway:
        gateway.list_clients()
    with (
        serving(platform(), server_side(AUTHORITY.issue_cert("elsewhere.example"))) as server,
        pytest.raises(Unavailable, match="is for another"),
        connect(server.url, CREDENTIALS, ca_bundle=bundle),
    ):
        pytest.fail("the certificate is another host's")


def test_the_authorities_are_read_once_for_all_connections(bundle: Path) -> None:
    tls = server_side(AUTHORITY.issue_cert("127.0.0.1"))
    read = tls_context.cache_info().misses
    with serving(platform(), tls) as server:
        for _ in range(3):
            with connect(server.url, CREDENTIALS, ca_bundle=bundle) as gateway:
                gateway.list_clients()
    assert tls_context.cache_info().misses == read + 1


def test_allow_http_does_not_loosen_tls() -> None:
    with (
        serving(platform(), server_side(AUTHORITY.issue_cert("127.0.0.1"))) as server,
        pytest.raises(Unavailable, match="not trusted"),
        connect(server.url, CREDENTIALS, allow_http=True),
    ):
        pytest.fail("the server is not who it says it is")


def test_a_server_without_tls_is_told_from_a_bad_certificate() -> None:
    with serving(platform()) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(Unavailable, match="does not speak TLS on this port") as caught, connect(url, CREDENTIALS):
            pytest.fail("there is no TLS")
    assert caught.value.hint is not None
    assert "port" in caught.value.hint


def test_plain_http_to_a_port_of_tls_is_told() -> None:
    """As nginx answers it, as others do with an alert, and as those that only hang up."""
    page = answer(400, b"<p>The plain HTTP request was sent to HTTPS port</p>", content_type="text/html")
    for answering, said in ((page, "speaks TLS"), (b"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"), (b"", "closed")):
        with serving(in_turn(answering)) as server:
            with pytest.raises(Unavailable, match=said) as caught, connect(server.url, CREDENTIALS, retry_clock=ONCE):
                pytest.fail("this is the wrong scheme")
            assert "`url:`" in str(caught.value.hint)


def test_a_server_of_old_versions_of_tls_is_told(bundle: Path) -> None:
    tls = server_side(AUTHORITY.issue_cert("127.0.0.1"))
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        tls.maximum_version = tls.minimum_version = ssl.TLSVersion.TLSv1_1
    with serving(platform(), tls) as server, pytest.raises(Unavailable, match="no TLS version in common") as caught:
        connect(server.url, CREDENTIALS, ca_bundle=bundle).__enter__()
    assert caught.value.hint == "have TLS 1.2 or 1.3 enabled on the instance"


_PEM = AUTHORITY.cert_pem.bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "the file is empty"),
        (b"-----BEGIN CERTIFICATE-----\nx\n", "a certificate in it is damaged"),
        (_PEM.strip() + _PEM, "a line break is missing between two"),
        (AUTHORITY.private_key_pem.bytes(), "a private key, and no certificate"),
        (ssl.PEM_cert_to_DER_cert(_PEM.decode()), "it is in DER form"),
        (bytes.fromhex("30820a0002010330820900"), "it is in PKCS #12 form"),
        (_PEM.decode().encode("utf-16"), "it is in UTF-16"),
        (b"<html><p>Log in</p></html>", "it is a page of HTML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of git LFS"),
        (b"hello\n", "it contains no certificate"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_named_before_anything_is_sent(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_bytes(content)
    with serving(platform()) as server:
        with (
            pytest.raises(ReconcilerError, match=said) as caught,
            connect(server.url, CREDENTIALS, ca_bundle=file),
        ):
            pytest.fail("the bundle cannot be used")
        assert str(file) in caught.value.message
        assert server.requests == []


def test_a_folder_without_hashed_names_is_told_before_anything_is_sent(tmp_path: Path, bundle: Path) -> None:
    with pytest.raises(ReconcilerError, match="no file in this folder has the name that OpenSSL looks for") as caught:
        connect("https://127.0.0.1:9", CREDENTIALS, ca_bundle=tmp_path).__enter__()
    assert f"openssl rehash {tmp_path}" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("value", "said"),
    [("'/ca.pem'", "the value begins and ends with quotes"), ("/ca.pem\r", "the value ends in a carriage return")],
)
def test_a_variable_that_was_damaged_is_named(value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", value)
    with pytest.raises(ReconcilerError, match=rf"from SSL_CERT_FILE.*{said}"):
        connect("https://127.0.0.1:9", CREDENTIALS).__enter__()


def test_an_expired_authority_is_told_from_an_expired_certificate() -> None:
    own = {"notBefore": "Jan  1 00:00:00 2000 GMT", "notAfter": "Jan  1 00:00:00 2999 GMT"}
    why = dated("its certificate has expired", Trust("ca.pem", "`ca_bundle:`"), own)
    assert "not its own (valid until" in why
    assert why.endswith("but one of an authority above it, perhaps in ca.pem")
