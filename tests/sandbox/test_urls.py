"""Which redirects the platform stores, beyond those that were recorded."""

from __future__ import annotations

import pytest

from reconciler.sandbox.urls import is_url

ACCEPTED = [
    "http://localhost:8080",
    "https://a.example/b/c/d",
    "https://a.example//double//slashes",
    "https://a.example./dot-at-the-end",
    "https://-dash-first.example",
    "https://xn--mnchen-3ya.example/cb",
    "https://a.xn--punycode-",
    "https://日本.example/日本?日本#日本",
    "https://i❤.example/cb",
    "https://😀😀a/cb",
    "https://999.999.999.999/any-numbers-are-a-host",
    "http://[::1]/cb",
    "http://[::ffff:192.0.2.1]:80",
    "https://user@a.example",
    "https://us%41r:p%20w@a.example",
    "https://a.example?query=without/path",
    "https://a.example#fragment",
    "https://a.example/cb?a[0]=1&b=%5B",
    "https://a.example/cb?",
    "https://a.example/cb#",
    "https://a.example:99999/any-port",
    "https://a.example/~user/!$&'()*+,;=:@-._",
    "https://a.example/cb,https://b.example",
    "https://a.example/cb,https://b.example/cb?x=1,https://c.example",
    "git://a.example/x",
    "ssh://git@a.example/x",
    "wss://a.example",
    "z39.50r://a.example",
    "coap+tcp://a.example",
    "FTP://a.example",
]

REFUSED = [
    "",
    "https",
    "https:",
    "https:/a.example",
    "https:a.example",
    "//a.example/cb",
    "://a.example",
    "myapp://a.example",
    "httpss://a.example",
    "https://a",
    "https://.",
    "https://-",
    "https://a-/cb",
    "https://a..",
    "https://xn--b-",
    "https://*.a.example",
    "https://a.example*",
    "https://a,b.example",
    "https://a.example,b.example/cb",
    "https://a b.example",
    "https://a.example/a b",
    "https://a.example/a\tb",
    "https://a.example/a\u00a0b",
    "https://a.example/{id}",
    'https://a.example/"quoted"',
    "https://a.example/<b>",
    "https://a.example/a|b",
    "https://a.example/a^b",
    "https://a.example/a`b",
    "https://a.example\\cb",
    "https://a.example/\\cb",
    "https://a.example/%",
    "https://a.example/%2",
    "https://a.example/%zz",
    "https://a.example/😀",
    "https://a.example/e\u0301",
    "https://a.example/a[0]",
    "https://a.example/#a#b",
    "https://a.example/#a[0]",
    "https://a.example:",
    "https://a.example:port",
    "https://a.example:80:81",
    "https://a.example:80x",
    "https://a@b@c.example",
    "https://@a.example",
    "https://a:b:c@d.example",
    "http://[::1",
    "http://::1/cb",
    "http://[2001:db8::1::2]/cb",
    "http://[12345::]/cb",
    "http://[fe80::1%25eth0]/cb",
    "http://[192.0.2.1]/cb",
    "https://a.example/cb\n",
]


@pytest.mark.parametrize("url", ACCEPTED)
def test_the_platform_takes_it_for_a_url(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize("url", REFUSED)
def test_the_platform_does_not_take_it_for_a_url(url: str) -> None:
    assert not is_url(url)


def test_a_long_url_is_judged_quickly() -> None:
    """Nothing in it makes the pattern try again and again."""
    assert is_url("https://a.example/" + "a," * 500_000)
    assert not is_url("https://" + "a." * 500_000 + ":")
