"""--base, --on-drift and --prune removed, with real repositories."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.model.fields import join_urls
from reconciler.sandbox.store import Store
from tests.cli.projects import Platform, Project, at, platform, process, stored, wanted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REF = "refs/reconciler/applied/staging"
NIGHT = "https://night.example.com/fix"
REVERTING = ("--instance", "staging", "--yes")


def git(project: Project, *arguments: str) -> str:
    """Run git in the project."""
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(project.folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(project: Project, message: str = "Change") -> str:
    """Commit everything there is; the id."""
    git(project, "add", "-A")
    git(project, "commit", "-qm", message)
    return git(project, "rev-parse", "HEAD")


@pytest.fixture
def repository(project: Project, staging: Platform) -> Project:
    """A committed project with one instance and two clients, none of them live."""
    git(project, "init", "-q", "-b", "main")
    project.write(".gitignore", ".reconciler/\n")
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("Portal"), wanted("Desk"))
    commit(project, "Begin")
    return project


def applied(project: Project) -> str:
    """What the ref of the last complete apply stands for; empty if there is none."""
    return git(project, "for-each-ref", "--format=%(objectname)", REF)


def night_fix(staging: Platform) -> None:
    """A person changes a redirect on the web page."""
    staging.change("Portal", stored("Portal", NIGHT))


def test_a_complete_apply_from_a_clean_tree_moves_the_ref_and_nothing_else_does(
    repository: Project, staging: Platform
) -> None:
    first = git(repository, "rev-parse", "HEAD")
    assert repository.run("plan").code == 0
    assert applied(repository) == ""
    assert repository.run("apply", *REVERTING).code == 0
    assert applied(repository) == first

    repository.declare(wanted("Portal"), wanted("Desk"), wanted("Third"))
    assert repository.run("apply", *REVERTING).code == 0, "of a tree that is not committed"
    assert applied(repository) == first

    staging.has(stored("Twin"), stored("Twin"))
    repository.declare(wanted("Portal"), wanted("Desk"), wanted("Third"), wanted("Twin"))
    blocked = commit(repository)
    assert repository.run("apply", *REVERTING).code == 4
    assert applied(repository) == first

    repository.declare(wanted("Portal"), wanted("Desk"), wanted("Third"))
    last = commit(repository)
    assert last != blocked
    assert repository.run("apply", *REVERTING).code == 0, "there is nothing to do, and that is complete"
    assert applied(repository) == last


def test_a_saved_plan_moves_the_ref_to_the_commit_that_was_planned(repository: Project) -> None:
    planned = git(repository, "rev-parse", "HEAD")
    assert repository.run("plan", "-o", "plan.json").code == 0
    repository.write("README", "later")
    assert commit(repository) != planned
    assert repository.run("apply", "plan.json").code == 0
    assert applied(repository) == planned


def test_the_first_plan_against_what_was_applied_says_what_is_missing(repository: Project) -> None:
    ended = repository.run("plan", "--base", "applied")
    assert ended.code == 1
    assert REF in ended.only_error()
    assert "git fetch origin '+refs/reconciler/applied/*:refs/reconciler/applied/*'" in ended.err
    assert "without --base: reconciler apply --instance staging" in ended.err


def test_what_was_taken_out_is_deleted_even_if_the_apply_of_that_commit_never_ran(
    repository: Project, staging: Platform
) -> None:
    assert repository.run("apply", *REVERTING).code == 0
    repository.declare(wanted("Portal"))
    commit(repository, "Take Desk out; the run of this commit is cancelled")
    repository.declare(wanted("Portal"), wanted("Third"))
    commit(repository, "Something else")
    shown = repository.run("plan", "--base", "applied")
    assert "--prune removed deletes it" in shown.out.replace("`", "")
    ended = repository.run("apply", "--base", "applied", "--prune", "removed", *REVERTING)
    assert ended.code == 0, ended.err
    assert set(staging.clients()) == {"Portal", "Third"}


def test_a_night_fix_is_refused_kept_or_reverted(repository: Project, staging: Platform) -> None:
    assert repository.run("apply", *REVERTING).code == 0
    night_fix(staging)
    base = ("--base", "applied")
    refused = repository.run("apply", *base, *REVERTING)
    assert refused.code == 4
    assert "changed on the instance, not in git" in refused.out
    assert "reconciler export --update --accept Portal --instance staging" in refused.out
    assert staging.log.writes()[-1].method == "POST", "nothing was written since the clients were created"

    kept = repository.run("apply", *base, "--on-drift", "keep", *REVERTING)
    assert kept.code == 0
    assert "1 kept as changed on the instance" in kept.out
    assert staging.redirect("Portal") == NIGHT

    reverted = repository.run("apply", *base, "--on-drift", "revert", *REVERTING)
    assert reverted.code == 0
    assert staging.redirect("Portal") == join_urls(stored("Portal").redirect_urls)


def test_an_apply_of_some_changes_alone_does_not_move_the_ref(repository: Project, staging: Platform) -> None:
    assert repository.run("apply", "--only", "Portal", *REVERTING).code == 0
    assert applied(repository) == ""
    assert repository.run("apply", *REVERTING).code == 0
    assert applied(repository) != ""


def test_an_observation_can_be_held_against_a_base_too(repository: Project, staging: Platform) -> None:
    staging.has(stored("Portal", NIGHT), stored("Desk"))
    assert repository.run("observe", "-o", "live.json").code == 0
    [planned] = repository.run("plan", "--live", "live.json", "--base", "HEAD", "--format", "json").document[
        "instances"
    ]
    assert planned["changes"][0]["origins"] == [{"field": "redirect_url", "origin": "instance"}]
    ended = repository.run("plan", "--live", "live.json", "--base", "applied")
    assert REF in ended.only_error()


def test_labels_are_in_the_json_as_well(repository: Project, staging: Platform) -> None:
    assert repository.run("apply", *REVERTING).code == 0
    base = git(repository, "rev-parse", "HEAD")
    night_fix(staging)
    [planned] = repository.run("plan", "--base", "applied", "--format", "json").document["instances"]
    assert (planned["base"], planned["on_drift"]) == (base, "refuse")
    assert planned["changes"][0]["origins"] == [{"field": "redirect_url", "origin": "instance"}]
    [kept] = repository.run("plan", "--base", "applied", "--on-drift", "keep", "--format", "json").document["instances"]
    assert kept["changes"] == []
    assert kept["kept"][0]["fields"] == [
        {
            "field": "redirect_url",
            "origin": "instance",
            "declared": join_urls(stored("Portal").redirect_urls),
            "live": NIGHT,
        }
    ]


def test_a_branch_is_compared_with_where_it_parted(repository: Project, staging: Platform) -> None:
    """What main got since belongs to nobody's pull request."""
    parted = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-qb", "feature")
    repository.declare(wanted("Portal"), wanted("Desk", NIGHT))
    commit(repository)
    git(repository, "checkout", "-q", "main")
    repository.write("README", "more")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    staging.has(stored("Portal"), stored("Desk"))
    [planned] = repository.run("plan", "--base", "main", "--format", "json").document["instances"]
    assert planned["base"] == parted
    assert planned["changes"][0]["origins"] == [{"field": "redirect_url", "origin": "git"}]


