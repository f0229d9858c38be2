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
        ("apply -f clients/a.yaml", "everything in clients/ is read"),
        ("apply -n", "`reconciler plan` is the dry run, and --instance NAME"),
        ("apply --confirm", "--yes does not ask"),
        ("apply --context=prod", "--instance NAME chooses the instance"),
        ("apply -t web", "--instance label:NAME"),
        ("plan --state x", "there is no state file"),
        ("plan --var-file x", "`variables:` in reconciler.yaml"),
        ("plan --destroy", "write `state: absent` in its entry"),
        ("plan -C sub", "--config DIR/reconciler.yaml"),
        ("plan --lenient", "`rules:` in reconciler.yaml"),
        ("plan --color=always", "--no-color disables colours"),
        ("history -i eu", "leave it out"),
        ("validate -o json", "--format json prints JSON"),
        ("export --json", "export writes YAML"),
        ("fmt -w", "fmt writes the files"),
        ("fmt --stdin", "`reconciler fmt -` reads standard input"),
        ("validate --fix", "`reconciler fmt` formats the files"),
        ("destroy -auto-approve", "write `state: absent` in its entry"),
        ("taint x", "write `rotate:` in its entry"),
        ("gateway sync", "did you mean `reconciler apply`?"),
        ("octodns-sync", "did you mean `reconciler apply`?"),
        ("help plan", "did you mean `reconciler plan --help`?"),
        ("clients", "did you mean `reconciler export`?"),
        ("secrets get", "secrets are never shown"),
        ("sandbox start", "did you mean `reconciler sandbox serve`?"),
    ],
)
def test_options_and_commands_of_other_programs_lead_to_ours(project: Project, typed: str, answer: str) -> None:
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.only_error()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("plan -out=saved.json", "there is no option '-out': -o FILE"),
        ("plan -instance=eu", "there is no option '-instance': did you mean --instance?"),
        ("plan -chdir=sub", "there is no option '-chdir': --config DIR/reconciler.yaml"),
        ("plan -input=false", "there is no option '-input': this command asks nothing"),
        ("fmt -check", "there is no option '-check': did you mean --check?"),
        ("plan -var x=1", "there is no option '-var': `variables:`"),
        ("plan -i=eu", "a short option takes no '=': write -i eu"),
        ("plan -c=", "a short option takes no '=': write -c VALUE"),
        ("plan -help", "there is no option '-help': did you mean --help?"),
        ("-version", "there is no option '-version': `reconciler version`"),
    ],
)
def test_a_word_with_one_dash_is_not_taken_for_a_short_option_and_its_value(
    project: Project, typed: str, answer: str
) -> None:
    before = sorted(project.folder.iterdir())
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.only_error()
    assert sorted(project.folder.iterdir()) == before


def test_what_follows_an_option_or_two_dashes_is_a_value_even_if_it_looks_like_a_word(project: Project) -> None:
    assert "no such file" in project.run("plan", "-c", "-out").err
    assert "'-out'" in project.run("validate", "--", "-out").err
    assert project.run("init", "--sandbox", "-vq", "--", "-out").code == 0


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("-v plan", "options come after the command: reconciler plan -v\n"),
        ("-i sandbox plan", "options come after the command: reconciler plan -i …\n"),
        ("--config x.yaml plan -q", "options come after the command: reconciler plan --config …\n"),
        ("--dry-run apply", "writes nothing; options come after the command, apply\n"),
        ("-C sub plan", "--config DIR/reconciler.yaml is a project in another folder; options come after"),
        ("--zoo sandbox serve", "options come after the command: reconciler sandbox …\n"),
    ],
)
def test_an_option_before_its_command_is_shown_behind_it(project: Project, typed: str, answer: str) -> None:
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.err


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("plan -o json", "-o takes a file: --format json prints it, -o ./json saves"),
        ("observe --output yaml", "-o takes a file: --format json prints JSON, -o ./yaml saves"),
        ("plan --timeout 5m", "'5m' has a unit: in seconds, write 300"),
        ("plan --format md", "'md' is not one of 'text', 'json'; for others: --report FILE"),
        ("validate clients/a.yaml --format", "requires an argument"),
        ("plan clients/a.yaml", "unexpected extra argument (clients/a.yaml)\n  everything in clients/ is read"),
        ("plan saved.json", "unexpected extra argument (saved.json)\n  a saved plan is for `reconciler apply FILE`"),
        ("doctor https://acme.example.com", "`reconciler init --from URL` starts a project"),
        ("export --url https://acme.example.com", "`reconciler init --url URL` writes it"),
        ("rollback", "Missing argument 'RUN': `reconciler history` lists the runs"),
        ("plan --all true", "unexpected extra argument (true)\n  a flag is given without a value"),
    ],
)
def test_a_value_of_other_programs_says_what_is_taken_here(project: Project, typed: str, answer: str) -> None:
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.err
    assert list(project.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("plan --on_drift keep", "did you mean --on-drift?"),
        ("plan --clients-dir x", "did you mean --clients?"),
        ("plan --detail", "did you mean --detailed-exitcode?"),
        ("plan --show-secrets", "secrets are never shown"),
        ("apply --max-change 3", "--max-creates N, --max-updates N and --max-deletes N"),
        ("apply --test", "`reconciler plan` shows"),
        ("rollback x --no-apply", "without --apply, nothing is written"),
        *(
            (f"apply {each}", "")
            for each in ("--use", "--ask", "--tail", "--yes-all", "--since", "--reverse", "--order")
        ),
        *((f"export {each}", "") for each in ("--before", "--path", "--amend", "--retryx")),
    ],
)
def test_only_what_begins_alike_is_suggested(project: Project, typed: str, answer: str) -> None:
    ended = project.run(*typed.split())
    assert ended.code == 64
    assert answer in ended.only_error()
    if not answer:
        assert "did you mean" not in ended.err


