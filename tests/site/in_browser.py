"""The built site in a real browser: `make test-site` builds it and runs this.

No test of `make test`: what builds the site is installed by `make site` alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import launched
from tests.docs.pages import ROOT
from tests.site.publish import publish

SITE = ROOT / "build" / "site" / "html"
LONGEST = sorted(SITE.rglob("*/*.html"), key=lambda file: file.stat().st_size)[-8:]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two versions of the site, as a web server has them."""
    folder = tmp_path_factory.mktemp("pages")
    publish(SITE, folder, "0.9.4")
    publish(SITE, folder, "0.10.0")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens a page, and says at the end of the test what was fetched from elsewhere, or failed in a script."""
    wrong: list[str] = []
    contexts = []

    def opened(address: str, *, scheme: str = "light", width: int = 1200, script: bool = True) -> Page:
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        home = address[: address.find("/", len("http://"))] if address.startswith("http") else SITE.as_uri()
        page.on(
            "request", lambda request: None if request.url.startswith((home, "data:")) else wrong.append(request.url)
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def of_file(name: str) -> str:
    return (SITE / name).as_uri()


def finds_a_rule(page: Page, home: str) -> None:
    page.locator(".md-search__button").click()
    page.get_by_text("Loading search").wait_for(state="hidden")
    page.get_by_role("combobox").fill("redirect-fragment")
    page.get_by_role("option", name="redirect-fragment").click()
    expect(page).to_have_url(re.compile(re.escape(f"{home}/reference/rules.html") + r"\b.*#redirect-fragment"))
    expect(page.get_by_role("heading", name="redirect-fragment")).to_be_in_viewport()


def test_the_search_finds_a_rule_and_leads_there_without_a_server(opened: Open) -> None:
    finds_a_rule(opened(of_file("index.html")), SITE.as_uri())


def test_the_search_finds_a_rule_and_leads_there_from_a_server(opened: Open, served: str) -> None:
    finds_a_rule(opened(f"{served}/latest/index.html"), f"{served}/latest")


def test_no_page_scrolls_sideways_on_a_telephone(opened: Open) -> None:
    page = opened(of_file("index.html"), width=390, script=False)
    wide = {}
    for file in LONGEST:
        page.goto(file.as_uri())
        wide[file.name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in wide.items() if width > 390} == {}
    assert len(wide) == 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_colours_are_those_of_the_machine_can_be_read_and_change_at_a_click(opened: Open, scheme: str) -> None:
    page = opened(of_file("guides/github.html"), scheme=scheme)
    dark = "document.body.dataset.mdColorScheme === 'slate'"
    assert page.evaluate(dark) == (scheme == "dark")
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []
    page.get_by_title("Show in").locator("visible=true").click()
    page.wait_for_function(f"({dark}) !== {str(scheme == 'dark').lower()}")


def test_each_version_leads_to_the_others(opened: Open, served: str) -> None:
    page = opened(f"{served}/")
    expect(page).to_have_url(f"{served}/latest/index.html")
    page.goto(f"{served}/latest/reference/rules.html")
    page.locator(".md-version").hover()
    page.get_by_role("link", name="0.9.4").click()
    expect(page).to_have_url(f"{served}/0.9/")


def test_a_schema_is_served_at_its_own_address(opened: Open, served: str) -> None:
    response = opened(f"{served}/latest/index.html").request.get(f"{served}/schemas/auth-clients.schema.json")
    assert response.text() == Path(ROOT / "schemas" / "auth-clients.schema.json").read_text(encoding="utf-8")
