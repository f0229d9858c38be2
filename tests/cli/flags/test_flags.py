"""Every flag has its help and, but for what writes or deletes, its environment variable; usage errors are 64."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest

from reconciler.cli.main import PURPOSES, cli
from tests.cli.projects import Platform, Project, at, stored, wanted


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


COMMANDS = dict(_commands(cli))
LEAVES = {path: command for path, command in COMMANDS.items() if not isinstance(command, click.Group)}
OPTIONS = {
    f"{' '.join(path)} {option.opts[0]}": option
    for path, command in LEAVES.items()
    for option in command.params
    if isinstance(option, click.Option)
}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_has_an_example_of_it(project: Project, path: tuple[str, ...]) -> None:
    ended = project.run(*path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"\n  Examples:\n    reconciler {' '.join(path)}" in ended.out


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_the_list_of_commands_says_what_each_is_for(path: tuple[str, ...]) -> None:
    assert not LEAVES[path].get_short_help_str(60).endswith("...")


def test_the_list_of_commands_says_what_their_own_helps_say() -> None:
    """It stands apart, so that --help need not import every command."""
    first = {path[0]: command.get_short_help_str(100) for path, command in COMMANDS.items() if len(path) == 1}
    assert first == PURPOSES


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_an_option_has_help(option: click.Option) -> None:
    assert option.help


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_an_option_reads_the_variable_that_its_help_shows(option: click.Option) -> None:
    long = next(name for name in option.opts if name.startswith("--"))
    if option.envvar is not None:
        assert option.show_envvar
        assert option.envvar == "RECONCILER_" + long.removeprefix("--").replace("-", "_").upper()


@pytest.mark.parametrize("flag", ["--yes", "--prune"])
def test_what_writes_unasked_or_deletes_has_no_variable(project: Project, staging: Platform, flag: str) -> None:
    """Who reads a pipeline must see it there."""
    options = [option for option in OPTIONS.values() if flag in option.opts]
    assert options
    assert all(option.envvar is None for option in options)
    staging.has(stored("Stranger"))
    project.declare(wanted("One"))
    project.environ.setenv("RECONCILER_YES", "1")
    project.environ.setenv("RECONCILER_PRUNE", "all")
    assert project.run("apply", "--instance", "staging").code == 64
    assert "1 to delete" not in project.run("plan").out


@pytest.mark.parametrize(
    ("setting", "code", "shown"),
    [
        (("RECONCILER_CONFIG", "other.yaml"), 3, "other.yaml"),
        (("RECONCILER_CLIENTS", "elsewhere"), 3, "elsewhere"),
        (("RECONCILER_INSTANCE", "nope"), 64, "nope"),
        (("RECONCILER_ALL", "1"), 0, "staging"),
        (("RECONCILER_MAX_CREATES", "0"), 4, "--max-creates"),
        (("RECONCILER_FORMAT", "json"), 0, '"format_version"'),
        (("RECONCILER_DETAILED_EXITCODE", "1"), 2, "1 to create"),
        (("RECONCILER_VERBOSE", "2"), 0, "GET"),
        (("RECONCILER_LOG_FORMAT", "json"), 0, "1 to create"),
        (("RECONCILER_QUIET", "true"), 0, "1 to create"),
        (("RECONCILER_NO_COLOR", "true"), 0, "1 to create"),
        (("RECONCILER_TIMEOUT", "20"), 0, "1 to create"),
    ],
)
def test_a_variable_does_what_its_flag_does(
    project: Project, staging: Platform, setting: tuple[str, str], code: int, shown: str
) -> None:
    project.declare(wanted("One"))
    project.environ.setenv(*setting)
    ended = project.run("plan")
    assert ended.code == code, ended
    assert shown in ended.out + ended.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RECONCILER_FORMAT", "xml"),
        ("RECONCILER_TIMEOUT", "soon"),
        ("RECONCILER_TIMEOUT", "nan"),
        ("RECONCILER_TIMEOUT", "inf"),
        ("RECONCILER_TIMEOUT", "0"),
        ("RECONCILER_ALL", "maybe"),
        ("RECONCILER_MAX_DELETES", "-1"),
        ("RECONCILER_MAX_DELETES", "three"),
        ("RECONCILER_VERBOSE", "very"),
        ("RECONCILER_LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_wrong_usage_and_names_the_variable(
    project: Project, staging: Platform, variable: str, value: str
) -> None:
    project.declare(wanted("One"))
    project.environ.setenv(variable, value)
    ended = project.run("plan")
    assert ended.code == 64
    assert ended.only_error().startswith(f"error: {variable}: ")
    assert staging.asked() == []


def test_the_log_of_an_apply_can_be_collected_as_json(project: Project, staging: Platform) -> None:
    """Each line of stderr is an object; results stay as they are."""
    project.declare(wanted("One"))
    ended = project.run("apply", "--instance", "staging", "--yes", "-vv", "--log-format", "json")
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {tuple(line) for line in lines} == {("time", "level", "logger", "message")}
    assert all(datetime.fromisoformat(line["time"]).utcoffset() == timedelta() for line in lines)
    said = {(line["level"], line["logger"]) for line in lines}
    assert said == {("debug", "reconciler.http"), ("info", "reconciler.apply")}
    assert "staging: created One" in "".join(line["message"] for line in lines)
    assert "created    One" in ended.out
    assert "created One" not in project.run("plan", "--log-format", "json").err, "without -v there is no log"


def test_a_bad_value_that_was_typed_names_the_flag(project: Project) -> None:
    assert project.run("plan", "--timeout", "soon").only_error() == "error: --timeout: 'soon' is not a valid number"
    assert project.run("plan", "--prune", "some").only_error().startswith("error: --prune: 'some' is not ")
    assert project.run("plan", "-o").only_error() == "error: Option '-o' requires an argument."


@pytest.mark.parametrize("value", ["staging\nbox", "staging\nbox\n", "\n  staging\r\n\nbox\n"])
def test_several_instances_stand_on_several_lines(project: Project, staging: Platform, value: str) -> None:
    """A pipeline's block of text ends in a line feed."""
    project.configure({"staging": at(staging.url), "box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    project.environ.setenv("RECONCILER_INSTANCE", value)
    document = project.run("plan", "--format", "json").document
    assert [each["instance"] for each in document["instances"]] == ["staging", "box"]


def test_a_typed_flag_wins_over_the_variable_of_its_opposite(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url), "box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    project.environ.setenv("RECONCILER_ALL", "1")
    assert "\nbox  " in "\n" + project.run("plan", "--instance", "box").out
    project.environ.delenv("RECONCILER_ALL")
    project.environ.setenv("RECONCILER_INSTANCE", "box")
    assert project.run("plan", "--all").out.startswith("staging  ")
    project.environ.setenv("RECONCILER_ALL", "1")
    assert project.run("plan").code == 64


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sandbox"],
        ["plna"],
        ["plan", "--bogus"],
        ["plan", "extra", "words"],
        ["plan", "--format"],
        ["plan", "--format", "xml"],
        ["plan", "--prune", "some"],
        ["apply", "--max-deletes", "many"],
        ["schema"],
        ["schema", "nope"],
        ["schema", "auth-clients", "--write", "x"],
        ["sandbox", "serve", "--port", "65536"],
        ["sandbox", "serve", "--setting", "novalue"],
        ["sandbox", "serve", "--port", "eighty"],
        ["sandbox", "reset", "--all"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64_and_never_looks_like_drift(project: Project, arguments: list[str]) -> None:
    ended = project.run(*arguments)
    assert (ended.code, ended.out) == (64, "")
    assert "Traceback" not in ended.err
    assert ended.err.startswith(("error: ", "Usage: "))


def test_a_bare_call_shows_the_commands(project: Project) -> None:
    assert "Commands:" in project.run().err


def test_a_misspelt_command_gets_a_suggestion_and_the_way_to_the_help(project: Project) -> None:
    ended = project.run("plan", "--instnace", "x")
    assert ended.only_error()
    assert "try: reconciler plan --help" in ended.err


def test_the_configuration_may_be_named_from_anywhere(
    project: Project, staging: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clients and the embedded database are beside it, not where the program is run."""
    project.configure({"box": {"embedded": "state/box.sqlite3"}})
    project.declare(wanted("One"))
    monkeypatch.chdir(project.folder.parent)
    for config in (Path("project/reconciler.yaml"), project.folder / "reconciler.yaml"):
        ended = project.run("plan", "--config", config)
        assert ended.code == 0
        assert f"({config.parent}/clients/all.yaml:1)" in ended.out
        assert "box  embedded:state/box.sqlite3" in ended.out
    assert (project.folder / "state/box.sqlite3").exists()
