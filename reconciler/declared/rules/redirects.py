"""The rules for redirect URLs: one function per rule."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.declared.clients.redirect_url import WEB_SCHEMES
from reconciler.declared.clients.resolve import ResolvedRedirect, RuleContext
from reconciler.declared.rules.finding import RuleFinding
from reconciler.model.clients import Grant
from reconciler.model.platform import LONGEST_REDIRECT
from reconciler.model.unfinished import RESERVED_HOST
from reconciler.support.text import quoted, quoted_url


def not_absolute(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform accepts only absolute URLs."""
    for redirect in context.redirects:
        if not redirect.url.absolute and not _is_rest_of_url(redirect):
            yield _found(redirect, "is not absolute", "write it in full, as in 'https://portal.example.com/callback'")


def _is_rest_of_url(redirect: ResolvedRedirect) -> bool:
    """Whether it follows a comma and was meant as part of the URL before: it starts like no URL, or nothing is left."""
    parts = redirect.url
    is_relative = not (parts.scheme or parts.host or parts.text[:1] in ("/", "\\"))
    is_first = parts.text != "" and redirect.listed_in is not None and redirect.listed_in.startswith(parts.text)
    return redirect.listed_in is not None and is_relative and not is_first


def scheme(context: RuleContext) -> Iterator[RuleFinding]:
    """Only http and https lead to a web application; the platform refuses most others."""
    for redirect in context.redirects:
        if redirect.url.scheme and redirect.url.scheme not in WEB_SCHEMES:
            yield _found(redirect, f"has the scheme {quoted(redirect.url.scheme)}", "use https, or http on loopback")


def fragment(context: RuleContext) -> Iterator[RuleFinding]:
    """RFC 6749 section 3.1.2: the redirection endpoint must not include a fragment."""
    for redirect in context.redirects:
        if redirect.url.has_fragment:
            problem = "has a fragment, which OAuth forbids (RFC 6749 section 3.1.2)"
            yield _found(redirect, problem, "remove everything from the #")


def user_info(context: RuleContext) -> Iterator[RuleFinding]:
    """A user name or password before the host is a secret in git, or disguises another host."""
    for redirect in context.redirects:
        if redirect.url.has_user_info:
            yield _found(redirect, "has a user name in front of its host", "remove everything up to the @")


def wildcard(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform treats `*` as a literal character."""
    for redirect in context.redirects:
        if "*" in redirect.url.host or "*" in redirect.url.path:
            problem = "has a '*', which the platform takes literally: it matches nothing else"
            yield _found(redirect, problem, "list every URL, or write %2A for a literal '*' in the path")


def comma(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform separates several URLs by commas."""
    for redirect in context.redirects:
        if redirect.listed_in is not None:
            problem = "has a comma, which the platform takes for the end of the URL"
            message = f"redirect URL {quoted_url(redirect.listed_in)} {problem}"
            hint = "write several URLs as a list, and a comma of the URL itself as %2C"
            yield RuleFinding(message, redirect.place, hint, redirect.entry)


def too_long(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform stores up to 2,000 characters."""
    for entry, urls in context.urls.items():
        length = len(urls[0]) if len(urls) == 1 else sum(map(len, urls)) + len(urls) - 1  # the commas between them
        if length > LONGEST_REDIRECT:
            message = f"the redirect URLs have {length:,} characters in all, and the platform takes 2,000"
            hint = "use fewer or shorter URLs, or several clients"
            yield RuleFinding(
                message, entry.place("grants", Grant.AUTHORIZATION_CODE.value, "redirect_url"), hint, entry
            )


def no_path(context: RuleContext) -> Iterator[RuleFinding]:
    """If there are several URLs, the platform refuses one that ends with its host."""
    for redirect in context.redirects:
        url = redirect.url
        if len(redirect.entry.redirects) > 1 and url.host and not url.path:
            problem = "has no path, which the platform requires when there are several URLs"
            yield _found(redirect, problem, "put a / after the host if that is the URL you use")


def invalid(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform refuses the URL, or stores it differently."""
    for redirect in context.redirects:
        if redirect.url.fault is not None:
            yield _found(redirect, redirect.url.fault, redirect.url.fix)


def plain_http(context: RuleContext) -> Iterator[RuleFinding]:
    """Anyone on the network path can read the authorization code."""
    for redirect in context.redirects:
        url = redirect.url
        if url.scheme == "http" and url.host and not url.loopback:
            yield _found(redirect, "sends authorization codes over plain http", "use https")


def reserved(context: RuleContext) -> Iterator[RuleFinding]:
    """The host of the marks under which clients are created in two steps; it never exists (RFC 6761 section 6.4)."""
    for redirect in context.redirects:
        if redirect.url.host == RESERVED_HOST:
            problem = "has the host that this program uses for clients that are not finished"
            yield _found(redirect, problem, "give the application's own host")


def loopback(context: RuleContext) -> Iterator[RuleFinding]:
    """On a shared instance, loopback means each user's own machine."""
    if context.instance.embedded is not None:
        return
    for redirect in context.redirects:
        if redirect.url.loopback:
            problem = "leads to the user's own machine"
            yield _found(redirect, problem, "give the application's host, or waive the rule for a native application")


def _found(redirect: ResolvedRedirect, problem: str, hint: str) -> RuleFinding:
    return RuleFinding(f"redirect URL {quoted_url(redirect.url.text)} {problem}", redirect.place, hint, redirect.entry)
