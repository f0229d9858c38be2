"""The page of a fleet in a real Chromium: how long it takes to make, to open, to search; and the longest freeze.

python -m tests.benchmarks.page [--instances 200] [--clients 50]

Twice: with changes to a tenth of all clients, and to all of them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from reconciler.render.html.overview import render_html
from reconciler.results import Overview, Planned
from tests.browser.chromium import launched
from tests.builders import declare, listing, live, plan_of, present, spec
from tests.golden.overviews import result_of, run
from tests.golden.scenes import Scene

_WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration);
}).observe({type: "longtask", buffered: true});
"""
_SEARCHED = """async () => {
  const begin = performance.now(), search = document.getElementById("search");
  search.value = "client 7";
  search.dispatchEvent(new Event("input"));
  const said = document.getElementById("matches");
  while (!said.textContent) await new Promise((done) => setTimeout(done, 5));
  return performance.now() - begin;
}"""
_OPENED = "() => performance.getEntriesByType('navigation')[0].domComplete"


def main() -> None:
    """Measure, and print a line for each page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    chosen = parser.parse_args()
    with sync_playwright() as playwright, launched(playwright) as browser, tempfile.TemporaryDirectory() as folder:
        for share in (10, 1):
            changed = max(1, chosen.clients // share)
            show(browser, Path(folder) / "fleet.html", fleet(chosen.instances, chosen.clients, changed), changed)


def fleet(instances: int, clients: int, changed: int) -> Overview:
    """Each instance with so many clients, the first of which get another URL."""
    names = [f"Client {number}" for number in range(clients)]
    seen = listing(*(live(number, each) for number, each in enumerate(names, 1)))
    declared = declare(
        *(
            present(spec(each, redirect="https://new.example.com/cb") if number < changed else each, line=number + 1)
            for number, each in enumerate(names)
        )
    )
    scene = Scene(plan_of(declared, seen))
    return run("plan", *(result_of(scene, f"instance-{number:03}") for number in range(instances)))


def show(browser: Browser, file: Path, overview: Overview, changed: int) -> None:
    """One line."""
    begin = time.perf_counter()
    file.write_text(render_html(overview), encoding="utf-8")
    made = time.perf_counter() - begin
    page = browser.new_page()
    page.add_init_script(_WATCH)
    page.goto(file.as_uri())
    opened, searched = page.evaluate(_OPENED), page.evaluate(_SEARCHED)
    planned = sum(len(each.plan.changes) for each in overview.results if isinstance(each, Planned))
    size, freeze = file.stat().st_size / 1e6, page.evaluate("window.longest") / 1000
    print(
        f"{len(overview.results)} instances, {changed} changes each, {planned} in all: {size:.1f} MB, "
        f"made in {made:.2f} s, opened in {opened / 1000:.2f} s, searched in {searched / 1000:.2f} s, "
        f"longest freeze {freeze:.2f} s",
        flush=True,
    )
    page.close()


if __name__ == "__main__":
    main()
