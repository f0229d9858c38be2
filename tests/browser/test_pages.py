"""The pages in a real browser: seen, heard, printed, and used by keyboard, with and without their script."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.conftest import Open
from tests.render.pages import PAGES
from tests.tiers import few

TALL = 12_000
"""Pixels: so that nothing is left out for being far below."""


@pytest.mark.parametrize("name", few(PAGES, 5))
def test_nobody_is_shut_out(opened: Open, name: str) -> None:
    """No rule of axe is broken: contrast, names, headings, tables, landmarks."""
    page = opened(name, height=TALL)
    unfold(page)
    assert Axe().run(page).violations_count == 0


@pytest.mark.parametrize("name", few(["everything-at-once", "every-outcome", "invalid", "fleet", "history"], 5))
def test_nobody_is_shut_out_in_the_dark_on_a_telephone(opened: Open, name: str) -> None:
    """Other colours, other widths, the same rules."""
    page = opened(name, scheme="dark", width=360, height=TALL)
    unfold(page)
    assert Axe().run(page).violations_count == 0


def test_a_colour_that_cannot_be_read_would_be_found(opened: Open) -> None:
    """So that the tests above could fail."""
    page = opened("nothing-to-do")
    page.evaluate("document.body.style.color = '#ccc'")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == ["color-contrast"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_never_scrolls_sideways(opened: Open, name: str) -> None:
    """Not even with names of 255 letters on a narrow screen. Wide tables scroll within themselves."""
    page = opened(name, width=320)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


_BROKEN_WORDS = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, range = document.createRange();
    if (!text.parentElement.checkVisibility() || text.parentElement.closest("svg, script, style")) continue;
    for (const word of text.data.matchAll(/[\\p{L}\\p{N}_]{2,24}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((each) => Math.round(each.top))).size > 1) found.push(word[0]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("name", ["fleet", "history", "invalid", "everything-at-once", "rotated"])
def test_no_word_is_broken_on_a_telephone(opened: Open, name: str) -> None:
    page = opened(name, width=390)
    unfold(page)
    assert page.evaluate(_BROKEN_WORDS) == []


@pytest.mark.parametrize("name", ["fleet", "history", "twelve", "twelve-history"])
def test_what_is_wider_than_the_page_says_that_it_scrolls(opened: Open, name: str) -> None:
    """And nothing else does on a telephone, nor anything on paper."""
    page = opened(name)
    for width in (390, 768, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for region in page.locator(".scrolls").all():
            scrolls = region.evaluate("e => e.scrollWidth > e.clientWidth")
            hint = region.locator("xpath=preceding-sibling::*[1][contains(@class, 'sideways')]")
            said = hint.count() == 1 and hint.is_visible()
            assert said if scrolls else not (said and width == 390), (width, region.get_attribute("aria-label"))
    page.emulate_media(media="print")
    assert not any(hint.is_visible() for hint in page.locator(".sideways").all())


def test_the_timeline_of_a_fleet_fits_a_wide_screen(opened: Open) -> None:
    """The newest runs are on the right, where nobody would look for them behind the edge."""
    page = opened("twelve-history", width=1280)
    region = page.locator(".scrolls").first
    assert region.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.get_by_text("the latest 38 of 43 runs").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_numbers_stand_under_their_headings(opened: Open, width: int) -> None:
    page = opened("fleet", width=width)
    rows = page.locator("table.fleet tr").all()
    aligned = [row.locator("th, td").evaluate_all("all => all.map(e => getComputedStyle(e).textAlign)") for row in rows]
    assert "right" in aligned[0]
    assert all(each == aligned[0] for each in aligned)


@pytest.mark.parametrize("name", ["ordinary", "fleet", "every-outcome"])
def test_a_picture_of_the_whole_page_has_every_card_in_it(opened: Open, name: str) -> None:
    """Browsers do not draw what `content-visibility` holds back: a picture would show empty boxes far below."""
    page = opened(name)
    unfold(page)
    held_back = "all => all.filter(e => getComputedStyle(e).contentVisibility !== 'visible').length"
    assert page.locator(".card").evaluate_all(held_back) == 0


def test_problems_in_the_files_come_last_and_folded(opened: Open) -> None:
    """What a plan changes is read first; with only the files to judge, they are all there is."""
    page = opened("fleet")
    expect(page.get_by_role("heading", name="Problems in the files")).to_be_visible()
    expect(page.locator(".problems")).not_to_be_visible()
    assert page.locator("main > *").last.get_attribute("class") == "aside"
    expect(opened("invalid").locator(".problems")).to_be_visible()


@pytest.mark.parametrize("name", ["every-outcome", "fleet", "history"])
def test_without_its_script_a_page_lacks_nothing_but_the_tools(opened: Open, name: str) -> None:
    plain, scripted = opened(name, script=False), opened(name)
    expect(plain.locator(".tools:visible")).to_have_count(0)
    assert plain.locator("main").text_content() == scripted.locator("main").text_content()
    assert plain.locator(".card:visible").count() == scripted.locator(".card:visible").count()


def test_a_row_of_the_fleet_opens_the_plan_of_its_instance(opened: Open) -> None:
    """Also where no script runs: a browser opens what an address leads into."""
    for script in (True, False):
        page = opened("fleet", script=script)
        inside = page.get_by_text("https://quiet.example.com")
        expect(inside).not_to_be_visible()
        page.get_by_role("link", name="quiet").click()
        expect(inside).to_be_visible()


def test_a_search_hides_what_does_not_match_and_says_how_much_does(opened: Open) -> None:
    page = opened("everything-at-once")
    page.get_by_label("Search").fill("warehouse DESKTOP")
    expect(page.get_by_role("status")).to_have_text("1 entry on 1 instance")
    expect(page.locator(".card:visible")).to_have_count(1)
    page.get_by_label("Search").fill("")
    expect(page.get_by_role("status")).to_have_text("")
    expect(page.locator(".card:visible")).to_have_count(page.locator(".card").count())


def test_a_fleet_can_be_narrowed_to_what_is_deleted(opened: Open) -> None:
    """Instances without a deletion disappear, from the table as well."""
    page = opened("fleet")
    for action in ("create", "update", "rename", "blocked"):
        page.get_by_role("checkbox", name=action).uncheck()
    rows = page.locator("table.fleet tbody tr:visible")
    deleting = page.locator(".card.delete").evaluate_all("all => new Set(all.map(e => e.closest('.body').id)).size")
    expect(rows.filter(has_text="quiet")).to_have_count(0)
    assert page.locator("details.instance:visible").count() >= deleting > 0
    expect(page.get_by_role("status")).to_contain_text("instances")


def test_drift_can_be_looked_at_alone(opened: Open) -> None:
    page = opened("drift-refused")
    page.get_by_role("checkbox", name="drift alone").check()
    expect(page.locator(".card:visible")).to_have_count(page.locator(".card[data-drift]").count())
    assert 0 < page.locator(".card:visible").count() < page.locator(".card").count()


def test_the_first_key_offers_to_skip_to_the_content(opened: Open) -> None:
    page = opened("fleet")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_every_control_shows_that_it_has_the_keyboard(opened: Open) -> None:
    page = opened("fleet")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("script", [True, False])
def test_paper_gets_everything_but_the_tools(opened: Open, script: bool) -> None:
    """What is folded is printed as well, dark on white, whatever the screen shows."""
    page = opened("everything-at-once", scheme="dark", script=script)
    expect(page.get_by_text("By hand")).not_to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.get_by_text("By hand").bounding_box() is not None
    expect(page.locator("#tools")).not_to_be_visible()
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["fleet", "history", "hostile-names"])
def test_nothing_is_cut_off_at_the_edge_of_the_paper(opened: Open, name: str) -> None:
    """A4 upright within its margins, where no table can be scrolled."""
    page = opened(name, width=718)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 718


def test_no_script_but_our_own_can_run(browser: Browser, files: dict[str, Path]) -> None:
    """The policy holds even for what would get into the page."""
    page = browser.new_page()
    page.goto(files["nothing-to-do"].as_uri())
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="window.forged = true")
    assert page.evaluate("window.forged") is None
    page.close()


def test_a_name_written_from_right_to_left_turns_nothing_around_it(opened: Open) -> None:
    """The host of a URL stands where it is stored, left of its path, whatever the path is written in."""
    page = opened("hostile-names")
    assert page.locator("code").first.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate-override"
    assert page.locator("bdi").first.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"


def unfold(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
