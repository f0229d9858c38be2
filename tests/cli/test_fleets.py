"""Many instances at once: how many requests are under way, whose results are whose, and how a signal ends it."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.projects import (
    SECONDS,
    Platform,
    Project,
    at,
    end_of,
    platform,
    started,
    stored,
    wanted,
)
from tests.cli.terminals import at_a_terminal
from tests.declared.git.repositories import commit, git
from tests.faults import Hold, On, Respond

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGIN, LIST, LOGOUT = "POST /login", "GET /oauth/clients", "GET /logout"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])


@dataclass
class Crowd:
    """Counts the requests that are under way at the same time, over all platforms that it stands before."""

    most: int = 0
    now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def counted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            try:
                time.sleep(0.02)  # so that they meet if they can
                return app(environ, start_response)
            finally:
                with self._lock:
                    self.now -= 1

        return counted


@contextmanager
def fleet(project: Project, folder: Path, faults: Sequence[object]) -> Iterator[list[Platform]]:
    """Platforms `one`, `two`… as the project's instances, a fault for each."""
    with ExitStack() as stack:
        served = [
            stack.enter_context(platform(folder / f"{number}.sqlite3", fault))  # type: ignore[arg-type]
            for number, fault in enumerate(faults)
        ]
        project.configure({f"i{number}": at(each.url, timeout=SECONDS) for number, each in enumerate(served)})
        yield served


