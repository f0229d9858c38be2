"""What only a process can show: its streams, its signals, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.projects import (
    SECONDS,
    Platform,
    Project,
    at,
    command,
    environment,
    platform,
    process,
    process_without,
    wanted,
)
from tests.faults import Hold, On
from tests.live.servers import SET_COOKIE, answer, serving
from tests.live.servers import platform as made_of

FULL = Path("/dev/full")
needs_dev_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def test_a_module_is_the_same_program(project: Project) -> None:
    ended = process("--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("reconciler ")


def test_exit_codes_leave_the_process(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert process("plan", "--detailed-exitcode").returncode == 2
    assert process("plan", "--bogus").returncode == 64
    assert process().returncode == 64


def test_results_and_everything_else_keep_to_their_streams(project: Project, staging: Platform) -> None:
    project.write("clients/notes.txt", "a stray file makes a warning")
    project.declare(wanted("One"))
    ended = process("plan", "--format", "json", "-vv")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["kind"] == "plan"
    assert "warning: " in ended.stderr
    assert "GET" in ended.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["schema", "auth-clients"], ["plan"], ["version"]], ids=" ".join)
def test_a_reader_that_leaves_early_sees_no_traceback(
    project: Project, staging: Platform, arguments: list[str]
) -> None:
    project.declare(*(wanted(f"Client {number}") for number in range(9)))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        ended = process(*arguments, stdout=gone)
    assert ended.stderr == ""
    assert ended.returncode == (1 if arguments == ["--help"] else 0)


def test_an_apply_that_nobody_reads_is_done_and_exits_as_ever(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        ended = process("apply", "--instance", "staging", "--yes", stdout=gone)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(staging.clients()) == ["One"]


@needs_dev_full
@pytest.mark.parametrize(
    "arguments", [["--help"], ["schema", "auth-clients"], ["validate", "--format", "json"], ["plan"]]
)
def test_a_full_disk_is_said(project: Project, staging: Platform, arguments: list[str]) -> None:
    project.declare(wanted("One"))
    with FULL.open("wb") as full:
        ended = process(*arguments, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "error: cannot write the output: no space left on device"
    assert "Traceback" not in ended.stderr


@needs_dev_full
def test_a_plan_that_cannot_be_shown_is_not_applied(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    with FULL.open("wb") as full:
        ended = process("apply", "--instance", "staging", "--yes", stdout=full)
    assert ended.returncode == 1
    assert staging.log.writes() == []
    assert staging.asked()[-1] == "GET /logout"


@needs_dev_full
def test_a_report_that_is_lost_after_a_write_does_not_look_like_nothing_written(
    project: Project, staging: Platform
) -> None:
    project.declare(wanted("One"))
    with FULL.open("wb") as full:
        ended = process("apply", "--instance", "staging", "--yes", "--format", "json", stdout=full)
    assert list(staging.clients()) == ["One"]
    assert ended.returncode == 5
    assert "see what is live now" in ended.stderr


@needs_dev_full
def test_messages_that_nobody_can_read_do_not_change_the_exit_code(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    with FULL.open("wb") as full:
        assert process("plan", "--detailed-exitcode", "-v", stderr=full).returncode == 2
        assert process("plan", "--bogus", stderr=full).returncode == 64


@pytest.mark.parametrize("number", [0, 1, 2], ids=["stdin", "stdout", "stderr"])
def test_a_closed_stream_is_like_an_empty_one(project: Project, staging: Platform, number: int) -> None:
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    ended = process_without(number, "apply", "--instance", "box", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert process_without(number, "plan", "--detailed-exitcode").returncode == 0
    assert (project.folder / "box.sqlite3").read_bytes().startswith(b"SQLite format 3")


def test_no_stdin_is_no_terminal(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    ended = process_without(0, "apply")
    assert ended.returncode == 64
    assert "no terminal" in ended.stderr


@pytest.mark.parametrize("environ", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LANG": "C"}])
def test_a_name_that_the_terminal_cannot_show_does_not_end_the_program(
    project: Project, staging: Platform, environ: dict[str, str]
) -> None:
    project.declare(wanted("Größe 📦", "https://a.example.com/cb"))
    ended = process("apply", "--instance", "staging", "--yes", env=environment(**environ))
    assert ended.returncode == 0, ended.stderr
    assert list(staging.clients()) == ["Größe 📦"]


def test_ctrl_c_during_a_plan_logs_out(project: Project, tmp_path: Path) -> None:
    hold = Hold(On("GET", "/oauth/clients"))
    with platform(tmp_path / "slow.sqlite3", hold) as slow:
        project.configure({"staging": at(slow.url)})
        project.declare(wanted("One"))
        with subprocess.Popen(command("plan"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert hold.arrived.wait(SECONDS)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=SECONDS)
        hold.released.set()
        assert (running.returncode, out, err) == (130, "", "interrupted\n")
        assert "GET /logout" in slow.asked()


def _serve(*flags: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command("sandbox", "serve", "--port", "0", *flags), text=True, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_sandbox_prints_its_url_answers_and_stops(project: Project, number: signal.Signals) -> None:
    flags = ("--setting", "password-policies.login_attempts=3", "--platform", "2026", "--upgraded")
    with _serve(*flags) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/login", timeout=SECONDS) as page:
            assert page.status == 200
        serving.send_signal(number)
        out, err = serving.communicate(timeout=SECONDS)
    assert (serving.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_sandbox_keeps_its_database(project: Project) -> None:
    project.declare(wanted("One"))
    codes = []
    for _ in range(2):
        with _serve("--database", "kept.sqlite3") as serving:
            assert serving.stdout is not None
            project.configure({"staging": at(serving.stdout.readline().strip())})
            codes.append(project.run("apply", "--instance", "staging", "--yes", "--format", "json").document)
            serving.terminate()
            serving.communicate(timeout=SECONDS)
    assert [len(document["instances"][0]["changes"]) for document in codes] == [1, 0]


def test_an_error_of_our_own_is_said_without_a_traceback(project: Project) -> None:
    """A site where a module is broken: the program says that it failed, and -vv says where."""
    project.write("broken/jsonschema/__init__.py", "raise ValueError('secret-4711')")
    project.write("broken/yaml/__init__.py", "raise ValueError('secret-4711')")
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    environ = environment(PYTHONPATH=os.pathsep.join(["broken", os.environ.get("PYTHONPATH", "")]))
    ended = process("validate", env=environ)
    assert ended.returncode == 1
    assert "this is a bug" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret-4711" not in ended.stderr
    assert "declared/" in process("validate", "-vv", env=environ).stderr


def test_the_command_and_the_module_agree(project: Project) -> None:
    installed = Path(sys.executable).parent / "reconciler"
    if not installed.exists():
        pytest.skip("the command is not installed beside this Python")
    ended = subprocess.run([installed, "--version"], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert ended.stdout == process("--version").stdout


@pytest.mark.parametrize("age", ["9" * 300, "9" * 400, "9" * 5000])
def test_a_cookie_that_nobody_can_read_is_no_warning(project: Project, age: str) -> None:
    """The HTTP library warns about it with a traceback."""
    headers = f"{SET_COOKIE}Set-Cookie: a=b; Max-Age={age}\r\n"
    unread = answer(200, {"data": []}, headers=headers)
    with serving(made_of(list=unread, scopes=answer(401, {}, headers=headers))) as server:
        project.configure({"staging": at(server.url)})
        project.declare(wanted("Portal"))
        ends = [process("plan", "-i", "staging"), process("doctor", "-i", "staging")]
    for ended in ends:
        assert "Traceback" not in ended.stdout + ended.stderr
        assert "cookiejar" not in ended.stdout + ended.stderr
        assert "this is a bug" not in ended.stderr
    assert ends[0].returncode == 4, "the empty listing is refused, after it was read"


STOP_AT = """
import os, signal, sys
class Stopper:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stopper())
sys.argv[1:] = ["validate"]
from reconciler.__main__ import run
run()
"""


@pytest.mark.parametrize("module", ["reconciler.cli.main", "click", "reconciler.cli.output.signals"])
def test_ctrl_c_while_the_program_is_still_loaded_ends_it_without_a_traceback(project: Project, module: str) -> None:
    code = STOP_AT.format(module=module)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False, cwd=project.folder
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_later_is_said(project: Project) -> None:
    code = STOP_AT.format(module="reconciler.cli.commands.validate")
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False, cwd=project.folder
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")
