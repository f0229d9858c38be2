"""`apply` hands every secret that it makes to the sinks, in order, and finds what an earlier run owes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.cli.sinking import DOCUMENT, command, configure, document, events, is_right, issued, told
from tests.faults import DropConnection, On

LOGIN, LIST, CREATE, LOGOUT = "POST /login", "GET /oauth/clients", "POST /oauth/clients", "GET /logout"
ASK = ["GET /oauth/clients/0", "POST /oauth/token/refresh"]
"""What an apply asks before it creates: up to 4.15 the first is answered with 500, and the second tells why."""
APPLY = ("apply", "-i", "staging", "--yes")
TWENTY = [wanted(f"Client {number:02}") for number in range(20)]
PENDING, PARTLY, REFUSED = 2, 5, 4


def gone(name: str) -> Mapping[str, object]:
    return {"name": name, "state": "absent"}


def test_created_clients_are_delivered_without_another_request(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    project.declare(wanted("One"), wanted("Two"))
    ended = project.run(*APPLY)
    assert ended.code == 0
    assert "2 of 2 changes applied · 4 deliveries" in ended.out
    assert is_right(project, staging)
    assert {name: (each["id"], each["secret"]) for name, each in document(project).items()} == issued(staging.database)
    assert staging.asked() == [LOGIN, LIST, *ASK, CREATE, CREATE, LIST, LOGOUT]


def test_whatever_is_said_of_a_sink_names_the_file_of_the_instance(project: Project, staging: Platform) -> None:
    """Not the path with `{instance}` in it, which is nowhere."""
    configure(project, staging, {"json": {"path": "kept/{instance}.json"}})
    project.declare(wanted("One"), wanted("Two"))
    project.folder.joinpath("kept").mkdir()
    file = project.folder / "kept" / "staging.json"
    said = [project.run(*APPLY, "--report", "applied.html").out, (project.folder / "applied.html").read_text()]
    file.unlink()
    said += [project.run("plan", "--instance", "staging", "--report", "plan.html").out]
    said += [(project.folder / "plan.html").read_text()]
    said += [project.run("secrets", "deliver", "--instance", "staging").out]
    project.declare(gone("One"), wanted("Two"))
    said += [project.run(*APPLY).out]
    file.unlink()
    file.parent.rmdir()
    project.declare(wanted("Two"), wanted("Three"))
    said += [project.run(*APPLY).out]
    said += [project.run("history", project.run("history").out.split()[0]).out]
    assert [("json kept/staging.json" in text, "{instance}" in text) for text in said] == [(True, False)] * len(said)


def test_an_apply_with_nothing_to_deliver_asks_no_more_than_without_sinks(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    project.declare(wanted("One"))
    assert project.run(*APPLY).code == 0
    staging.log.requests.clear()
    ended = project.run(*APPLY)
    assert (ended.code, staging.asked()) == (0, [LOGIN, LIST, LOGOUT])
    assert "nothing to do" in ended.out
    assert events(project) == [("created", "One")]


def test_an_update_is_no_news_to_a_sink(project: Project, staging: Platform) -> None:
    configure(project, staging, command())
    staging.has(stored("One", "https://old.example.com/cb"))
    project.declare(wanted("One"))
    project.write("mode", "check")
    assert project.run(*APPLY).code == 0
    assert told(project) == []


def test_renames_creates_and_deletes_reach_the_sinks_in_this_order(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    project.declare(wanted("Old"), wanted("Gone"))
    assert project.run(*APPLY).code == 0
    project.declare(wanted("New", previous_names=["Old"]), gone("Gone"), wanted("Made"))
    ended = project.run(*APPLY, "--parallelism", "1")
    assert ended.code == 0
    assert events(project)[2:] == [("created", "Made"), ("renamed", "New"), ("deleted", "Gone")]
    assert told(project)[3]["previous_name"] == "Old"
    assert is_right(project, staging)
    assert sorted(document(project)) == ["Made", "New"]


def test_a_failing_sink_keeps_the_client_and_holds_the_deletes(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    staging.has(stored("Gone"))
    project.declare(wanted("One"), gone("Gone"))
    project.write("mode", "fail")
    ended = project.run(*APPLY)
    assert ended.code == PARTLY
    assert sorted(staging.clients()) == ["Gone", "One"]
    assert "not tried  delete Gone (id 6): deletes start only after every secret was delivered" in ended.out
    assert "x undelivered One (id 7), command store" in ended.out
    assert "reconciler secrets deliver --instance staging One" in ended.out
    assert sorted(document(project)) == ["One"]
    project.write("mode", "")
    assert project.run(*APPLY).code == 0
    assert sorted(staging.clients()) == ["One"]
    assert events(project) == [("existing", "One"), ("deleted", "Gone")]


def test_deliveries_come_before_the_first_delete(project: Project, staging: Platform) -> None:
    """The program asks the platform's own log: no DELETE has arrived when it is told of a new client."""
    configure(project, staging, command())
    staging.has(stored("Gone"))
    project.declare(wanted("One"), gone("Gone"))
    assert project.run(*APPLY).code == 0
    assert [each["event"] for each in told(project)] == ["created", "deleted"]
    asked = staging.asked()
    assert asked.index("DELETE /oauth/clients/6") > asked.index("POST /oauth/clients")
    assert asked.count(LIST) == 2  # to plan, and to verify: the secret was in the answer to the create


