"""Names, globs, patterns and addresses that were chosen to deceive or to hang: what commands make of them."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.projects import SECONDS, Ended, Platform, Project, at, command, stored, wanted
from tests.cli.terminals import at_a_terminal

URL = "https://acme.processmaker.net"


def validated() -> subprocess.CompletedProcess[str]:
    """Run validate as a process that can be ended, also while it matches a regular expression: that can take hours."""
    return subprocess.run(command("validate"), capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.parametrize("glob", ["*o" * 12 + "x", "*?o" * 12 + "x", "**o" * 12 + "x", "*o" * 100 + "x"])
def test_no_glob_can_hang_a_run(project: Project, glob: str) -> None:
    project.configure({"staging": {"embedded": "x"}, "o" * 200: {"embedded": "y"}}, ignore=[glob])
    project.declare(wanted("o" * 255, instances=[glob, "staging"]))
    ended = validated()
    assert ended.returncode == 3
    assert "[instances-unknown]" in ended.stdout  # the glob covers none


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("(a|a)*", "it repeats a group that has a quantifier or a `|` in it"),
        ("(a+)+b", "it repeats a group that has a quantifier or a `|` in it"),
        ("(?:a{1,9}){2,}b", "it repeats a group that has a quantifier or a `|` in it"),
        ("(?P<x>(?i:a?))*b", "it repeats a group that has a quantifier or a `|` in it"),
        ("a*a+a{2,}b", "it can match in too many ways"),
        ("a?" * 40 + "b", "it can match in too many ways"),
        ("(a|aa)" * 30 + "b", "it can match in too many ways"),
        ("(?:){99999999}", "it repeats something more than 1,000 times"),
        ("(?:(?:(?:){1000}){1000}){1000}.*", "it repeats something that can match nothing"),
        ("(?:(?:(?:a){1000}){1000}){1000}.*", "it repeats something more than 1,000 times"),
        ("(?:a{200}b{200}){50}", "it repeats something more than 1,000 times"),
        (r"(?:\b){900}a", "it repeats something that can match nothing"),
        ("(?:(?=a)){2,}a", "it repeats something that can match nothing"),
        ("(?x) a* # (\n", "it has the flag x, with which its cost is not known"),
    ],
)
def test_a_pattern_that_can_hang_a_run_is_refused_with_the_fix(project: Project, pattern: str, fault: str) -> None:
    policy = {"name_pattern": pattern, "justification_mentions": pattern}
    project.configure({"sandbox": {"embedded": "x"}}, policy=policy)
    project.declare({"name": "a" * 255, "grants": {"password": {"justification": "a" * 5000}}})
    ended = validated()
    assert ended.returncode == 3
    said = f" can take hours to match some texts: {fault}; use at most two of *, + and {{n,}}"
    found = [line for line in ended.stdout.splitlines() if said in line]
    assert ["[policy]" in line for line in found] == [True, True]


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z]+-[0-9]+",
        "[(|*+]{2}[]a]*(?i:b)?",
        r"(?:Acme|Beta) \(\|\)?[a-z]+( [a-z]+)?",
        "(?:[0-9]{2}[.]){3}[0-9]{1,3}",
        "(?#(a|b*)(?P<year>[0-9]{4})(?P=year)+",
        "x{}y{a}{,2}z*",
    ],
)
def test_an_everyday_pattern_is_accepted(project: Project, pattern: str) -> None:
    project.configure({"sandbox": {"embedded": "x"}}, policy={"name_pattern": pattern})
    project.declare()
    assert project.run("validate").code == 0


@pytest.mark.parametrize("pattern", ["(b|c|d)?a*a*x", "[A-Za-z]*[a-z]*?[A-Z]{1,2}"])
def test_the_slowest_patterns_that_are_accepted_take_no_time_to_speak_of(project: Project, pattern: str) -> None:
    project.configure(
        {"sandbox": {"embedded": "x"}}, policy={"name_pattern": pattern, "justification_mentions": "a*a*x"}
    )
    project.declare({"name": "a" * 255, "grants": {"password": {"justification": "a" * 500_000}}})
    assert validated().returncode == 3


ONE_HOST = {"allowed_redirect_hosts": ["*.example.com"]}


@pytest.mark.parametrize(
    "host",
    [
        "evil.org／.example.com",
        "evil.org？.example.com",
        "evil.org＃.example.com",
        "evil.org：80",
        "evil.o℀.example.com",
        "portal.example.com\u2215cb\u2215x.example.com",
        "portal.example.com\u2044x.example.com",
        "portal.example.com\u29f8x.example.com",
        "portal.example.com\u30cex.example.com",
        "portal.example.com\u0338x.example.com",
    ],
)
@pytest.mark.parametrize("rules", [{}, {"redirect-invalid": {"severity": "off"}}])
def test_a_host_that_programs_read_differently_is_neither_valid_nor_allowed(
    project: Project, host: str, rules: dict[str, object]
) -> None:
    project.configure({"sandbox": {"embedded": "x"}}, policy=ONE_HOST, rules=rules)
    project.declare(wanted("Portal", f"https://{host}/cb"))
    ended = project.run("validate")
    assert ended.code == 3
    assert ("[redirect-invalid]" in ended.out) is not bool(rules)
    assert "[redirect-host-not-allowed]" in ended.out


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example.com/cb,https://evil.org/cb",
        "https://evil.org,.example.com/cb",
        "https://a.example.com/cb?x=,//evil.org/cb",
        "https://a.example.com/cb,https:evil.org",
        "https://a.example.com/cb,https:///evil.org",
        "https://a.example.com/${tail}",
        ["https://a.example.com/cb", "https://b.example.com/cb,https://evil.org/cb"],
    ],
)
def test_every_url_of_a_list_is_checked_also_where_commas_are_tolerated(project: Project, url: object) -> None:
    rules = {rule: {"severity": "off"} for rule in ("redirect-comma", "redirect-not-absolute")}
    sandbox = {"embedded": "x", "variables": {"tail": "cb,https://evil.org/cb"}}
    project.configure({"sandbox": sandbox}, policy=ONE_HOST, rules=rules)
    project.declare({"name": "Portal", "grants": {"authorization_code": {"redirect_url": url}}})
    ended = project.run("validate")
    assert ended.code == 3
    assert "[redirect-host-not-allowed]" in ended.out


@pytest.mark.parametrize("url", ["https://me@evil.org@a.example.com/cb", "https://evil.org\\\\@a.example.com/cb"])
def test_a_policy_allows_no_url_whose_host_programs_seek_in_different_places(project: Project, url: str) -> None:
    rules = {rule: {"severity": "off"} for rule in ("redirect-user-info", "redirect-invalid")}
    project.configure({"sandbox": {"embedded": "x"}}, policy=ONE_HOST, rules=rules)
    project.declare(wanted("Portal", url))
    ended = project.run("validate")
    assert ended.code == 3
    assert "[redirect-host-not-allowed]" in ended.out


def test_a_comma_in_a_url_is_one_mistake_and_not_two(project: Project) -> None:
    """What follows it need not be a URL."""
    project.configure({"sandbox": {"embedded": "x"}}, policy=ONE_HOST)
    project.declare(wanted("Portal", "https://a.example.com/cb?x=1,2"))
    assert "[redirect-comma]" in project.run("validate").out
    assert len(project.run("validate").out.splitlines()) == 1


SPELLINGS = [
    ("https://acme.example.com", "https://acme.example.com."),
    ("https://acme.example.com", "https://ACME.example.com:443/"),
    ("https://acme.example.com", "https://acme。example．com"),
    ("https://acme.example.com", "https://ａcme.example.com"),
    ("https://acme.example.com", "https://%61cme.example.com"),
    ("https://münchen.example.com", "https://xn--mnchen-3ya.example.com"),
    ("https://münchen.example.com", "https://MU\u0308NCHEN.example.com"),
    ("https://straße.example.com", "https://xn--strae-oqa.example.com"),
    ("https://acme.example.com/a", "https://acme.example.com/%61"),
    ("https://acme.example.com/a", "https://acme.example.com/b/../a"),
    ("https://acme.example.com/a", "https://acme.example.com/b/%2E%2e/a/"),
    ("https://acme.example.com", "https://acme.example.com/."),
    ("https://acme.example.com/é", "https://acme.example.com/%c3%a9"),
    ("https://192.0.2.7", "https://0xc0.0.519"),
    ("https://[2001:db8::1]", "https://[2001:DB8:0:0:0:0:0:1]"),
    ("https://192.0.2.7", "https://[::ffff:192.0.2.7]"),
    ("http://localhost:8080", "http://127.0.0.1:8080"),
    ("http://localhost:8080", "http://[::1]:8080/"),
    ("http://localhost:8080", "http://LOCALHOST.:8080"),
    ("http://127.0.0.1:8080", "http://127.1:8080"),
    ("http://localhost", "http://[0:0:0:0:0:0:0:1]:80"),
]

DIFFERENT = [
    ("http://localhost:8080", "http://127.0.0.1:8081"),
    ("http://acme.localhost:8080", "http://beta.localhost:8080"),
    ("https://acme.example.com/a", "https://acme.example.com/A"),
    ("https://acme.example.com/a/b", "https://acme.example.com/a%2Fb"),
    ("https://münchen.example.com", "https://munchen.example.com"),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_one_instance_in_two_spellings_is_one_instance(project: Project, first: str, second: str) -> None:
    project.configure({"first": at(first), "second": at(second)})
    project.declare()
    ended = project.run("validate")
    assert ended.code == 3
    assert "first and second have one URL: they are the same instance" in ended.out


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_two_instances_may_have_similar_urls(project: Project, first: str, second: str) -> None:
    project.configure({"first": at(first), "second": at(second)})
    project.declare()
    assert project.run("validate").code == 0


def test_another_spelling_of_an_instance_waits_for_the_same_lock(project: Project, staging: Platform) -> None:
    """What is shown and saved keeps the spelling of reconciler.yaml."""
    project.declare(wanted("One"))
    other = staging.url.replace("127.0.0.1", "LOCALHOST.") + "/b/%2e%2e/"
    project.write("other.yaml", json.dumps({"instances": {"staging": at(other)}}))
    seen: list[Ended] = []

    def second() -> None:
        seen.append(project.run("apply", "-c", "other.yaml", "-i", "staging", "--yes"))

    assert at_a_terminal("apply", "-i", "staging", typed=[b"n\n"], meanwhile=second).code == 4
    assert seen[0].code == 4
    assert f"another apply to '{other.lower().rstrip('/')}' is running" in seen[0].out + seen[0].err


@pytest.mark.parametrize("private", ["\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\u2065", "\u2800"])
def test_a_character_without_a_glyph_of_its_own_is_never_shown_as_it_is(
    project: Project, staging: Platform, private: str
) -> None:
    """For private use, where each font has another glyph; not assigned; or drawn blank."""
    project.declare(wanted(f"Por{private}tal"))
    reports = [project.folder / name for name in ("plan.md", "plan.html", "plan.xml", "plan.txt")]
    ended = project.run("plan", *(argument for path in reports for argument in ("--report", path)))
    shown = [project.run("validate").out, ended.out, *(path.read_text(encoding="utf-8") for path in reports)]
    assert ended.code == 0
    for text in shown:
        assert private not in text
        assert f"Por\\u{{{ord(private):x}}}tal" in text.replace("&#123;", "{").replace("&#125;", "}"), text


def test_names_that_differ_in_a_character_for_private_use_look_alike(project: Project) -> None:
    project.configure({"sandbox": {"embedded": "x"}})
    project.declare(wanted("Portal"), wanted("Portal\ue000"))
    ended = project.run("validate")
    assert ended.code == 3
    assert "[name-lookalike]" in ended.out


@pytest.mark.parametrize("name", ["\u0421ustomer portal", "Customer  portal"])
def test_a_new_name_that_reads_like_another_is_marked_in_every_plan(
    project: Project, staging: Platform, name: str
) -> None:
    """A note changes no exit code, and holds nothing up."""
    staging.has(stored("Customer portal"))
    project.declare(wanted("Customer portal"), wanted(name, "https://other.example.com/cb"))
    reports = [project.folder / report for report in ("plan.md", "plan.html", "plan.txt", "plan.json")]
    ended = project.run("plan", "--detailed-exitcode", *(each for path in reports for each in ("--report", path)))
    assert ended.code == 2
    for text in [ended.out, *(path.read_text(encoding="utf-8") for path in reports)]:
        assert "can be mistaken for another one" in text
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    again = project.run("plan", "--detailed-exitcode")
    assert (again.code, "can be taken" in again.out) == (0, False)


@pytest.mark.parametrize(
    ("host", "really"),
    [("p\u043ertal.example.com", "xn--prtal-jye.example.com"), ("münchen.example", "xn--mnchen-3ya.example")],
)
def test_a_new_redirect_host_in_other_letters_is_marked_with_its_ascii_form(
    project: Project, staging: Platform, host: str, really: str
) -> None:
    staging.has(stored("Portal", "https://portal.example.com/cb"))
    for client in (wanted("Portal", f"https://{host}/cb"), wanted("Another", f"https://{host}/cb")):
        project.declare(client)
        reports = [project.folder / report for report in ("plan.md", "plan.html", "plan.txt")]
        ended = project.run("plan", *(each for path in reports for each in ("--report", path)))
        assert ended.code == 0
        for text in [ended.out, *(path.read_text(encoding="utf-8") for path in reports)]:
            assert f"is really {really}" in text.replace("\\", "")
    project.declare(wanted("Portal", f"https://{host}/cb"))
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    assert "is really" not in project.run("plan").out