@pytest.mark.parametrize("typed", ["--purge", "--prun", "--prunes", "--pruned", "--run", "--dry-run", "--rune"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nobody_is_led_to_what_deletes(project: Project, command: str, typed: str) -> None:
    ended = project.run(command, typed, "all")
    assert ended.code == 64
    assert DANGEROUS not in ended.err.replace(f"'{typed}'", "")


def test_a_password_that_is_typed_as_an_option_is_not_repeated(project: Project) -> None:
    for typed in ("-phunter2", "--password=hunter2", "https://me:hunter2@acme.example.com"):
        ended = project.run("doctor", typed)
        assert ended.code == 64
        assert "hunter2" not in ended.err


@pytest.mark.parametrize(
    ("text", "logs"), [("true", True), ("Yes", True), ("y", True), ("2", True), ("off", False), ("0", False)]
)
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


def test_what_other_programs_read_from_the_environment_is_named_before_anything_is_written(
    project: Project, staging: Platform
) -> None:
    project.declare(wanted("One"))
    for name in ("RECONCILER_DRY_RUN", "RECONCILER_CONFIG_FILE", "RECONSILER_INSTANCE", "reconciler_base"):
        project.environ.setenv(name, "1")
    for name in ("RECONCILER_PASSWORD", "RECONCILER_ENV", "RECONCILE_X", "RECORD_BASE", "RECORDER_COMMIT"):
        project.environ.setenv(name, "somebody's own")
    ended = project.run("apply", "--yes")
    assert ended.code == 0
    assert [line for line in ended.err.splitlines() if line.startswith("warning: ")] == [
        "warning: RECONCILER_CONFIG_FILE is not read; did you mean RECONCILER_CONFIG?",
        "warning: RECONCILER_DRY_RUN is not read: `reconciler plan` shows what apply would do, and writes nothing",
        "warning: RECONSILER_INSTANCE is not read; did you mean RECONCILER_INSTANCE?",
        "warning: reconciler_base is not read; did you mean RECONCILER_BASE?",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("QUIET", '"true"', "RECONCILER_QUIET: '\"true\"' is neither true nor false\n"),
        ("INSTANCE", "'staging'", "no instance matches"),
        ("CONFIG", '"reconciler.yaml"', "there is no such file"),
    ],
)
def test_a_variable_in_quotes_is_named(project: Project, staging: Platform, name: str, value: str, said: str) -> None:
    project.environ.setenv(f"RECONCILER_{name}", value)
    ended = project.run("plan")
    assert ended.code != 0
    assert f"warning: RECONCILER_{name} is in quotes" in ended.err
    assert said in ended.err


@pytest.mark.parametrize("named", ["clients/all.yaml", "clients", ".", "reconciler.yaml"])
def test_whoever_names_the_files_to_apply_learns_that_all_are(project: Project, staging: Platform, named: str) -> None:
    project.declare(wanted("One"))
    ended = project.run("apply", named, "--yes")
    assert ended.code == 64
    assert "is not a saved plan" in ended.only_error()
    assert "everything in clients/ is applied without naming it: reconciler apply" in ended.err
    assert staging.asked() == []