@pytest.mark.parametrize("mode", ["fail", "deaf", "hang", "die", "garbage", "only Client 07"])
def test_whatever_the_program_does_the_next_apply_makes_all_twenty_right(
    project: Project, staging: Platform, mode: str
) -> None:
    configure(project, staging, command(timeout=2) if mode == "hang" else command())
    project.declare(*TWENTY)
    project.write("mode", mode)
    ended = project.run(*APPLY, "--parallelism", "20", "-vv")
    configure(project, staging, command())
    assert ended.code == PARTLY
    assert len(staging.clients()) == 20
    for _, secret in issued(staging.database).values():
        assert secret not in ended.out + ended.err
    project.write("mode", "")
    again = project.run(*APPLY)
    assert (again.code, is_right(project, staging)) == (0, True)
    assert len(staging.clients()) == 20
    delivered_before = mode.startswith("only")
    assert len(events(project)) == 20
    assert events(project).count(("created", "Client 07")) == delivered_before
    third = project.run(*APPLY)
    assert (third.code, len(events(project))) == (0, 20)
    assert "nothing to do" in third.out


def test_a_file_that_cannot_be_written_at_delivery_is_made_right_by_the_next_apply(
    project: Project, staging: Platform
) -> None:
    """The first sink spoils the place of the second, after both were found in order."""
    spoil = project.write("spoil", "#!/bin/sh\ncase $(cat) in *check*) ;; *) rm -rf all.json; mkdir all.json;; esac\n")
    spoil.chmod(0o700)
    configure(project, staging, {"command": {"run": ["./spoil"]}}, DOCUMENT)
    project.declare(*TWENTY)
    ended = project.run(*APPLY, "--parallelism", "1")
    assert ended.code == PARTLY
    assert "20 not delivered" in ended.out
    assert "and 17 more, json all.json" in ended.out
    (project.folder / "all.json").rmdir()
    configure(project, staging, DOCUMENT)
    assert project.run(*APPLY).code == 0
    assert {name: (each["id"], each["secret"]) for name, each in document(project).items()} == issued(staging.database)


@pytest.mark.parametrize("spoil", ["no program", "no right", "fails when asked"])
def test_a_sink_that_does_not_work_is_found_before_the_first_write(
    project: Project, staging: Platform, spoil: str
) -> None:
    configure(project, staging, command())
    project.declare(wanted("One"))
    store = project.folder / "store"
    match spoil:
        case "no program":
            store.unlink()
        case "no right":
            store.chmod(0o600)
        case _:
            project.write("mode", "check")
    ended = project.run(*APPLY, "--format", "json")
    [instance] = ended.document["instances"]
    assert (ended.code, instance["status"]) == (REFUSED, "refused")
    assert [each["code"] for each in instance["refusals"]] == ["sink"]
    assert staging.clients() == {}