def send_and_see_taken(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal and wait until the process has it: as long as it is pending, another one is the same."""
    process.send_signal(number)
    status = Path(f"/proc/{process.pid}/status")
    while any(
        int(line.split()[1], 16) >> (number - 1) & 1
        for line in status.read_text().splitlines()
        if line.startswith(("SigPnd:", "ShdPnd:"))
    ):
        time.sleep(0.01)
    time.sleep(0.3)  # for what is done about it


def _names(ended_document: dict[str, list[dict[str, str]]]) -> list[str]:
    return [each["instance"] for each in ended_document["instances"]]


@pytest.mark.parametrize("parallelism", [1, 3, 64])
def test_no_more_requests_are_under_way_than_were_allowed(project: Project, tmp_path: Path, parallelism: int) -> None:
    crowd = Crowd()
    project.declare(*(wanted(f"Client {number}") for number in range(6)))
    with fleet(project, tmp_path, [crowd] * 4) as served:
        for arguments in (("doctor",), ("observe", "-o", "live.json"), ("plan",), ("apply", "--yes")):
            done = project.run(*arguments, "--all", "--parallelism", str(parallelism))
            assert done.code == 0
        assert [len(each.clients()) for each in served] == [6] * 4
    assert 1 <= crowd.most <= parallelism
    assert (crowd.most > 1) == (parallelism > 1)


def test_the_results_stand_in_the_order_of_the_instances_whichever_answers_first(
    project: Project, tmp_path: Path
) -> None:
    slow = Hold(On("GET", "/oauth/clients"))
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [slow, None, None]) as served:
        threading.Thread(target=_release_after, args=(slow, served[2])).start()
        document = project.run("plan", "--all", "--format", "json").document
    assert _names(document) == ["i0", "i1", "i2"]


def test_the_findings_of_a_fleet_stand_in_the_order_of_the_instances_and_the_next_command_names_all(
    project: Project, tmp_path: Path
) -> None:
    slow = Hold(On("GET", "/oauth/clients"))
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [slow, None, None]) as served:
        threading.Thread(target=_release_after, args=(slow, served[2])).start()
        ended = project.run("doctor", "--all")
        observed = project.run("observe", "--all", "-o", "live.json")
    assert ended.code == 0
    assert re.findall(r"^i\d", ended.out, re.MULTILINE) == ["i0", "i1", "i2"]
    assert ended.out.endswith("\nnext: reconciler plan --all\n")
    assert observed.err.endswith("reconciler plan --live live.json --all\n")


def test_a_terminal_shows_which_instances_have_not_answered(project: Project, tmp_path: Path) -> None:
    slow = Hold(On("GET", "/oauth/clients"))
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [slow, None]) as served:
        threading.Thread(target=_release_after, args=(slow, served[1])).start()
        shown = at_a_terminal("plan", "--all").out
    assert "1 answered; waiting for i0" in shown
    assert "2 instances: 2 with changes" in shown


def _release_after(hold: Hold, other: Platform) -> None:
    """Let the held one go on once the other one has been left."""
    hold.arrived.wait(SECONDS)
    while LOGOUT not in other.asked():
        time.sleep(0.01)
    hold.released.set()


def test_every_instance_gets_its_own_plan(project: Project, tmp_path: Path) -> None:
    project.declare(*(wanted(f"Client {number}", instances=[f"i{number}"]) for number in range(6)))
    with fleet(project, tmp_path, [None] * 6) as served:
        assert project.run("apply", "--all", "--yes").code == 0
        assert [list(each.clients()) for each in served] == [[f"Client {number}"] for number in range(6)]
        again = project.run("plan", "--all", "--detailed-exitcode")
    assert again.code == 0


def test_one_wrong_password_for_many_instances_is_offered_once(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    project.log_in_as("admin", "wrong")
    with fleet(project, tmp_path, [None] * 5) as served:
        done = project.run("plan", "--all", "--parallelism", "5")
        assert done.code == 6
        assert sum(each.asked().count(LOGIN) for each in served) == 1
    refused, others = done.errors
    assert ": cannot log in" in refused
    assert len(re.findall(r"i\d", others.partition(": not tried: i")[0])) == 4


def test_a_reason_that_instances_share_is_written_once_with_a_hint_for_each(project: Project) -> None:
    project.declare(wanted("One"))
    names = {"username_env": "PM_{INSTANCE}_USER", "password_env": "PM_{INSTANCE}_PASSWORD"}
    urls = {f"no-{number}": {"url": f"https://{number}.example.com"} for number in range(3)}
    project.configure(urls, defaults={"credentials": names, "sinks": [{"json": {"path": "all.json"}}]})
    for command in (("plan",), ("observe", "-o", "live.json"), ("export",), ("secrets", "deliver")):
        said = project.run(*command, "--all").only_error()
        assert "error: no-0, no-1 and no-2: cannot log in: " in said
        assert "variable PM_{INSTANCE}_USER (user name) is not set" in said
    assert (
        "\n  export PM_NO_1_USER=<user name>; export PM_NO_1_PASSWORD=<password>\n" in project.run("plan", "--all").err
    )


def test_instances_that_an_observation_lacks_are_observed_with_one_command(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        project.configure({f"i{n}": at(each.url, wave=int(n == 0)) for n, each in enumerate(served)})
        assert project.run("observe", "-i", "i0", "-o", "live.json").code == 0
        ended = project.run("plan", "--live", "live.json", "--all")
        assert "cannot succeed" not in ended.out, "an apply reads the others itself"
        assert ended.only_error().startswith("error: i1 and i2: not observed: ")
        command = ended.err.splitlines()[-1].partition("reconciler ")[2].replace("FILE", "more.json").split()
        assert project.run(*command).code == 0
        assert project.run("plan", "--live", "live.json", "--live", "more.json", "--all").code == 0


def test_a_create_with_a_sink_for_each_instance_is_shown_once(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        found = {f"i{number}": at(each.url) for number, each in enumerate(served)}
        project.configure(found, defaults={"sinks": [{"dotenv": {"path": "{instance}.env"}}]})
        ended = project.run("plan", "--all", "--report", "plan.md")
    assert ended.out.count("+ create") == 1
    assert "on all 3 instances" in ended.out
    assert "dotenv {instance}.env" in ended.out
    assert (project.folder / "plan.md").read_text().count("dotenv {instance}.env") >= 1


def test_what_sinks_of_many_instances_have_is_a_line_each_and_what_they_lack_leads_to_the_next_command(
    project: Project, tmp_path: Path
) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        found = {f"i{number}": at(each.url) for number, each in enumerate(served)}
        project.configure(found, defaults={"sinks": [{"dotenv": {"path": "{instance}.env"}}]})
        project.run("apply", "--all", "--yes")
        fine = project.run("secrets", "deliver", "--all", "--check")
        (project.folder / "i1.env").unlink()
        lacking = project.run("secrets", "deliver", "--all", "--check")
        delivered = project.run(*lacking.out.splitlines()[-1].split()[2:])
    assert fine.out == "".join(f"i{number}  1 up to date\n" for number in range(3))
    assert lacking.code == 1
    assert lacking.out.count("missing     One (id 6)") == 1
    assert delivered.code == 0
    assert (project.folder / "i1.env").exists()


def test_what_defaults_change_for_all_instances_is_said_once_and_a_label_that_moves_where_it_moves(
    project: Project, tmp_path: Path
) -> None:
    project.declare(wanted("One", instances=["label:eu"]))
    names = {"username_env": "PM_USER", "password_env": "PM_PASSWORD"}
    with fleet(project, tmp_path, [None] * 3) as served:
        found = {
            f"i{number}": {"url": each.url, "labels": ["eu"] * (number == 0)} for number, each in enumerate(served)
        }
        project.configure(found, defaults={"credentials": names})
        git(project.folder, "init", "-q")
        commit(project.folder, {}, "Begin")
        project.run("apply", "--all", "--yes")
        found["i0"]["labels"], found["i1"]["labels"] = [], ["eu"]
        for number in range(3):
            project.environ.setenv(f"PM_I{number}", "Admin-pass-1")
        project.configure(
            found, defaults={"credentials": {**names, "password_env": "PM_{INSTANCE}"}, "allow_http": True}
        )
        ended = project.run("plan", "--all", "--base", "HEAD", "--report", "plan.md", "--report", "plan.sarif")
    comment = (project.folder / "plan.md").read_text()
    password = "changes credentials.password_env from 'PM_PASSWORD' to 'PM_{INSTANCE}' since the base"
    for said in (ended.out, comment.replace("&#95;", "_"), (project.folder / "plan.sarif").read_text()):
        assert said.count(password) == said.count("turns allow_http on since the base") == 1
    assert f"! reconciler.yaml {password}\n            on all 3 instances\n" in ended.out
    moves = re.findall(r"^(i\d)  http.*\n  ! reconciler.yaml (\w+) the label 'eu'", ended.out, re.MULTILINE)
    assert moves == [("i0", "removes"), ("i1", "adds")]
    assert "- on `i0`: reconciler.yaml removes the label 'eu' (entries for label:eu now leave it out)" in comment
    assert re.search("Taken out of git, still live\n\n- `One` on `i0`", comment)
    assert "- create `One` on `i1`" in comment


def test_what_was_taken_out_of_git_on_many_instances_is_said_once(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"), wanted("Two"))
    with fleet(project, tmp_path, [None] * 3):
        git(project.folder, "init", "-q")
        commit(project.folder, {}, "Begin")
        project.run("apply", "--all", "--yes")
        project.declare(wanted("Two"))
        ended = project.run("plan", "--all", "--base", "HEAD")
    said = "  * unmanaged  One\n            on all 3 instances\n            the base declares it here at "
    assert ended.out.count("the base declares it here") == ended.out.count(said) == 1
    assert ended.out.count("1 taken out of git, still live") == 3
    assert not re.search(r"^i0  http", ended.out, re.MULTILINE)


def test_a_refusal_that_instances_share_is_said_once_with_a_command_for_all(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        git(project.folder, "init", "-q")
        commit(project.folder, {}, "Begin")
        project.run("apply", "--all", "--yes")
        for each in served[:2]:
            each.change("One", stored("One", "https://person.example.com/cb"))
        refused = project.run("plan", "--all", "--base", "HEAD", "--report", "plan.md")
        [line] = [each for each in refused.out.splitlines() if "reconciler export --update" in each]
        command = line.partition("reconciler ")[2].partition(";")[0].split()
        accepted = project.run(*command)
    assert refused.code == 4
    assert refused.out.count("x refused 'One': drift") == 1
    assert command[-4:] == ["--instance", "i0", "--instance", "i1"]
    assert " ".join(command) in (project.folder / "plan.md").read_text()
    assert accepted.code == 4, "the entry is also for i2"
    assert "Traceback" not in accepted.err


def test_a_sink_that_no_instance_can_use_is_said_once(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        git(project.folder, "init", "-q")
        found = {f"i{number}": at(each.url) for number, each in enumerate(served)}
        project.configure(found, defaults={"sinks": [{"dotenv": {"path": "{instance}.env"}}]})
        ended = project.run("apply", "--all", "--yes", "--report", "apply.md")
    assert ended.code == 4
    [refused] = [line for line in ended.out.splitlines() if "x refused" in line]
    assert "the sink dotenv {instance}.env could not take secrets" in refused
    assert "{instance} stands for the name of the instance" in ended.out.partition("x refused")[2], "its fix has one"
    assert (project.folder / "apply.md").read_text().count("{instance}.env could not take secrets") == 1


def test_after_a_wave_that_failed_the_next_command_is_for_all_that_are_left(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None, Respond(On("POST", "/oauth/clients"), 500), None, None]) as served:
        waves = {f"i{number}": at(each.url, wave=number // 2) for number, each in enumerate(served)}
        project.configure(waves)
        applied = project.run("apply", "--all", "--yes")
        project.configure({**waves, "i1": at("http://127.0.0.1:9", timeout=1)})
        planned = project.run("plan", "--all")
        project.configure({**waves, "i0": {**waves["i0"], "wave": 2}, "i1": at("http://127.0.0.1:9", timeout=1)})
        nothing = project.run("plan", "--all")
    assert applied.code == 5
    assert "error: i2 and i3: not tried: wave 0 did not succeed (i1)\n" in applied.err
    assert "next: reconciler plan --instance i1 --instance i2 --instance i3\n" in applied.out
    later = "wave 0 cannot succeed (i1), so an apply does not write to later waves: i2 and i3\n"
    assert planned.out.endswith(later), "i0 is in sync"
    assert nothing.out.endswith(later), "nor is an apply named that would write nothing"


def test_the_next_command_tries_no_login_again_that_was_refused(project: Project, tmp_path: Path) -> None:
    """Not even where it names many instances: --all would be shorter."""
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 7) as served:
        found = {f"i{number}": at(each.url) for number, each in enumerate(served)}
        wrong = {"username_env": "PM_USER", "password_env": "PM_WRONG"}
        project.environ.setenv("PM_WRONG", "wrong")
        project.configure({**found, "i3": {**found["i3"], "credentials": wrong}})
        said = [project.run(command, "--all") for command in ("plan", "doctor")]
    names = [f"i{number}" for number in range(7) if number != 3]
    for ended in said:
        assert ended.code == 6
        next_command = ended.out.splitlines()[-1]
        assert next_command.split()[3:] == [word for name in names for word in ("--instance", name)]


def test_a_login_that_gets_no_connection_does_not_hold_up_the_others(project: Project, tmp_path: Path) -> None:
    """Between its tries nothing was offered to anybody, so it is another instance's turn."""
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 2) as served:
        nowhere = {"down": at("http://127.0.0.1:9", timeout=4)}  # its last try is made after six seconds or more
        project.configure({**nowhere, "i0": at(served[0].url), "i1": at(served[1].url)})
        with started("plan", "--all", "-vv") as process:
            code, out, err = end_of(process)
    assert code == 1
    assert err.count("/login: 204") == 2
    assert err.rindex("/login: 204") < err.rindex("http://127.0.0.1:9/login: ")
    assert "2 with changes, 1 failed" in out
    assert "error: down: " in err
    assert [each.asked() for each in served] == [[LOGIN, LIST, LOGOUT]] * 2