def test_what_was_never_applied_is_not_said_to_be_deleted_on_the_instance(
    repository: Project, staging: Platform
) -> None:
    """Without a recorded apply, with one that lacks the client, and with one that has it."""
    ended = repository.run("plan", "--base", "HEAD")
    assert ended.code == 0, ended.out
    assert ended.out.count("declared in git before, and not applied yet") == 2
    assert ended.out.count("nothing here says whether that was ever applied: somebody may have deleted it") == 2
    assert repository.run("apply", *REVERTING).code == 0

    repository.declare(wanted("Portal"), wanted("Desk"), wanted("Third"))
    commit(repository, "Merged, and waits for its approval")
    with Store(staging.database) as store:
        store.revoke(staging.clients()["Desk"])
    [planned] = repository.run("plan", "--base", "HEAD", "--format", "json").document["instances"]
    told = {change["name"]: (change["origin"], change["reason"]["code"]) for change in planned["changes"]}
    assert told == {"Desk": ("instance", "declared-not-live"), "Third": ("git", "not-applied")}
    assert repository.run("plan", "--base", "HEAD").code == 4, "for Desk"


def test_a_file_that_was_renamed_or_split_changes_nothing(repository: Project, staging: Platform) -> None:
    staging.has(stored("Portal"), stored("Desk"))
    (repository.folder / "clients" / "all.yaml").rename(repository.folder / "clients" / "ünusual name\n.yaml")
    commit(repository)
    ended = repository.run("plan", "--base", "HEAD~1", "--prune", "removed", "--detailed-exitcode")
    assert (ended.code, "nothing to do" in ended.out) == (0, True)


