"""The rules on redirect URLs: what each finds, and what it leaves alone."""

from __future__ import annotations

import pytest

from reconciler.declared.clients.fast_path import parse_url
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity
from reconciler.model.platform import TRIMMED
from reconciler.support.loopback import is_loopback
from tests.declared.declaring import PRODUCTION, SANDBOX, declared, demanding, names_of, only, settings, with_redirect

FOUND = {
    "redirect-not-absolute": [
        "/cb",
        "cb",
        "app.example.com/cb",
        "localhost:8080/cb",
        "//a.example/cb",
        "https:///cb",
        "https://",
        "https:/a.example",
        "http:",
        "",
        "?x",
    ],
    "redirect-scheme": [
        "myapp://cb",
        "com.example.app:/cb",
        "com.example.app://cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "javascript:alert(1)",
        "mailto:a",
        "ftp://a.example/cb",
        "WS://a.example/cb",
    ],
    "redirect-fragment": ["https://a.example/cb#x", "https://a.example#", "https://a.example/?x=1#/y?z"],
    "redirect-user-info": [
        "https://user@a.example/cb",
        "https://user:pass@a.example/",
        "https://a@b@c.example/",
        "https://@a.example/",
    ],
    "redirect-wildcard": ["https://*.example.com/cb", "https://a.example/*", "https://a.example/a*b"],
    "redirect-comma": [
        "https://a.example/a,b",
        "https://a.example/a,",
        ",https://a.example/a",
        "https://a.example/cb,https://b.example/cb",
        "https://a.example,x/",
    ],
    "redirect-invalid": [
        "https://a.example/a b",
        "https://a.example/a\\b",
        "https://a.example\\.b.example/",
        "https://a.example/{tenant}",
        "https://a.example/a\tb",
        "https://a.example/a\u202eb",
        "https://a.example/a\u00a0b",
        'https://a.example/"',
        "https://a.example/%zz",
        "https://a.example/100%",
        "https://a.example/[x]",
        "https://a.example/cb ",
        "\ufeffhttps://a.example/cb",
        "https://[::1::2]/cb",
        "https://[2001:db8::1",
        "https://[fe80::1%25eth0]/cb",
        "https://[192.0.2.7]/cb",
        "https://[2001:db8::1].example.com/cb",
        "https://[2001:db8::1]evil.example:80/cb",
        "https://a.example:port/cb",
        "https://a.example:/cb",
        "https://a.example:65536/cb",
        "https://a.example:123456/cb",
        "https://2001:db8::1/cb",
        "https://a%2fb.example/cb",
        "https://evil.example／.a.example/cb",
        "https://evil.example？.a.example/cb",
        "https://evil.example＃.a.example/cb",
        "https://evil.example：80/cb",
        "https://a.example＠evil.example/cb",
        "https://evil.exa℀.a.example/cb",
        "https://evil。a.example/cb",
        "https://evil｡a.example/cb",
        "https://ｅvil.example/cb",
        "https://stra\u00dfe.example/cb",
        "https://u\u0308ber.example/cb",
        "https://a\u034f.example/cb",
        "https://a.example\u2215oauth\u2215cb.evil.example/cb",
        "https://a.example\u2044cb.evil.example/cb",
        "https://a.example\u29f8cb.evil.example/cb",
        "https://a.example\u2571cb.evil.example/cb",
        "https://a.example\u0338cb.evil.example/cb",
        "https://a.example\u30cecb.evil.example/cb",
        "https://a.example\u02d080.evil.example/cb",
        "https://a.example\u0294cb.evil.example/cb",
        "https://\U0001f98a.example/cb",
        "https://192.0.2/cb",
        "https://0xc0.0.2.7/cb",
        "https://192.0.2.07/cb",
        "https://192.0.2.256/cb",
        "https://192.0.2.7./cb",
        "https://3221225991/cb",
        "https://a/cb",
        "https://a./cb",
        "https://a..example/cb",
        "https://.a.example/cb",
        "https://a.example../cb",
        "https://a.example-/cb",
        "https://a.example_/cb",
    ],
    "redirect-plain-http": [
        "http://a.example/cb",
        "HTTP://A.EXAMPLE/cb",
        "http://192.0.2.7/cb",
        "http://localhost.example.com/cb",
        "http://notlocalhost/cb",
        "http://127.0.0.1.example.com/cb",
        "http://[2001:db8::1]/cb",
    ],
    "redirect-reserved": ["https://invalid.invalid/cb", "https://INVALID.invalid:8443/reconciler/1/x"],
    "redirect-loopback": [
        "https://localhost/cb",
        "http://localhost:8080",
        "http://LOCALHOST./cb",
        "http://portal.localhost/cb",
        "http://127.0.0.1/cb",
        "http://127.8.9.10:80/cb",
        "http://[::1]/cb",
        "http://[0:0:0:0:0:0:0:1]:8080/cb",
    ],
}

