"""A new recipient of a client's secret is a change: shown, counted, saved and limited before anybody gets it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.clients import ClientSpec, Grant
from reconciler.sandbox.store import Store
from tests.cli.flags.test_base import commit, git
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted
from tests.cli.sinking import DOCUMENT, STORE, command, document, events
from tests.planning.planfile.saving import document as plan_document
from tests.planning.planfile.saving import with_digest

Values = dict[str, Any]
APPLY = ("apply", "-i", "staging", "--yes")
PENDING, REFUSED = 2, 4
KEYS = {
    "team-a": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "team-b": "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
}
AGE: Values = {"age": {"path": "deliveries/{owner}/{name}.age"}}


def configure(project: Project, staging: Platform, *sinks: object, keys: dict[str, str] = KEYS, **more: object) -> None:
    """The instance with these sinks, and two owners with a key each."""
    project.write("store", STORE).chmod(0o700)
    owners = {owner: {"age": [key]} for owner, key in keys.items()}
    project.configure({"staging": at(staging.url, sinks=list(sinks), **more)}, owners=owners)


def begin(project: Project, staging: Platform, *sinks: object, owner: str = "team-a") -> None:
    """A repository with one client that is delivered to its owner, and nothing pending."""
    git(project, "init", "-q", "-b", "main")
    project.write(".gitignore", ".reconciler/\nall.json\nlive.json\n*.env\n/told\n/mode\n")
    configure(project, staging, *sinks)
    project.declare(wanted("One", owner=owner))
    assert project.run(*APPLY).code == 0
    commit(project, "Begin")
    assert planned(project)["counts"]["deliver"] == 0


def planned(project: Project, *flags: str) -> Values:
    """The plan of the instance."""
    ended = project.run("plan", "--format", "json", *flags)
    found: Values = ended.document["instances"][0]
    return found


def deliveries(values: Values) -> list[Values]:
    """The new recipients among the changes."""
    return [change for change in values["changes"] if change["action"] == "deliver"]


def owners(recipients: list[Values]) -> list[str]:
    return [each["owner"] for each in recipients]


def codes(ended: Ended) -> list[str]:
    return [each["code"] for each in ended.document["instances"][0]["refusals"]]


# A changed owner, in every format


def test_a_changed_owner_is_a_change_that_names_both(project: Project, staging: Platform) -> None:
    begin(project, staging, AGE)
    project.declare(wanted("One", owner="team-b"))
    ended = project.run("plan", "--detailed-exitcode")
    assert ended.code == PENDING
    assert "> deliver One (id 6)" in ended.out
    assert "team-b · age deliveries/team-b/one.age · key age SHA256:" in ended.out
    assert "team-a · age deliveries/team-a/one.age · key age SHA256:" in ended.out
    assert "the owner changed from 'team-a' to 'team-b'" in ended.out
    assert "! whoever gets its id and secret can act as this client" in ended.out
    assert "1 to deliver · 1 in sync" in ended.out
    assert "next: reconciler apply --instance staging" in ended.out


def test_it_is_in_the_plan_of_an_observation_and_in_every_report(project: Project, staging: Platform) -> None:
    begin(project, staging, AGE)
    assert project.run("observe", "-i", "staging", "-o", "live.json").code == 0
    project.declare(wanted("One", owner="team-b"))
    commit(project)
    reports = ["pr.md", "pr.html", "pr.sarif", "pr.junit.xml", "pr.prom", "pr.gitlab-terraform.json", "pr.txt"]
    flags = [word for name in reports for word in ("--report", name)]
    ended = project.run("plan", "--live", "live.json", "--base", "HEAD~1", "--detailed-exitcode", *flags)
    assert ended.code == PENDING
    text = {name: (project.folder / name).read_text() for name in reports}
    unfolded = text["pr.md"].partition("<details>")[0]
    assert "### Secrets that get a new recipient" in unfolded
    assert "the owner changed from 'team-a' to 'team-b' since the base" in unfolded
    assert "deliveries/team-b/one.age" in unfolded
    assert "Secrets that get a new recipient" in text["pr.html"]
    assert 'data-action="deliver"' in text["pr.html"]
    assert json.loads(text["pr.sarif"])["runs"][0]["results"][0]["ruleId"] == "new-recipient"
    assert 'name="deliver One"' in text["pr.junit.xml"]
    assert 'reconciler_pending_changes{instance="staging",action="deliver"} 1' in text["pr.prom"]
    assert json.loads(text["pr.gitlab-terraform.json"])["update"] == 1
    assert "> deliver One (id 6)" in text["pr.txt"]


def test_github_annotates_the_entry(project: Project, staging: Platform) -> None:
    begin(project, staging, AGE)
    project.declare(wanted("One", owner="team-b"))
    project.environ.setenv("GITHUB_ACTIONS", "true")
    ended = project.run("plan")
    assert "::warning file=clients/all.yaml,line=1" in ended.err
    assert "title=reconciler plan%3A deliver::One on staging: the owner changed" in ended.err


def test_an_apply_delivers_it_once_and_the_next_plan_is_empty(project: Project, staging: Platform) -> None:
    begin(project, staging, AGE)
    project.declare(wanted("One", owner="team-b"))
    commit(project)
    assert project.run(*APPLY).code == 0
    assert [str(file.relative_to(project.folder)) for file in project.folder.glob("deliveries/*/*.age")] == [
        "deliveries/team-b/one.age"
    ]
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.run("plan", "--detailed-exitcode", "--base", "HEAD~1").code == 0


def test_a_json_document_tells_before_and_after_of_a_delivery(project: Project, staging: Platform) -> None:
    begin(project, staging, DOCUMENT)
    project.declare(wanted("One", owner="team-b"))
    [change] = deliveries(planned(project))
    assert (owners(change["recipients"]), owners(change["recipients_before"])) == (["team-b"], ["team-a"])
    assert change["recipients"][0]["place"] == "all.json"
    ended = project.run(*APPLY, "--format", "json")
    [change] = deliveries(ended.document["instances"][0])
    assert change["outcome"]["status"] == "applied"
    assert document(project)["One"]["owner"] == "team-b"


def test_a_delivery_that_fails_is_said_of_the_change(project: Project, staging: Platform) -> None:
    begin(project, staging, command())
    project.declare(wanted("One", owner="team-b"))
    project.write("mode", "fail")
    [change] = deliveries(project.run(*APPLY, "--format", "json").document["instances"][0])
    assert change["outcome"]["status"] == "failed"
    assert "failed with exit status 3" in change["outcome"]["message"]


# What else is a new recipient


def other_keys(project: Project, staging: Platform) -> None:
    configure(project, staging, AGE, keys={**KEYS, "team-a": KEYS["team-b"]})


def another_sink(project: Project, staging: Platform) -> None:
    configure(project, staging, AGE, DOCUMENT)


def another_path(project: Project, staging: Platform) -> None:
    configure(project, staging, {"age": {"path": "elsewhere/{name}.age"}})


@pytest.mark.parametrize("base", [(), ("--base", "HEAD~1")])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_keys, "the keys of 'team-a' changed"),
        (another_sink, "json all.json is a new sink for it"),
        (another_path, "age elsewhere/{name}.age is a new sink for it"),
    ],
)
def test_changed_settings_are_new_recipients(
    project: Project,
    staging: Platform,
    change: Callable[[Project, Platform], None],
    said: str,
    base: tuple[str, ...],
) -> None:
    begin(project, staging, AGE)
    change(project, staging)
    commit(project)
    found = planned(project, *base)
    assert found["counts"]["deliver"] == 1
    if not (change is another_path and not base):  # another folder has a manifest of its own, which knows nothing
        assert said in deliveries(found)[0]["reason"]["message"]
        assert owners(deliveries(found)[0]["recipients_before"]) == ["team-a"]


@pytest.mark.parametrize("base", [(), ("--base", "HEAD~1")])
def test_a_changed_program_of_the_repository_is_a_new_recipient(
    project: Project, staging: Platform, base: tuple[str, ...]
) -> None:
    begin(project, staging, command())
    project.write("store", STORE + "true  # or worse\n")
    commit(project)
    [change] = deliveries(planned(project, *base))
    assert change["reason"]["message"].startswith("the program of command store changed")
    blob = git(project, "rev-parse", "HEAD:store")
    assert change["recipients"][0]["programs"] == [f"./store {blob}"]
    assert project.run(*APPLY, *base).code == 0
    assert events(project) == [("created", "One"), ("existing", "One")]
    assert project.run("plan", "--detailed-exitcode", *base).code == 0


def test_an_owner_whose_sink_is_a_program_is_known_by_the_journal(project: Project, staging: Platform) -> None:
    begin(project, staging, command())
    project.declare(wanted("One", owner="team-b"))
    [change] = deliveries(planned(project))
    assert (owners(change["recipients"]), owners(change["recipients_before"])) == (["team-b"], ["team-a"])


def test_an_owner_of_variables_is_known_by_the_base(project: Project, staging: Platform) -> None:
    """The file does not say for whom it is."""
    begin(project, staging, {"dotenv": {"path": "clients.env"}})
    project.declare(wanted("One", owner="team-b"))
    commit(project)
    assert deliveries(planned(project)) == []
    [change] = deliveries(planned(project, "--base", "HEAD~1"))
    assert (owners(change["recipients"]), owners(change["recipients_before"])) == (["team-b"], ["team-a"])


def test_a_client_that_was_live_before_is_a_first_delivery(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"))
    project.declare(wanted("One", owner="team-a"))
    [change] = deliveries(planned(project))
    assert (change["reason"]["code"], change["recipients_before"]) == ("first-delivery", [])


def test_personal_access_is_a_risk_of_its_own(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(ClientSpec("One", frozenset({Grant.PERSONAL_ACCESS_TOKEN})))
    project.declare({"name": "One", "grants": {"personal_access_token": {"justification": "x"}}})
    [change] = deliveries(planned(project))
    assert [risk["code"] for risk in change["risks"]] == ["secret-shared", "personal-access"]


def test_a_rename_with_another_owner_shows_both(project: Project, staging: Platform) -> None:
    begin(project, staging, AGE)
    project.declare(wanted("Two", redirect="https://one.example.com/cb", owner="team-b", previous_names=["One"]))
    found = planned(project)
    assert [each["action"] for each in found["changes"]] == ["rename", "deliver"]
    project.declare(wanted("Two", redirect="https://one.example.com/cb", owner="team-a", previous_names=["One"]))
    assert [each["action"] for each in planned(project)["changes"]] == ["rename"]


# What is none


@pytest.mark.parametrize("sink", [AGE, DOCUMENT])
def test_a_lost_file_is_delivered_again_and_is_no_change(project: Project, staging: Platform, sink: Values) -> None:
    begin(project, staging, sink)
    lost = project.folder / ("all.json" if sink is DOCUMENT else "deliveries/team-a/one.age")
    lost.unlink()
    ended = project.run("plan", "--detailed-exitcode")
    assert ended.code == 0
    assert "1 to deliver again" in ended.out
    assert project.run(*APPLY).code == 0
    assert lost.exists()


def test_a_create_names_who_gets_its_secret_and_is_one_change(project: Project, staging: Platform) -> None:
    configure(project, staging, AGE)
    project.declare(wanted("One", owner="team-a"))
    found = planned(project)
    assert [(each["action"], owners(each["recipients"])) for each in found["changes"]] == [("create", ["team-a"])]
    assert "secret to     team-a · age deliveries/team-a/one.age" in project.run("plan").out


# Where the base decides, and where nobody can


def test_a_manifest_or_journal_in_the_pull_request_hides_nothing(project: Project, staging: Platform) -> None:
    """Somebody commits what an apply to the new owner would have left behind."""
    begin(project, staging, AGE)
    base = git(project, "rev-parse", "HEAD")
    project.declare(wanted("One", owner="team-b"))
    assert project.run(*APPLY).code == 0
    git(project, "add", "-f", ".reconciler/journal")
    commit(project, "Pretend that it is done")
    [change] = deliveries(planned(project, "--base", base))
    assert owners(change["recipients"]) == ["team-b"]


def test_a_program_without_journal_and_base_is_one_note_with_a_count(project: Project, staging: Platform) -> None:
    configure(project, staging, command())
    staging.has(*(stored(f"Client {number}") for number in range(30)))
    project.declare(*(wanted(f"Client {number}") for number in range(30)))
    found = planned(project)
    assert deliveries(found) == []
    [note] = [each for each in found["notes"] if each["code"] == "delivery-unknown"]
    assert "command store cannot be asked whether it has 30 clients" in note["message"]
    assert project.run(*APPLY).code == 0
    assert events(project) == []


def test_an_entry_that_is_new_since_the_base_is_new_to_a_program(project: Project, staging: Platform) -> None:
    begin(project, staging, command())
    staging.has(stored("Two"))
    project.declare(wanted("One", owner="team-a"), wanted("Two", owner="team-b"))
    commit(project)
    [change] = deliveries(planned(project, "--base", "HEAD~1"))
    assert (change["name"], change["reason"]["code"]) == ("Two", "first-delivery")


def test_what_a_killed_run_owes_is_a_change_that_says_so(project: Project, staging: Platform) -> None:
    configure(project, staging, command())
    project.declare(wanted("One"))
    project.write("mode", "fail")
    assert project.run(*APPLY).code != 0
    [change] = deliveries(planned(project))
    assert change["reason"]["code"] == "delivery-owed"


def test_a_file_that_is_not_on_this_machine_says_nothing_in_a_plan_of_an_observation(
    project: Project, staging: Platform
) -> None:
    begin(project, staging, DOCUMENT)
    assert project.run("observe", "-i", "staging", "-o", "live.json").code == 0
    (project.folder / "all.json").unlink()
    (project.folder / ".reconciler").rename(project.folder.parent / "gone")
    found = planned(project, "--live", "live.json")
    assert (deliveries(found), [each["code"] for each in found["notes"]]) == ([], ["delivery-unknown"])


# Guards


def test_no_system_client_is_delivered_whatever_an_entry_allows(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT, command())
    with Store(staging.database) as store:
        [(name, url)] = [(row[1], row[3]) for row in store.clients() if "Personal Access" in row[1]]
    entry: Values = {"name": name, "allow": ["system-client-name"], "grants": {"personal_access_token": True}}
    entry["grants"] |= {"authorization_code": {"redirect_url": url}} if url else {}
    project.declare(entry)
    assert deliveries(planned(project)) == []
    assert project.run("secrets", "deliver", "-i", "staging").code == 0
    assert (document(project), events(project)) == ({}, [])


def test_more_than_the_limit_is_refused_and_the_flag_allows_exactly_that(project: Project, staging: Platform) -> None:
    """The first run of many adopted clients is one block for each recipient."""
    many = [f"Client {number:03}" for number in range(300)]
    configure(project, staging, DOCUMENT)
    staging.has(*map(stored, many))
    project.declare(*(wanted(name, owner=f"team-{'ab'[number % 2]}") for number, name in enumerate(many)))
    ended = project.run("plan")
    assert ended.code == REFUSED
    assert ended.out.count("> deliver 150 clients") == 2
    assert "and 140 more: --format json has all of them" in ended.out
    assert "the secrets of 300 clients get a new recipient, and the limit is 25" in ended.out
    assert len(ended.out.splitlines()) < 60
    assert codes(project.run(*APPLY, "--format", "json")) == ["limit-deliveries"]
    assert document(project) == {}
    assert project.run(*APPLY, "--max-deliveries", "300").code == 0
    assert len(document(project)) == 300


def test_the_limit_is_a_setting(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT, limits={"deliveries": 0})
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert codes(project.run(*APPLY, "--format", "json")) == ["limit-deliveries"]


def test_an_embedded_instance_has_no_limit(project: Project, staging: Platform, tmp_path: Path) -> None:
    many = [f"Client {number:03}" for number in range(40)]
    project.configure({"sandbox": {"embedded": str(tmp_path / "own.sqlite3")}})
    project.declare(*map(wanted, many))
    assert project.run("apply", "-i", "sandbox", "--yes").code == 0
    project.configure({"sandbox": {"embedded": str(tmp_path / "own.sqlite3"), "sinks": [DOCUMENT]}})
    ended = project.run("plan", "-i", "sandbox", "--format", "json")
    assert (ended.code, ended.document["instances"][0]["counts"]["deliver"]) == (0, 40)


def test_a_frozen_instance_delivers_to_nobody_new(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT, frozen="an audit")
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert codes(project.run(*APPLY, "--format", "json")) == ["frozen"]


def test_what_was_not_chosen_is_left_out_and_counted(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("Two"))
    project.declare(wanted("One"), wanted("Two"))
    found = planned(project, "--only", "One")
    assert [each["name"] for each in deliveries(found)] == ["One"]
    assert found["counts"]["left_out"] == 1


def test_waivers_of_entries_in_sync_are_listed(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url)}, rules={"password-without-justification": {"severity": "error"}})
    staging.has(ClientSpec("One", frozenset({Grant.PASSWORD})))
    entry = {"name": "One", "grants": {"password": True}, "allow": ["password-without-justification"]}
    project.declare(entry)
    ended = project.run("plan", "--report", "pr.md", "--report", "pr.html")
    assert "* waived  One: waives password-without-justification" in ended.out
    assert "nothing to do · 1 in sync" in ended.out
    assert planned(project)["waived"][0]["name"] == "One"
    assert "waives password-without-justification" in (project.folder / "pr.md").read_text()
    assert "waives password-without-justification" in (project.folder / "pr.html").read_text()


# Saved plans


def saved(project: Project) -> Path:
    assert project.run("plan", "-o", "plan.json").code == 0
    return project.folder / "plan.json"


def swap(file: Path, change: Callable[[Values], object]) -> None:
    """Change the plan, and give it a digest that fits."""
    values = plan_document(file.read_text())
    change(values)
    file.write_bytes(with_digest(values))


def refused(project: Project, staging: Platform) -> list[str]:
    """Apply the plan, which must be refused before any write; the codes of the refusals."""
    ended = project.run("apply", "plan.json", "--format", "json")
    assert ended.code == REFUSED, ended.err
    assert staging.log.writes() == []
    return codes(ended)


def test_a_saved_plan_lists_its_deliveries_and_makes_them(project: Project, staging: Platform) -> None:
    begin(project, staging, DOCUMENT)
    project.declare(wanted("One", owner="team-b"))
    file = saved(project)
    assert [each["name"] for each in plan_document(file.read_text())["deliveries"]] == ["One"]
    assert project.run("apply", "plan.json").code == 0
    assert document(project)["One"]["owner"] == "team-b"


def test_a_saved_plan_makes_no_delivery_that_it_does_not_list(project: Project, staging: Platform) -> None:
    begin(project, staging, DOCUMENT)
    project.declare(wanted("One", owner="team-a"), wanted("Two", owner="team-a"))
    saved(project)
    staging.has(stored("Three"))
    project.declare(*(wanted(name, owner="team-a") for name in ("One", "Two", "Three")))
    assert project.run("apply", "plan.json").code == 0
    assert sorted(document(project)) == ["One", "Two"]


def test_a_saved_plan_delivers_again_what_a_sink_has_lost(project: Project, staging: Platform) -> None:
    """It is no change, and it is in the plan: nothing that is not listed is delivered."""
    begin(project, staging, AGE)
    file = project.folder / "deliveries/team-a/one.age"
    file.unlink()
    values = plan_document(saved(project).read_text())
    assert (values["counts"]["deliver"], values["deliveries"]) == (0, [])
    assert [each["name"] for each in values["again"]] == ["One"]
    staging.log.requests.clear()
    for said in ("no changes · 1 delivery", "nothing to do"):
        ended = project.run("apply", "plan.json")
        assert ended.code == 0, ended.err
        assert said in ended.out
        assert file.exists()
    assert staging.log.writes() == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_manifest_that_a_commit_has_proves_nothing_about_who_had_a_secret(
    project: Project, staging: Platform, committed: bool
) -> None:
    """A pull request could have written it: what is delivered again counts as new then, for the limit."""
    begin(project, staging, AGE)
    (project.folder / "deliveries/team-a/one.age").unlink()
    git(project, "add", "--all")
    if not committed:
        git(project, "rm", "-r", "--quiet", "--cached", "deliveries")
    git(project, "commit", "-qm", "Lose it")
    saved(project)
    shutil.rmtree(project.folder / ".reconciler")
    configure(project, staging, AGE, limits={"deliveries": 0})
    ended = project.run("apply", "plan.json", "--format", "json")
    assert codes(ended) == (["limit-deliveries"] if committed else [])
    assert (project.folder / "deliveries/team-a/one.age").exists() is not committed


def test_a_new_recipient_that_a_swapped_plan_calls_an_old_one_counts_as_new(
    project: Project, staging: Platform
) -> None:
    begin(project, staging, AGE)
    project.declare(wanted("One", owner="team-b"))
    swap(saved(project), call_it_old)
    configure(project, staging, AGE, limits={"deliveries": 0})
    staging.log.requests.clear()
    assert refused(project, staging) == ["limit-deliveries"]
    assert not (project.folder / "deliveries/team-b/one.age").exists()


def call_it_old(values: Values) -> None:
    values.update(again=values["deliveries"], deliveries=[], counts={**values["counts"], "deliver": 0})


def change_what_is_lost(values: Values) -> None:
    call_it_old(values)
    values["again"][0]["owner"] = "team-c"


def test_an_owner_that_changed_after_the_plan_was_saved_refuses_it(project: Project, staging: Platform) -> None:
    begin(project, staging, DOCUMENT)
    project.declare(wanted("One", owner="team-b"))
    saved(project)
    project.declare(wanted("One", owner="team-a"))
    staging.log.requests.clear()
    assert refused(project, staging) == ["delivery-not-declared"]
    assert document(project)["One"]["owner"] == "team-a"


def change_owner(values: Values) -> None:
    values["deliveries"][0]["owner"] = "team-c"


def change_recipient(values: Values) -> None:
    values["deliveries"][0]["recipients"][0]["place"] = "elsewhere.json"


def change_client(values: Values) -> None:
    values["deliveries"][0]["id"] = 1


@pytest.mark.parametrize("change", [change_owner, change_recipient, change_client, change_what_is_lost])
def test_what_a_swapped_plan_says_about_recipients_is_not_believed(
    project: Project, staging: Platform, change: Callable[[Values], None]
) -> None:
    begin(project, staging, DOCUMENT)
    project.declare(wanted("One", owner="team-b"))
    swap(saved(project), change)
    staging.log.requests.clear()
    assert refused(project, staging) == ["delivery-not-declared"]


def create_for_another(values: Values) -> None:
    values["changes"][0]["owner"] = "team-b"


def create_for_nobody(values: Values) -> None:
    values["changes"][0]["recipients"] = []


@pytest.mark.parametrize("change", [create_for_another, create_for_nobody])
def test_a_swapped_owner_of_a_new_client_is_not_believed(
    project: Project, staging: Platform, change: Callable[[Values], None]
) -> None:
    configure(project, staging, AGE)
    project.declare(wanted("One", owner="team-a"))
    swap(saved(project), change)
    assert refused(project, staging) == ["delivery-not-declared"]


def test_keys_that_changed_after_the_plan_was_saved_refuse_a_create(project: Project, staging: Platform) -> None:
    configure(project, staging, AGE)
    project.declare(wanted("One", owner="team-a"))
    saved(project)
    configure(project, staging, AGE, keys={**KEYS, "team-a": KEYS["team-b"]})
    assert refused(project, staging) == ["delivery-not-declared"]


def test_a_plan_of_an_older_version_is_refused_with_the_command_for_a_new_one(
    project: Project, staging: Platform
) -> None:
    project.declare(wanted("One"))
    swap(saved(project), lambda values: values.update(format_version=1))
    ended = project.run("apply", "plan.json")
    assert ended.code == REFUSED
    assert "plan.json was saved by an older reconciler" in ended.only_error()
    assert "save the plan again: reconciler plan -o FILE" in ended.err


# Journals of older versions


def test_a_journal_that_does_not_say_who_got_it_still_says_that_it_was_delivered(
    project: Project, staging: Platform
) -> None:
    configure(project, staging, command())
    project.declare(wanted("One", owner="team-a"))
    assert project.run(*APPLY).code == 0
    [journal] = project.folder.glob(".reconciler/journal/staging/*.jsonl")
    before = project.run("history", journal.stem).out
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    lines[0]["format_version"] = 1
    del lines[0]["counts"]["deliver"]
    for change in lines[0]["changes"]:
        del change["recipients"]
    for line in lines:
        line.pop("recipient", None)
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert project.run("history", journal.stem).out == before
    found = planned(project)
    assert (found["changes"], found["notes"]) == ([], [])