def test_a_base_without_clients_or_configuration_declared_nothing(repository: Project, staging: Platform) -> None:
    git(repository, "checkout", "-q", "--orphan", "older")
    git(repository, "rm", "-rqf", "--cached", ".")
    git(repository, "add", ".gitignore")
    git(repository, "commit", "-qm", "Before all")
    commit(repository, "The files")
    staging.has(stored("Desk", NIGHT))
    [planned] = repository.run("plan", "--base", "HEAD~1", "--format", "json").document["instances"]
    origins = {change["name"]: change["origin"] or change["origins"][0]["origin"] for change in planned["changes"]}
    assert origins == {"Portal": "git", "Desk": "both"}


def test_a_variable_that_git_changed_is_a_change_of_git(repository: Project, staging: Platform) -> None:
    repository.configure({"staging": at(staging.url)}, variables={"host": "old.example.com"})
    repository.declare(wanted("Portal", "https://${host}/cb"))
    commit(repository)
    repository.configure({"staging": at(staging.url)}, variables={"host": "new.example.com"})
    commit(repository)
    staging.has(stored("Portal", "https://old.example.com/cb"))
    [planned] = repository.run("plan", "--base", "HEAD~1", "--format", "json").document["instances"]
    assert planned["changes"][0]["origins"] == [{"field": "redirect_url", "origin": "git"}]


def test_a_base_that_cannot_be_read_is_said_with_its_place(repository: Project) -> None:
    repository.write("clients/all.yaml", "clients:\n  - nam: x\n")
    broken = commit(repository)
    repository.declare(wanted("Portal"))
    commit(repository)
    ended = repository.run("plan", "--base", "HEAD~1")
    assert ended.code == 3
    assert f"{broken[:12]}:clients/all.yaml:2:5: error:" in ended.err


def test_a_linked_file_is_read_where_the_link_leads(repository: Project, staging: Platform) -> None:
    staging.has(stored("Portal"), stored("Desk"))
    (repository.folder / "clients" / "all.yaml").rename(repository.folder / "shared.yml")
    (repository.folder / "clients" / "all.yaml").symlink_to("../shared.yml")
    commit(repository)
    repository.write("README", "x")
    commit(repository)
    ended = repository.run("plan", "--base", "HEAD~1", "--format", "json")
    assert ended.document["instances"][0]["counts"]["in_sync"] == 2
    (repository.folder / "clients" / "all.yaml").unlink()
    (repository.folder / "clients" / "all.yaml").symlink_to("/etc/hostname.yaml")
    nowhere = commit(repository)
    (repository.folder / "clients" / "all.yaml").unlink()
    repository.declare(wanted("Portal"))
    commit(repository)
    ended = repository.run("plan", "--base", "HEAD~1")
    assert f"{nowhere[:12]}:clients/all.yaml:1:1: error: the symlink leads to no file" in ended.err