FINE = [
    "https://a.example/cb",
    "https://a.example",
    "HTTPS://A.EXAMPLE/Cb",
    "https://a.example:8443/cb",
    "https://a.example/cb?x=1&y[]=2&z=%20",
    "https://a.example/a%20b",
    "https://a.example/~a/b;c=d/e!$&'()+=:@",
    "https://a_1.example/cb",
    "https://münchen.example/grüße",
    "https://ノート.example/cb",
    "https://परीक्षा.example/cb",
    "https://col·lecció.example/cb",
    "https://192.0.2.7/cb",
    "https://7.example/cb",
    "https://a.7x/cb",
    "https://0xa.example/cb",
    "https://[2001:db8::1]:8080/cb",
    "https://a.example/cb?x=*",
    "https://xn--mnchen-3ya.example./cb",
]


@pytest.mark.parametrize(("rule", "url"), [(rule, url) for rule, urls in FOUND.items() for url in urls])
def test_each_mistake_in_a_url_is_found_by_its_own_rule_alone(rule: str, url: str) -> None:
    """One mistake, one message: no rule repeats another. The place is the URL's own."""
    found = only(declared(with_redirect(url), settings()))
    assert found.rule == rule
    assert found.location == Location("clients/all.yaml", 6, 11)
    assert found.severity is (Severity.WARNING if rule == "redirect-loopback" else Severity.ERROR)
    assert found.hint


@pytest.mark.parametrize("url", FINE)
def test_a_url_that_the_platform_takes_and_oauth_allows_is_fine(url: str) -> None:
    """Also with unicode hosts, ports and IPv6 addresses."""
    assert names_of(declared(with_redirect(url), settings())) == []


def test_several_mistakes_in_one_url_are_all_reported() -> None:
    """None hides another."""
    found = declared(with_redirect("http://me@*.example.com/a b#c"), settings())
    assert names_of(found) == [
        "redirect-fragment",
        "redirect-invalid",
        "redirect-plain-http",
        "redirect-user-info",
        "redirect-wildcard",
    ]


@pytest.mark.parametrize("character", TRIMMED)
def test_every_character_that_the_platform_trims_is_found_at_either_end(character: str) -> None:
    """What is stored would never equal what is declared."""
    for url in (f"https://a.example/cb{character}", f"{character}https://a.example/cb"):
        fault = parse_url(url).fault
        assert fault is not None
        assert "cuts off" in fault


def test_a_message_shows_the_value_printable_and_short() -> None:
    """Whatever is in it, the terminal stays as it is."""
    found = only(declared(with_redirect("https://a.example/\x1b[31m" + "x" * 500), settings()))
    assert found.message == (
        "redirect URL 'https://a.example/\\u{1b}[31m" + "x" * 57 + "…' has the character U+001B, which"
        " the platform refuses"
    )


@pytest.mark.parametrize(("length", "rules"), [(2_000, []), (2_001, ["redirect-too-long"])])
def test_all_urls_together_have_up_to_2000_characters(length: int, rules: list[str]) -> None:
    """Commas included, in characters and not in bytes; the place is that of the whole value."""
    first = "https://a.example/é"
    found = declared(with_redirect(first, "https://b.example/".ljust(length - len(first) - 1, "x")), settings())
    assert names_of(found) == rules
    assert all(d.location == Location("clients/all.yaml", 6, 9) for d in found.diagnostics)


@pytest.mark.parametrize(
    "urls", [("https://a.example", "https://b.example/"), ("https://b.example/x", "https://a.example?x")]
)
def test_one_of_several_urls_without_a_path_is_found(urls: tuple[str, str]) -> None:
    """Wherever it stands in the list; the platform would take only the last."""
    assert names_of(declared(with_redirect(*urls), settings())) == ["redirect-no-path"]


def test_loopback_is_fine_on_an_embedded_instance() -> None:
    """There it is the developer's own machine."""
    text = with_redirect("http://portal.localhost:3000/cb")
    assert names_of(declared(text, settings(SANDBOX))) == []
    found = only(declared(text, settings(SANDBOX, PRODUCTION)))
    assert found.message.endswith("(on production)")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://portal.example.com/cb", True),
        ("https://PORTAL.Example.COM./cb", True),
        ("https://example.com/cb", False),
        ("https://portal.example.com.evil.example/cb", False),
        ("https://evil.example/portal.example.com", False),
        ("https://evil.example?.example.com", False),
        ("https://evil.example:443/x.example.com", False),
        ("https://localhost/cb", False),
        ("https://münchen.example/cb", True),
    ],
)
def test_the_policy_decides_which_hosts_may_receive_codes(url: str, allowed: bool) -> None:
    """It is the host that counts, and nothing around it."""
    having = demanding(SANDBOX, allowed_redirect_hosts=("*.example.com", "münchen.example"))
    found = names_of(declared(with_redirect(url), having))
    assert found == ([] if allowed else ["redirect-host-not-allowed"])


def test_a_policy_without_any_host_allows_none() -> None:
    """An empty list is a decision; leaving the setting out is none."""
    having = demanding(allowed_redirect_hosts=())
    assert only(declared(with_redirect("https://a.example/"), having)).rule == "redirect-host-not-allowed"


@pytest.mark.parametrize("host", ["127.0.0.256", "127.1.1.1.1", "::2", "1270.0.0.1", "0.0.0.0", ""])
def test_what_only_resembles_loopback_is_not(host: str) -> None:
    """Addresses are read as a whole."""
    assert not is_loopback(host)