def test_a_plan_runs_no_program_and_says_what_an_apply_would_deliver(project: Project, staging: Platform) -> None:
    configure(project, staging, command(), DOCUMENT)
    staging.has(stored("One"))
    project.write("mode", "check")
    project.declare(wanted("One"))
    ended = project.run("plan", "--format", "json", "--detailed-exitcode")
    [instance] = ended.document["instances"]
    [deliver] = instance["changes"]
    assert (ended.code, deliver["action"], instance["to_deliver"]) == (PENDING, "deliver", [])
    assert [each["sink"] for each in deliver["recipients"]] == ["json all.json"]
    assert "> deliver One (id 6)" in project.run("plan").out


def test_clients_that_were_live_before_there_was_a_sink_are_delivered(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("Stranger"))
    project.declare(wanted("One"))
    ended = project.run(*APPLY)
    assert (ended.code, sorted(document(project))) == (0, ["One"])
    assert "no changes · 1 delivery" in ended.out


def test_only_and_owner_choose_among_the_deliveries_too(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    staging.has(stored("One"), stored("Two"))
    project.declare(wanted("One", owner="a"), wanted("Two", owner="b"))
    assert project.run(*APPLY, "--owner", "b").code == 0
    assert sorted(document(project)) == ["Two"]
    assert project.run(*APPLY, "--only", "One").code == 0
    assert sorted(document(project)) == ["One", "Two"]


def test_a_create_whose_answer_was_lost_is_delivered_as_adopted(project: Project, tmp_path: Path) -> None:
    with platform(tmp_path / "lossy.sqlite3", DropConnection(On("POST", "/oauth/clients"), after=True)) as lossy:
        configure(project, lossy, command())
        project.declare(wanted("One"))
        assert project.run(*APPLY).code == 0
        assert events(project) == [("adopted", "One")]
        assert is_right(project, lossy)


def test_a_saved_plan_delivers_and_a_second_try_of_it_delivers_what_is_missing(
    project: Project, staging: Platform
) -> None:
    configure(project, staging, DOCUMENT)
    project.declare(wanted("One"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    assert sorted(document(project)) == ["One"]
    (project.folder / "all.json").unlink()
    ended = project.run("apply", "plan.json")
    assert (ended.code, sorted(document(project))) == (0, ["One"])


def test_the_report_and_the_journal_say_what_was_delivered(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT, command())
    project.declare(wanted("One"))
    project.write("mode", "fail")
    ended = project.run(*APPLY, "--format", "json")
    [instance] = ended.document["instances"]
    assert (ended.code, instance["status"]) == (PARTLY, "incomplete")
    assert [(each["sink"], each["event"], each["status"]) for each in instance["deliveries"]] == [
        ("json all.json", "created", "delivered"),
        ("command store", "created", "failed"),
    ]
    [run] = project.folder.glob(".reconciler/journal/staging/*.jsonl")
    shown = project.run("history", run.stem).out
    assert "One (id 6) delivered to json all.json" in shown
    assert "One (id 6) not delivered to command store: ./store failed with exit status 3" in shown


def test_without_a_journal_a_program_is_not_told_of_clients_that_it_may_have(
    project: Project, staging: Platform
) -> None:
    configure(project, staging, command())
    staging.has(stored("One"))
    project.declare(wanted("One"))
    assert project.run(*APPLY).code == 0
    assert told(project) == []


def test_on_github_every_value_is_masked_before_it_is_delivered(project: Project, staging: Platform) -> None:
    project.environ.setenv("GITHUB_ACTIONS", "true")
    configure(project, staging, DOCUMENT)
    project.declare(wanted("One"), wanted("Two"))
    ended = project.run(*APPLY, "--format", "json")
    secrets = [secret for _, secret in issued(staging.database).values()]
    assert sorted(ended.err.splitlines()) == sorted(f"::add-mask::{secret}" for secret in secrets)
    assert all(secret not in ended.out for secret in secrets)
    assert json.loads(ended.out)["instances"][0]["status"] == "applied"


def test_elsewhere_nothing_is_masked(project: Project, staging: Platform) -> None:
    configure(project, staging, DOCUMENT)
    project.declare(wanted("One"))
    assert project.run(*APPLY).err == ""


def test_one_instance_without_sinks_is_left_alone(project: Project, staging: Platform) -> None:
    project.configure({"staging": at(staging.url)})
    project.declare(wanted("One"))
    ended = project.run(*APPLY, "--format", "json")
    assert (ended.code, ended.document["instances"][0]["deliveries"]) == (0, [])