def test_instances_with_nothing_to_write_are_left_before_anybody_is_asked(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        for each in served[:2]:
            each.has(stored("One"))
        assert project.run("apply", "--all", "--yes").code == 0
        assert [each.asked() for each in served[:2]] == [[LOGIN, LIST, LOGOUT]] * 2


@SIGNALS
@pytest.mark.parametrize("arguments", [("plan", "--all"), ("apply", "--all", "--yes")])
def test_a_signal_while_instances_are_looked_at_ends_the_run_and_logs_out_of_all(
    project: Project, tmp_path: Path, number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    hold = Hold(On("GET", "/oauth/clients"))
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [hold, None, None, None]) as served, started(*arguments) as process:
        assert hold.arrived.wait(SECONDS)
        send_and_see_taken(process, number)  # before the answer comes
        hold.released.set()
        told = "interrupted: nothing was written\n" if arguments[0] == "apply" else "interrupted\n"
        assert end_of(process) == (130, "", told)
        for each in served:
            assert each.asked().count(LOGIN) == each.asked().count(LOGOUT)
            assert each.log.writes() == []


def test_a_second_signal_does_not_wait_for_an_instance_that_hangs(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("GET", "/oauth/clients"))
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [hold, None]), started("plan", "--all") as process:
        assert hold.arrived.wait(SECONDS)
        send_and_see_taken(process, signal.SIGINT)  # else the second one would be none
        process.send_signal(signal.SIGINT)
        assert end_of(process) == (130, "", "interrupted\n")
        hold.released.set()


