"""Reports for programs: a parser of each format finds what there is to show, whatever a name contains."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from jsonschema import Draft4Validator
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity, warning
from reconciler.project import Addresses
from reconciler.render.ci.github import MOST, render_annotations
from reconciler.render.ci.gitlab import render_code_quality, render_terraform
from reconciler.render.ci.junit import render_junit
from reconciler.render.ci.openmetrics import last_successes, render_metrics
from reconciler.render.ci.sarif import render_sarif
from reconciler.render.view.findings import Level, ReviewFinding, findings
from reconciler.results import Finished, Overview, Planned, Stopped
from reconciler.support.text import printable
from tests.golden.overviews import OVERVIEWS
from tests.render.overviews import overviews
from tests.tiers import examples

_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
_PIPELINES = re.compile(r"##(vso|teamcity)?\[", re.IGNORECASE)


@cache
def sarif_schema() -> Draft4Validator:
    return Draft4Validator(json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text()))


def told(overview: Overview) -> list[ReviewFinding]:
    return [finding for finding in findings(overview) if finding.is_alert]


def is_one_line_of_a_log(text: str) -> bool:
    """What may be printed: it hides nothing, and no pipeline takes it for a command."""
    return printable(text) == text and not _PIPELINES.search(text)


def test_sarif_leads_to_the_page_of_a_rule_once_there_is_a_site() -> None:
    place = Location("a.yaml", 1, 2)
    found = (warning("duplicate-key", "twice", place), warning("redirect-fragment", "it is so", place))
    overview = Overview("validate", (), diagnostics=found)
    pages = []
    for project in (Addresses(), Addresses(site="https://keeper.test")):
        log = json.loads(render_sarif(overview, project))
        assert list(sarif_schema().iter_errors(log)) == []
        pages.append({rule["id"]: rule.get("helpUri") for rule in log["runs"][0]["tool"]["driver"]["rules"]})
    page = "https://keeper.test/latest/reference/rules.html#redirect-fragment"
    assert pages == [
        {"duplicate-key": None, "redirect-fragment": None},
        {"duplicate-key": None, "redirect-fragment": page},
    ]


def test_sarif_leads_to_what_the_guide_says_of_clients_taken_out_of_git() -> None:
    log = json.loads(render_sarif(OVERVIEWS["taken-out"], Addresses(site="https://keeper.test")))
    [rule] = log["runs"][0]["tool"]["driver"]["rules"]
    address, _, section = rule["helpUri"].partition("#")
    page = address.removeprefix("https://keeper.test/latest/").removesuffix(".html")
    guide = (Path(__file__).parents[3] / f"docs/{page}.md").read_text()
    assert section.replace("-", " ") in {line.lstrip("# ").lower() for line in guide.splitlines() if line[:1] == "#"}


@examples(0.5)
@given(overviews())
def test_sarif_is_what_its_schema_describes(overview: Overview) -> None:
    log = json.loads(render_sarif(overview))
    assert [f"{each.json_path}: {each.message}" for each in sarif_schema().iter_errors(log)] == []
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == sum(len(finding.notes) for finding in told(overview))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert is_one_line_of_a_log(result["message"]["text"])
        [location] = result["locations"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", location["physicalLocation"]["artifactLocation"]["uri"])


@examples(0.5)
@given(overviews())
def test_code_quality_is_a_list_of_different_issues(overview: Overview) -> None:
    issues: list[dict[str, Any]] = json.loads(render_code_quality(overview))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert bool(issues) == bool(told(overview))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert is_one_line_of_a_log(issue["description"] + issue["location"]["path"])
        assert issue["location"]["lines"]["begin"] >= 1


@examples(0.5)
@given(overviews())
def test_gitlab_counts_changes_or_gets_no_numbers(overview: Overview) -> None:
    counts = json.loads(render_terraform(overview))
    stopped = overview.error is not None or any(isinstance(result, Stopped) for result in overview.results)
    if stopped or any(diagnostic.severity is Severity.ERROR for diagnostic in overview.diagnostics):
        assert not {"create", "update", "delete"} & counts.keys()
    else:
        plans = [
            r.planned.plan if isinstance(r, Finished) else r.plan
            for r in overview.results
            if not isinstance(r, Stopped)
        ]
        assert sum(counts.values()) == sum(len(plan.changes) for plan in plans)
        assert counts.keys() == {"create", "update", "delete"}


@examples(0.5)
@given(overviews())
def test_junit_has_a_suite_for_each_instance_and_a_case_for_each_client(overview: Overview) -> None:
    root = ET.fromstring(render_junit(overview).encode())
    assert {element.tag for element in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    }
    suites = {suite.get("name"): suite for suite in root}
    for result in overview.results:
        suite = suites[result.instance.name]
        match result:
            case Planned(plan=plan):
                expected = 1 + len(plan.changes) + len(plan.blocked)
            case Finished(planned=planned, report=report):
                expected = 1 + len(report.outcomes) + len(planned.plan.blocked)
            case Stopped():
                expected = 1
                assert len(list(suite.iter("error"))) == 1
        assert len(suite) == int(suite.get("tests", "")) == expected
    for element in root.iter():
        for text in (*element.attrib.values(), *(element.text or "").split("\n")):
            assert is_one_line_of_a_log(text)
    assert int(root.get("tests", "")) == len(list(root.iter("testcase"))) > 0


@examples(0.5)
@given(overviews())
def test_metrics_are_read_alike_by_openmetrics_and_prometheus(overview: Overview) -> None:
    text = render_metrics(overview)
    families = openmetrics(text)  # type: ignore[no-untyped-call]
    samples = [tuple(sample)[:3] for family in families for sample in family.samples]
    assert samples == [tuple(sample)[:3] for family in prometheus(text) for sample in family.samples]
    assert len({(name, *sorted(labels.items())) for name, labels, _ in samples}) == len(samples)
    ups = {labels["instance"]: value for name, labels, value in samples if name == "reconciler_up"}
    assert ups == {result.instance.name: not isinstance(result, Stopped) for result in overview.results}
    assert text.endswith("\n# EOF\n")


@examples(0.5)
@given(overviews())
def test_an_annotation_is_one_command_that_says_what_it_should(overview: Overview) -> None:
    """Read as the runner reads it: no name adds a command, or a property to one."""
    lines = render_annotations(overview).splitlines()
    found = findings(overview)
    for line in lines:
        parsed = _COMMAND.fullmatch(line)
        assert parsed, line
        properties = dict(each.split("=", 1) for each in parsed[2].split(","))
        assert set(properties) in ({"file", "line", "col", "title"}, {"title"})
        assert properties.get("line", "1").isdigit()
        assert is_one_line_of_a_log(line)
    levels = Counter(line.partition(" ")[0].removeprefix("::") for line in lines)
    caused = [each for each in found if each.caused or each.level is Level.ERROR]
    expected = Counter({level: min(MOST, sum(each.level is level for each in caused)) for level in Level})
    expected[Level.NOTICE] += len(caused) < len(found)  # how many there are besides
    assert +levels == +expected


def test_what_is_beyond_githubs_limit_is_counted() -> None:
    """It shows ten of a level, and drops the rest without a word."""
    found = tuple(
        warning("some-rule", f"about {number}", Location("clients/a.yaml", number, 1)) for number in range(1, 26)
    )
    *shown, last = render_annotations(Overview("validate", diagnostics=found)).splitlines()
    assert len(shown) == 9
    assert last == "::warning title=reconciler::16 more warnings: see the summary of the job, or its log"


def test_an_earlier_report_tells_when_an_instance_last_succeeded() -> None:
    text = (
        'reconciler_last_success_timestamp_seconds{command="plan",instance="a"} 1772357400\n'
        'reconciler_last_success_timestamp_seconds{command="apply",instance="b"} 1772357400.5\n'
        'reconciler_last_success_timestamp_seconds{command="plan",instance="c"} soon\n'
    )
    assert last_successes(text, "plan") == {"a": 1772357400}
    assert last_successes(text, "apply") == {"b": 1772357400.5}
    assert last_successes("\x00", "plan") == {}
