"""`rollback`: the declarations that undo a run, and with --apply the writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from reconciler.sandbox.store import Store
from tests.cli.projects import Ended, Platform, Project, at, platform, stored, wanted
from tests.cli.terminals import at_a_terminal
from tests.faults import On, Respond

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""
APPLY = ("apply", "--instance", "staging", "--yes")
BEFORE = (
    wanted("Two", "https://old.example.com/cb"),
    wanted("Old", "https://old.example.com/cb"),
    {"name": "Gone", "grants": {"password": {"justification": "a batch job"}}},
)
AFTER = (wanted("One"), wanted("Two"), wanted("New", previous_names=["Old"]), {"name": "Gone", "state": "absent"})


def _runs(project: Project) -> list[str]:
    return [line.split()[0] for line in project.run("history").out.splitlines()]


def _only_run(project: Project) -> str:
    (name,) = _runs(project)
    return name


def _newest(project: Project, *older: str) -> str:
    (name,) = set(_runs(project)) - set(older)
    return name


def _specs(staging: Platform) -> dict[str, tuple[str, bool, bool]]:
    with Store(staging.database) as store:
        return {row[1]: tuple(row[3:6]) for row in store.clients() if row[0] > 5}  # type: ignore[misc]


@pytest.fixture
def run(project: Project, staging: Platform) -> str:
    """A run that made One (9), changed Two (6), renamed Old (7) to New, and deleted Gone (8)."""
    gone = ClientSpec("Gone", frozenset({Grant.PASSWORD}), ())
    staging.has(stored("Two", "https://old.example.com/cb"), stored("Old", "https://old.example.com/cb"), gone)
    project.declare(*AFTER)
    assert project.run(*APPLY).code == 0
    staging.log.requests.clear()
    return _only_run(project)


def _restore(project: Project, ended: Ended) -> None:
    """Put what a rollback printed into clients/, as the only file."""
    assert ended.code == 0, ended.err
    (project.folder / "clients" / "all.yaml").unlink()
    project.write("clients/restored.yaml", ended.out)


def test_what_is_printed_is_valid_and_leads_back(project: Project, staging: Platform, run: str) -> None:
    printed = project.run("rollback", run)
    assert staging.asked() == []
    assert printed.out.startswith(f"# undoes run {run} on staging")
    _restore(project, printed)
    assert project.run("validate").code == 0
    assert project.run(*APPLY).code == 0
    assert list(_specs(staging)) == ["Two", "Old", "Gone"]
    assert staging.clients()["Old"] == 7, "the rename was undone, not the client made again"
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_what_cannot_be_restored_is_said(project: Project, staging: Platform, run: str) -> None:
    assert "# 'Gone' gets a new id and secret" in project.run("rollback", run).out


def test_what_is_printed_after_an_apply_of_it_changes_nothing(project: Project, staging: Platform, run: str) -> None:
    assert project.run("rollback", run, "--apply", "--yes").code == 0
    _restore(project, project.run("rollback", run))
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_it_is_written_at_the_price_of_an_apply(project: Project, staging: Platform, run: str) -> None:
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 0, ended.err
    assert _specs(staging)["Two"][0] == "https://old.example.com/cb"
    assert set(staging.clients()) == {"Two", "Old", "Gone"}
    asked = staging.asked()
    assert asked[:4] == [LOGIN, LIST, *ASK]
    assert sorted(asked[4:8]) == ["DELETE /oauth/clients/9", CREATE, "PUT /oauth/clients/6", "PUT /oauth/clients/7"]
    assert asked[8:] == [LIST, LOGOUT]
    assert "warning: 'Gone' gets a new id and secret" in ended.err
    assert (
        f"update git as well, or the next apply repeats the run; for clients/: reconciler rollback {run} " in ended.err
    )


def test_the_secret_of_a_client_made_again_is_nowhere(project: Project, staging: Platform, run: str) -> None:
    ended = project.run("rollback", run, "--apply", "--yes", "-vv")
    assert not [secret for secret in staging.secrets() if secret in ended.out + ended.err]


def test_a_second_time_everything_is_done(project: Project, staging: Platform, run: str) -> None:
    assert project.run("rollback", run, "--apply", "--yes").code == 0
    staging.log.requests.clear()
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 0
    assert ended.out.count("= was done") == 4
    assert "update git as well" not in ended.err
    assert staging.asked() == [LOGIN, LIST, LOGOUT]


def test_a_rollback_can_be_rolled_back(project: Project, staging: Platform, run: str) -> None:
    before = _specs(staging)
    assert project.run("rollback", run, "--apply", "--yes").code == 0
    back = _newest(project, run)
    assert project.run("rollback", back, "--apply", "--yes").code == 0
    assert _specs(staging) == before
    assert project.run("plan", "--detailed-exitcode").code == 0, "git says so already"


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        ((*BEFORE, wanted("One")), "state: absent"),
        ((wanted("Two"), *BEFORE[1:]), 'redirect_url: "https://old.example.com/cb"'),
        ((wanted("New", "https://old.example.com/cb", previous_names=["Old"]), *BEFORE[::2]), "previous_names: [New]"),
        ((*BEFORE[:2], {"name": "Gone", "state": "absent"}), "password: true"),
    ],
    ids=["create", "update", "rename", "delete"],
)
def test_each_kind_of_change_is_undone_alone(
    project: Project, staging: Platform, clients: tuple[dict[str, object], ...], expected: str
) -> None:
    project.declare(*BEFORE)
    assert project.run(*APPLY).code == 0
    first, before = _only_run(project), _specs(staging)
    project.declare(*clients)
    assert project.run(*APPLY).code == 0
    second = _newest(project, first)
    printed = project.run("rollback", second)
    assert printed.out.count("- name:") == 1
    assert expected in printed.out
    assert project.run("rollback", second, "--apply", "--yes").code == 0
    assert _specs(staging) == before


def test_a_client_that_a_person_changed_since_stops_all_of_it(project: Project, staging: Platform, run: str) -> None:
    with Store(staging.database) as store:
        store.update(6, "Two", "https://person.example.com/cb", False, False)
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 4
    assert "redirect_url is 'https://person.example.com/cb', not 'https://two.example.com/cb'" in ended.out
    assert "declare in clients/ what it should be" in ended.out
    assert "-o FILE" not in ended.out, "there is no plan to save again"
    assert staging.log.writes() == []
    assert "update git as well" not in ended.err


def test_the_limits_hold(project: Project, staging: Platform, run: str) -> None:
    project.configure({"staging": at(staging.url, limits={"deletes": 0})})
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 4
    assert "--max-deletes 1" in ended.out
    assert staging.log.writes() == []
    assert project.run("rollback", run, "--apply", "--yes", "--max-deletes", "1").code == 0


def test_a_frozen_instance_and_protected_names_are_left_alone(project: Project, staging: Platform, run: str) -> None:
    project.configure({"staging": at(staging.url, frozen="quarter end")}, protected=["One"])
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 4
    assert "quarter end" in ended.out
    assert ended.out.count("x refused") == 2
    assert staging.log.writes() == []


def test_without_a_terminal_it_wants_a_yes(project: Project, staging: Platform, run: str) -> None:
    ended = project.run("rollback", run, "--apply")
    assert ended.code == 64
    assert "--yes" in ended.err
    assert staging.asked() == []


def test_a_yes_alone_is_not_taken_for_an_order_to_write(project: Project, staging: Platform, run: str) -> None:
    ended = project.run("rollback", run, "--yes")
    assert ended.code == 64
    assert "--apply" in ended.only_error()


def test_a_person_is_asked_and_the_instance_looked_at_again(project: Project, staging: Platform, run: str) -> None:
    ended = at_a_terminal("rollback", run, "--apply", typed=[b"y\n"])
    assert ended.code == 0, ended.out
    assert re.search(r"Write .* to staging\? \[y/N\]:", ended.out)
    assert staging.asked().count(LIST) == 3
    assert set(staging.clients()) == {"Two", "Old", "Gone"}


def test_a_no_writes_nothing(project: Project, staging: Platform, run: str) -> None:
    ended = at_a_terminal("rollback", run, "--apply", typed=[b"n\n"])
    assert ended.code == 4
    assert ended.out.count("declined: nothing was written") == 1
    assert "update git as well" not in ended.out
    assert staging.asked() == [LOGIN, LIST, *ASK, LOGOUT]


def test_a_client_that_changes_during_the_question_stops_all_of_it(
    project: Project, staging: Platform, run: str
) -> None:
    def meddle() -> None:
        with Store(staging.database) as store:
            store.update(6, "Two", "https://person.example.com/cb", False, False)

    ended = at_a_terminal("rollback", run, "--apply", typed=[b"y\n"], meanwhile=meddle)
    assert ended.code == 4
    assert "client 6, 'Two', has changed since" in ended.out
    assert staging.log.writes() == []


def test_a_run_that_is_not_there(project: Project, staging: Platform, run: str) -> None:
    for arguments in (["rollback", "nope"], ["rollback", "nope", "--apply", "--yes"]):
        ended = project.run(*arguments)
        assert ended.code == 1
        assert "'nope'" in ended.only_error()
        assert "reconciler history" in ended.err


def test_of_several_instances_one_must_be_chosen(project: Project, staging: Platform, tmp_path: Path) -> None:
    with platform(tmp_path / "other.sqlite3") as other:
        project.configure({"staging": at(staging.url), "other": at(other.url)})
        project.declare(wanted("One"))
        assert project.run("apply", "--all", "--yes").code == 0
        run = _runs(project)[0]
        ended = project.run("rollback", run)
        assert ended.code == 64
        assert "other" in ended.only_error()
        assert "--instance" in ended.err
        assert project.run("rollback", run, "-i", "nobody").code == 64
        assert "# undoes" in project.run("rollback", run, "-i", "other").out
        assert project.run("rollback", run, "-i", "other", "--apply", "--yes").code == 0
        assert (list(staging.clients()), list(other.clients())) == (["One"], [])


@pytest.fixture
def fleet_run(project: Project, staging: Platform, tmp_path: Path) -> Iterator[tuple[str, Platform, Platform]]:
    """A run that changed Two and made One on `staging` (wave 0) and on `other` (wave 1)."""
    with platform(tmp_path / "other.sqlite3") as other:
        project.configure({"other": at(other.url, wave=1), "staging": at(staging.url)})
        for each in (staging, other):
            each.has(stored("Two", "https://old.example.com/cb"))
        project.declare(wanted("One"), wanted("Two"))
        assert project.run("apply", "--all", "--yes").code == 0
        yield _runs(project)[0], staging, other


def test_a_run_is_undone_on_all_of_its_instances(project: Project, fleet_run: tuple[str, Platform, Platform]) -> None:
    run, staging, other = fleet_run
    ended = project.run("rollback", run, "--all", "--apply", "--yes")
    assert ended.code == 0, ended.err
    assert [(list(each.clients()), each.redirect("Two")) for each in (staging, other)] == [
        (["Two"], "https://old.example.com/cb")
    ] * 2
    assert f"reconciler rollback {run} --all" in ended.err
    back = _newest(project, run)
    assert project.run("rollback", back, "--all", "--apply", "--yes").code == 0
    assert [list(each.clients()) for each in (staging, other)] == [["Two", "One"]] * 2


@pytest.mark.parametrize("apply_it", [(), ("--apply", "--yes")], ids=["printed", "applied"])
def test_a_run_is_not_undone_in_part_where_a_journal_of_it_is_damaged(
    project: Project, fleet_run: tuple[str, Platform, Platform], apply_it: tuple[str, ...]
) -> None:
    run, staging, other = fleet_run
    journal = project.folder / ".reconciler/journal/other" / f"{run}.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"\n", b"\n{}\n", 1))
    ended = project.run("rollback", run, "--all", *apply_it)
    assert (ended.code, ended.out) == (1, "")
    assert "the run cannot be undone as a whole: " in ended.only_error()
    assert f"{run}.jsonl, line 2, is not what a journal says there" in ended.err
    assert "with --instance staging" in ended.err
    assert [list(each.clients()) for each in (staging, other)] == [["Two", "One"]] * 2
    assert project.run("rollback", run, "--instance", "staging").code == 0


def test_what_is_printed_for_all_is_one_file_that_leads_back(
    project: Project, fleet_run: tuple[str, Platform, Platform]
) -> None:
    run, staging, other = fleet_run
    printed = project.run("rollback", run, "--all")
    assert printed.out.startswith(f"# undoes run {run} on ")
    assert printed.out.count("clients:") == 1
    _restore(project, printed)
    assert project.run("apply", "--all", "--yes").code == 0
    assert [list(each.clients()) for each in (staging, other)] == [["Two"], ["Two"]]


def test_one_question_is_asked_for_all(project: Project, fleet_run: tuple[str, Platform, Platform]) -> None:
    run, staging, other = fleet_run
    before = staging.log.writes(), other.log.writes()
    declined = at_a_terminal("rollback", run, "--all", "--apply", typed=[b"n\n"])
    assert declined.code == 4
    assert len(re.findall(r"Write \d+ changes.* to staging, other\?", declined.out)) == 1
    assert (staging.log.writes(), other.log.writes()) == before


def test_where_one_instance_has_changed_later_waves_are_not_undone(
    project: Project, fleet_run: tuple[str, Platform, Platform]
) -> None:
    run, staging, other = fleet_run
    staging.change("Two", stored("Two", "https://person.example.com/cb"))
    ended = project.run("rollback", run, "--all", "--apply", "--yes")
    assert ended.code == 4
    assert "only what is as the run left it is undone" in ended.out
    assert "not tried: wave 0 did not succeed" in ended.err
    assert [list(each.clients()) for each in (staging, other)] == [["Two", "One"]] * 2
    assert project.run("rollback", run, "--all", "--instance", "other").code == 64
    assert ended.out.endswith(f"next: reconciler rollback {run} --instance other --apply\n")


def test_what_failed_is_undone_by_the_same_command_again(
    project: Project, fleet_run: tuple[str, Platform, Platform]
) -> None:
    """A plan would lead back to what is being undone."""
    run, staging, other = fleet_run
    project.log_in_as("pm_viewer")
    ended = project.run("rollback", run, "--all", "--apply", "--yes")
    assert ended.code == 1
    assert ended.out.endswith(f"next: reconciler rollback {run} --all --apply\n")
    project.log_in_as("admin")
    again = project.run("rollback", run, "--all", "--apply", "--yes")
    assert again.code == 0
    assert "next: " not in again.out
    assert [list(each.clients()) for each in (staging, other)] == [["Two"], ["Two"]]


def test_an_instance_that_has_another_url_now_is_another(project: Project, staging: Platform, run: str) -> None:
    project.configure({"staging": at("http://127.0.0.1:9")})
    ended = project.run("rollback", run, "--apply", "--yes")
    assert ended.code == 4
    assert staging.url in ended.only_error()


def test_what_may_have_been_written_is_warned_of(project: Project, staging: Platform, run: str) -> None:
    """The journal of a run that was killed while it deleted."""
    (journal,) = (project.folder / ".reconciler").rglob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    (number,) = (n for n, change in enumerate(lines[0]["changes"]) if change["action"] == "delete")
    kept = [line for line in lines[:-1] if not (line["event"] == "answered" and line["change"] == number)]
    journal.write_text("".join(json.dumps(line) + "\n" for line in kept))
    ended = project.run("rollback", run)
    assert ended.code == 0
    assert "warning: staging: whether the run wrote 'Gone' is not known: look at the instance" in ended.err
    assert "name: Gone" not in ended.out
    assert ended.out.count("- name:") == 3


def test_many_uncertain_changes_are_one_warning(project: Project, staging: Platform) -> None:
    project.declare(*(wanted(f"Client {number}") for number in range(9)))
    assert project.run(*APPLY).code == 0
    (journal,) = (project.folder / ".reconciler").rglob("*.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"answered"' not in line and '"finished"' not in line))
    ended = project.run("rollback", _only_run(project))
    assert ended.err.count("warning: ") == 1
    assert "'Client 4' and 4 more is not known" in ended.err


def test_a_run_that_changed_nothing_has_nothing_to_undo(project: Project, tmp_path: Path) -> None:
    fault = Respond(On("POST", "/oauth/clients"), 422, '{"message": "no", "errors": {}}', "application/json")
    with platform(tmp_path / "picky.sqlite3", fault) as picky:
        project.configure({"staging": at(picky.url)})
        project.declare(wanted("One"))
        assert project.run(*APPLY).code == 1
        run = _only_run(project)
        picky.log.requests.clear()
        ended = project.run("rollback", run)
        assert "it changed nothing that is known\nclients: []\n" in ended.out
        assert project.run("rollback", run, "--apply", "--yes").code == 0
        assert picky.asked() == []


def test_names_and_urls_of_every_kind_come_back(project: Project, staging: Platform) -> None:
    names = ["no", "12:30", "- a", "# b", 'q"uo\\te', "{x}", "Größe 📦", "a: b", "*", "0x1", "~", "'"]
    urls = ["https://a.example.com/cb?x=$y&z=%7B", "https://a.example.com/1,https://b.example.com/2"]
    specs = [stored(name, urls[n % 2]) for n, name in enumerate(names)]
    staging.has(*specs)
    before = _specs(staging)
    project.declare(*({"name": name, "state": "absent"} for name in names))
    assert project.run(*APPLY, "--max-deletes", "99").code == 0
    assert staging.clients() == {}
    _restore(project, project.run("rollback", _only_run(project)))
    assert project.run(*APPLY, "--max-creates", "99").code == 0
    assert {name: spec[0] for name, spec in _specs(staging).items()} == {n: s[0] for n, s in before.items()}


def test_a_rollback_is_written_down_where_it_was_read(project: Project, staging: Platform, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    assert project.run(*APPLY, "--journal", tmp_path / "journal").code == 0
    assert not (project.folder / ".reconciler").exists()
    (journal,) = (tmp_path / "journal").rglob("*.jsonl")
    flags = ("--journal", tmp_path / "journal")
    assert project.run("rollback", journal.stem, "--apply", "--yes", *flags).code == 0
    assert len(list((tmp_path / "journal").rglob("*.jsonl"))) == 2
    assert staging.clients() == {}


def test_what_is_printed_is_for_the_instance_that_was_written_to_and_says_what_it_replaces(
    project: Project, staging: Platform
) -> None:
    """An entry for every instance would delete the client on all of them."""
    project.declare(wanted("One"))
    assert project.run("apply", "--instance", "staging", "--yes").code == 0
    run = project.run("history").out.split()[0]
    printed = project.run("rollback", run).out
    assert "    instances: [staging]\n" in printed
    assert "# in place of what stands at clients/all.yaml:1\n" in printed
    assert "not known here: description, justification" in printed