@SIGNALS
def test_a_signal_lets_the_writes_to_all_instances_finish_and_begins_no_other(
    project: Project, tmp_path: Path, number: signal.Signals
) -> None:
    holds = [Hold(On("POST", "/oauth/clients", numbers={1})) for _ in range(2)]
    project.declare(wanted("One"), wanted("Two"))
    with fleet(project, tmp_path, [*holds, None]) as served:
        project.configure({f"i{n}": at(each.url, timeout=SECONDS, wave=n // 2) for n, each in enumerate(served)})
        with started("apply", "--all", "--yes", "--parallelism", "2") as process:
            assert all(hold.arrived.wait(SECONDS) for hold in holds)
            process.send_signal(number)
            assert process.stderr is not None
            assert process.stderr.readline().startswith(f"{number.name}: no new writes")
            for hold in holds:
                hold.released.set()
            code, out, err = end_of(process)
        assert code == 130
        assert out.count("\ninterrupted · 1 of 2 changes applied") == 2
        assert "error: i2: not tried: interrupted" in err
        assert [len(each.clients()) for each in served] == [1, 1, 0]
        assert [each.asked()[-1] for each in served] == [LOGOUT] * 3


def test_a_second_signal_ends_at_once_though_several_instances_are_written_to(project: Project, tmp_path: Path) -> None:
    holds = [Hold(On("POST", "/oauth/clients", numbers={1})) for _ in range(2)]
    project.declare(wanted("One"))
    with fleet(project, tmp_path, holds), started("apply", "--all", "--yes") as process:
        assert all(hold.arrived.wait(SECONDS) for hold in holds)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        code, _, err = end_of(process)
        assert code == 130
        assert err.endswith("interrupted\n")
        for hold in holds:
            hold.released.set()


def test_the_table_has_a_line_for_each_instance_and_a_last_one_that_counts(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    project.environ.setenv("PM_WRONG", "wrong")
    with fleet(project, tmp_path, [None] * 4) as served:
        served[0].has(stored("One"))
        wrong = {"username_env": "PM_USER", "password_env": "PM_WRONG"}
        project.configure(
            {
                "calm": at(served[0].url),
                "pending": at(served[1].url),
                "stuck": at(served[2].url, frozen="quarter end"),
                "locked-out": at(served[3].url, credentials=wrong),
                "down": at("http://127.0.0.1:9", timeout=1),
            }
        )
        plan = project.run("plan", "--all")
        document = project.run("plan", "--all", "--format", "json").document
        apply = project.run("apply", "--all", "--yes")
    assert _table(plan.out, "5 instances") == [
        "calm        in sync",
        "pending     changes",
        "stuck       refused",
        "locked-out  login refused",
        "down        failed",
    ]
    assert "\n5 instances: 1 in sync, 1 with changes, 1 refused, 1 failed, 1 login refused\n" in plan.out
    assert [document["summary"][key] for key in ("instances", "in_sync", "changes", "refused")] == [5, 1, 1, 1]
    assert [each["result"] for each in document["instances"]][3:] == ["login_refused", "failed"]
    assert "\n5 instances: 1 in sync, 1 applied, 1 refused, 1 failed, 1 login refused\n" in apply.out


def _table(out: str, total: str) -> list[str]:
    """The first two columns of the lines before the one that counts."""
    lines = out[: out.index(f"\n{total}")].rstrip().rsplit("\n\n", 1)[-1].splitlines()
    return [found[0] for line in lines if (found := re.match(r"\S+ +\S+( \S+)?", line))]


def test_of_several_instances_only_those_with_something_to_say_are_shown_in_full(
    project: Project, tmp_path: Path
) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 3) as served:
        served[1].has(stored("One"))
        out = project.run("plan", "--all").out
        alone = project.run("plan", "--instance", "i1").out
    assert out.count("+ create  One\n            on i0 and i2\n") == out.count("+ create") == 1
    assert f"i1  {served[1].url}\n" not in out
    assert "instances:" not in alone
    assert f"i1  {served[1].url}\n" in alone


def test_the_next_command_for_many_instances_says_how_they_were_chosen(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with fleet(project, tmp_path, [None] * 6):
        assert project.run("plan", "--all").out.endswith("next: reconciler apply --all\n")
        assert project.run("plan", "-i", "i?", "--only", "One").out.endswith(
            "next: reconciler apply --instance 'i?' --only One\n"
        )
        assert project.run("plan", "-i", "i0", "-i", "i4").out.endswith("--instance i0 --instance i4\n")


def test_what_is_in_sync_in_a_later_wave_is_not_called_untried(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    ill = Respond(On("POST", "/oauth/clients"), 503)
    with fleet(project, tmp_path, [ill, None]) as served:
        served[1].has(stored("One"))
        project.configure({"ill": at(served[0].url), "late": at(served[1].url, wave=1)})
        done = project.run("apply", "--all", "--yes", "--format", "json")
    assert done.code == 1
    assert [each["status"] for each in done.document["instances"]] == ["incomplete", "planned"]
