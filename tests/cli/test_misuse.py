"""What is typed by those who come from other programs, or who mistype, gets the right answer."""

from __future__ import annotations

import pytest

from tests.cli.projects import Platform, Project, stored, wanted

DANGEROUS = "--prune"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("apply --dry-run", "`reconciler plan` shows what apply would do"),
        ("apply --diff", "`reconciler plan` shows what apply would do"),
        ("apply --check", "`reconciler plan` shows what apply would do"),
        ("plan --dry-run", "leave it out"),
        ("fmt --dry-run", "--check writes nothing"),
        ("rollback x --dry-run", "without --apply, nothing is written"),
        ("apply --auto-approve", "--yes does not ask"),
        ("apply -auto-approve", "--yes does not ask"),
        ("apply -y", "--yes does not ask"),
        ("plan -y", "asks nothing"),
        ("apply --target=Portal", "--only GLOB"),
        ("apply -target=Portal", "--only GLOB"),
        ("apply --force", "--max-deletes N"),
        ("init --force", "never changes a file that exists"),
        ("apply --instnace eu", "did you mean --instance?"),
        ("plan --json", "--format json"),
        ("diff", "did you mean `reconciler plan`?"),
        ("aply", "did you mean 'apply'?"),
        ("sandbox srve", "did you mean 'serve'?"),
    ],
)
def test_options_and_commands_of_other_programs_lead_to_ours(project: Project, typed: str, answer: str) -> None:
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.only_error()


@pytest.mark.parametrize("typed", ["--purge", "--prun", "--prunes", "--pruned", "--run", "--dry-run", "--rune"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nobody_is_led_to_what_deletes(project: Project, command: str, typed: str) -> None:
    ended = project.run(command, typed, "all")
    assert ended.code == 64
    assert DANGEROUS not in ended.err.replace(f"'{typed}'", "")


def test_a_password_that_is_typed_as_an_option_is_not_repeated(project: Project) -> None:
    for typed in ("-phunter2", "--password=hunter2"):
        ended = project.run("doctor", typed)
        assert ended.code == 64
        assert "hunter2" not in ended.err


@pytest.mark.parametrize(("text", "logs"), [("true", True), ("Yes", True), ("2", True), ("off", False), ("0", False)])
def test_the_variable_for_the_log_takes_words(project: Project, staging: Platform, text: str, logs: bool) -> None:
    project.declare()
    project.write("clients/notes.txt", "not read")
    project.environ.setenv("RECONCILER_VERBOSE", text)
    ended = project.run("plan")
    assert ended.code == 0
    assert ("clients/notes.txt:1:1: warning" in ended.err) == logs


def test_a_variable_that_is_misspelt_is_named_and_others_are_not(project: Project, staging: Platform) -> None:
    staging.has(stored("Stranger"))
    project.declare(wanted("One"))
    for name in ("INSTNACE", "MAX_DELETE", "YES", "PRUNE", "SPLIT", "COMMIT", "PUSH_TOKEN", "PARALLELISM"):
        project.environ.setenv(f"RECONCILER_{name}", "1")
    ended = project.run("plan")
    assert ended.code == 0
    assert ended.err.splitlines() == [
        "warning: RECONCILER_INSTNACE is not read; did you mean RECONCILER_INSTANCE?",
        "warning: RECONCILER_MAX_DELETE is not read; did you mean RECONCILER_MAX_DELETES?",
        *(
            f"warning: RECONCILER_{name} is not read: flags that delete, or that skip a question, must be in the"
            " command itself"
            for name in ("PRUNE", "YES")
        ),
    ]