def test_neither_the_work_tree_nor_the_index_is_touched(repository: Project, staging: Platform) -> None:
    staging.has(stored("Portal"), stored("Desk"))
    repository.write("README", "x")
    commit(repository)
    repository.write("README", "not committed")
    index = repository.folder / ".git" / "index"
    status = git(repository, "status", "--porcelain")
    before = (index.read_bytes(), index.stat().st_mtime_ns)
    assert repository.run("plan", "--base", "HEAD~1").code == 0
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert git(repository, "status", "--porcelain") == status


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--prune", "removed"), "--prune removed needs --base"),
        (("--on-drift", "keep"), "--on-drift needs --base"),
    ],
)
def test_without_a_base_there_is_neither_drift_nor_anything_removed(
    repository: Project, flags: tuple[str, ...], words: str
) -> None:
    ended = repository.run("plan", *flags)
    assert ended.code == 64
    assert words in ended.only_error()
    assert "--base origin/main" in ended.err


@pytest.mark.parametrize("name", ["a..b", "a.lock", "a.", "a..", ".lock", "a.b.lock", "a" * 201])
def test_a_name_that_git_does_not_take_for_a_ref_is_no_name(repository: Project, staging: Platform, name: str) -> None:
    repository.configure({name: at(staging.url)})
    ended = repository.run("validate")
    assert ended.code == 3
    assert ended.out.count("[schema]") == 1


@pytest.mark.parametrize("name", ["a.b", "a-b_c.1", "block", "a.locks", "a.lock.b", "lock", "a" * 200])
def test_every_other_name_is_recorded_under_itself(project: Project, staging: Platform, name: str) -> None:
    git(project, "init", "-q", "-b", "main")
    project.write(".gitignore", ".reconciler/\n")
    project.configure({name: at(staging.url)})
    project.declare(wanted("Portal"))
    head = commit(project)
    assert project.run("apply", "--instance", name, "--yes").code == 0
    assert project.run("plan", "--base", "applied").code == 0
    assert git(project, "rev-parse", f"refs/reconciler/applied/{name}").strip() == head


def test_where_the_ref_cannot_be_moved_the_apply_is_done_all_the_same(repository: Project) -> None:
    lock = repository.folder / ".git" / (REF + ".lock")
    lock.parent.mkdir(parents=True)
    lock.touch()
    ended = repository.run("apply", *REVERTING)
    assert ended.code == 0
    assert "warning: for `--base applied`: git cannot record" in ended.err


def test_without_git_there_is_no_base(repository: Project, tmp_path: Path) -> None:
    repository.environ.setenv("PATH", str(tmp_path / "empty"))
    ended = repository.run("plan", "--base", "main")
    assert ended.code == 1
    assert "git is not on the PATH" in ended.only_error()


def test_a_base_of_the_environment_holds_for_every_plan(repository: Project, staging: Platform) -> None:
    staging.has(stored("Portal"), stored("Desk"))
    repository.environ.setenv("RECONCILER_BASE", "HEAD")
    [planned] = repository.run("plan", "--format", "json").document["instances"]
    assert planned["base"] == git(repository, "rev-parse", "HEAD")


def test_a_repository_above_the_project_will_do(project: Project, staging: Platform) -> None:
    """The configuration may stand in a folder of a larger repository."""
    staging.has(stored("Portal"))
    inner = project.folder / "infra" / "auth"
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("Portal"))
    inner.mkdir(parents=True)
    for name in ("reconciler.yaml", "clients"):
        (project.folder / name).rename(inner / name)
    git(project, "init", "-q", "-b", "main")
    commit(project)
    os.chdir(inner)
    assert "nothing to do" in project.run("plan", "--base", "HEAD").out


def test_the_plan_to_read_before_a_yes_has_the_flags_of_the_apply(repository: Project) -> None:
    ended = repository.run("apply", "--instance", "staging", "--base", "main", "--on-drift", "keep")
    assert ended.code == 64
    assert "read: reconciler plan --instance staging --base main --on-drift keep" in ended.err


def test_an_apply_that_leaves_what_was_taken_out_says_that_it_is_forgotten(
    repository: Project, staging: Platform
) -> None:
    first = process("apply", *REVERTING, stderr=subprocess.STDOUT)
    *_, counts, remembered = first.stdout.splitlines()
    assert "changes applied" in counts, "the results come first"
    assert remembered.startswith("recorded for `--base applied`: staging at")
    assert remembered.endswith("to share it: git push origin refs/reconciler/applied/staging")
    assert "recorded for" not in repository.run("apply", *REVERTING).err, "it has not moved"
    repository.declare(wanted("Portal"))
    commit(repository)
    left = repository.run("apply", "--base", "applied", *REVERTING)
    assert left.code == 0
    assert "warning: staging: removed from git and not deleted: 'Desk'; from now on only `state: absent`" in left.err


def test_files_that_are_not_committed_leave_the_ref_and_say_so(repository: Project, staging: Platform) -> None:
    assert repository.run("apply", *REVERTING).code == 0
    before = applied(repository)
    said = (
        "warning: not recorded for `--base applied`: the files are not exactly those of a commit; "
        "commit them before you plan and apply\n"
    )
    repository.declare(wanted("Portal"), wanted("Desk"), wanted("Third"))
    for flags in (["--base", "applied"], ["--base", "HEAD"], []):
        ended = repository.run("apply", *flags, *REVERTING)
        assert (ended.code, applied(repository)) == (0, before)
        assert ended.err.count(said) == 1, flags
    commit(repository)
    repository.write("clients/untracked.yaml", "clients: []\n")
    assert repository.run("plan", "-o", "plan.json").code == 0
    assert repository.run("apply", "plan.json").err.count(said) == 1
    assert repository.run("plan", "--all", "-o", "plans/").code == 0
    assert repository.run("apply", "plans/").err.count(said) == 1
    (repository.folder / ".git").rename(repository.folder / "no-git")
    assert said not in repository.run("apply", *REVERTING).err, "git is not used at all"


@dataclass
class MeanwhileOnce:
    """A platform at whose first request something else happens."""

    act: Callable[[], object] = lambda: None

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def answering(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            act, self.act = self.act, lambda: None
            act()
            return app(environ, start_response)

        return answering


def test_what_is_committed_while_a_plan_is_made_is_not_what_was_planned(project: Project, tmp_path: Path) -> None:
    """The ref would say that a commit was applied which nobody has planned."""
    meanwhile = MeanwhileOnce()
    with platform(tmp_path / "busy.sqlite3", meanwhile) as busy:
        git(project, "init", "-q", "-b", "main")
        project.write(".gitignore", ".reconciler/\n")
        project.configure({"staging": at(busy.url)})
        project.declare(wanted("Portal"))
        first = commit(project)

        def change() -> None:
            project.declare(wanted("Portal"), wanted("Desk"))
            commit(project)

        meanwhile.act = change
        assert project.run("plan", "-o", "plan.json").code == 0
        assert git(project, "rev-parse", "HEAD") != first
        assert json.loads((project.folder / "plan.json").read_text())["commit"] is None


def test_what_a_person_deleted_comes_back_as_another_client_and_the_plan_says_so(
    repository: Project, staging: Platform
) -> None:
    assert repository.run("apply", *REVERTING).code == 0
    with Store(staging.database) as store:
        store.revoke(staging.clients()["Desk"])
    ended = repository.run("plan", "--base", "applied")
    assert ended.code == 4
    assert "! it was deleted on the instance, and comes back with a new id and secret" in ended.out
    assert "remove the entry if it should stay deleted; or --on-drift revert creates it again" in ended.out


def test_a_rollback_takes_what_no_journal_has_from_the_commit_before_the_one_that_deletes(
    repository: Project, staging: Platform
) -> None:
    """The run's own commit says `state: absent`, and nothing else about the client."""
    staging.has(stored("Portal"), stored("Desk"))

    def undone(text: str) -> tuple[str, str]:
        id = commit(repository, text)
        assert repository.run("apply", *REVERTING).code == 0
        return id, repository.run("rollback", repository.run("history").out.split()[0]).out

    repository.declare({"name": "Portal", "state": "absent"}, wanted("Desk"))
    id, printed = undone("Delete")
    assert f"\n# take that from the commit before {id}: {id}^\n" in printed
    repository.declare({"name": "Desk", "state": "absent"}, wanted("Third"))
    id, printed = undone("Delete and create")
    assert f"\n# take that from commit {id}; for a deleted client, from {id}^, the commit before it\n" in printed
