"""The sink `command`: what a program is given, what it is not given, and every way in which it can fail."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import Secret
from reconciler.secrets.delivery import Deliverer, SinkHolding
from reconciler.secrets.redaction import LEFT_OUT, redacted
from reconciler.secrets.values import DeliveryEvent, SinkState
from tests.secrets.handing import client, deliverer, delivery, text_of

RECORD = """
import json, os, sys
with open("told.jsonl", "a") as file:
    json.dump({
        "input": sys.stdin.read(), "arguments": sys.argv, "environ": dict(os.environ), "folder": os.getcwd(),
        "command": open("/proc/self/cmdline").read() if os.path.exists("/proc") else "",
    }, file)
    file.write("\\n")
"""


def program(folder: Path, body: str, name: str = "sink.py") -> Path:
    """A program of the project, in Python."""
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{body}")
    file.chmod(0o755)
    return file


def opened(folder: Path, body: str | None = None, *, timeout: int = 30, **more: Any) -> Deliverer:
    """The sink of a program with this body."""
    if body is not None:
        program(folder, body)
    return deliverer(folder, {"command": {"run": ["./sink.py", "with", "$HOME"], "timeout": timeout}}, **more)


def told(folder: Path) -> list[dict[str, Any]]:
    """What the recording program was given."""
    return [json.loads(line) for line in (folder / "told.jsonl").read_text().splitlines()]


def failure(sinks: Deliverer, number: int = 17) -> tuple[str, str | None]:
    (done,) = sinks.deliver(delivery(number=number))
    assert done.error is not None
    assert text_of(number) not in done.error.message + (done.error.hint or "")
    return done.error.message, done.error.hint


def test_it_gets_one_line_of_json(tmp_path: Path) -> None:
    created = datetime(2026, 11, 23, 12, tzinfo=UTC)
    opened(tmp_path, RECORD).deliver(
        delivery("Ü ::error::", event=DeliveryEvent.RENAMED, previous_name="U", created_at=created)
    )
    (heard,) = told(tmp_path)
    assert heard["input"].count("\n") == 1
    assert json.loads(heard["input"]) == {
        "version": 1,
        "event": "renamed",
        "instance": "production",
        "url": "https://acme.example.com",
        "owner": "team-portal",
        "name": "Ü ::error::",
        "previous_name": "U",
        "id": 17,
        "secret": text_of(17),
        "created_at": "2026-11-23T12:00:00+00:00",
    }


def test_a_check_and_a_deletion_carry_no_secret(tmp_path: Path) -> None:
    sinks = opened(tmp_path, RECORD)
    assert sinks.problems([client()]) == ()
    assert [done.error for done in sinks.forget(client(), 17)] == [None]
    check, deletion = (json.loads(heard["input"]) for heard in told(tmp_path))
    assert (check["event"], check["name"], check["id"], check["secret"]) == ("check", None, None, None)
    assert (deletion["event"], deletion["name"], deletion["id"], deletion["secret"]) == (
        "deleted",
        "Customer portal",
        17,
        None,
    )
    assert check.keys() == deletion.keys()


def test_the_secret_is_on_no_command_line_and_in_no_environment(tmp_path: Path) -> None:
    opened(tmp_path, RECORD).deliver(delivery())
    (heard,) = told(tmp_path)
    given_elsewhere = json.dumps({**heard, "input": ""})
    assert text_of(17) in heard["input"]
    assert text_of(17) not in given_elsewhere
    assert heard["arguments"][1:] == ["with", "$HOME"]
    assert heard["folder"] == str(tmp_path)


def test_it_inherits_the_environment_without_any_instances_credentials(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PM_USERNAME": "robot", "PM_PASSWORD": "hunter2", "VAULT_TOKEN": "kept"}
    opened(tmp_path, RECORD, environ=environ).deliver(delivery())
    inherited = told(tmp_path)[0]["environ"]
    assert inherited["VAULT_TOKEN"] == "kept"
    assert not {"PM_USERNAME", "PM_PASSWORD"} & inherited.keys()
    assert "hunter2" not in json.dumps(inherited)


def test_a_word_without_a_slash_is_looked_for_in_the_path(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", RECORD, "vault-put")
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    sinks = deliverer(tmp_path, {"command": {"run": ["vault-put"]}}, environ=environ)
    assert [done.error for done in sinks.deliver(delivery())] == [None]
    assert len(told(tmp_path)) == 1


def test_a_program_that_is_missing_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    for word in ("./sink.py", "no-such-program-anywhere"):
        (found,) = deliverer(tmp_path, {"command": {"run": [word]}}).problems([client()])
        assert found.error is not None
        assert found.error.message == f"there is no program {word}"


def test_a_file_beside_the_settings_that_was_named_without_a_slash_is_recognised(tmp_path: Path) -> None:
    program(tmp_path, RECORD)
    (found,) = deliverer(tmp_path, {"command": {"run": ["sink.py"]}}).problems([client()])
    assert found.error is not None
    assert found.error.message == "there is no program sink.py"
    assert found.error.hint == "write `./sink.py`: a name without a slash is looked up on the PATH"


def test_one_that_may_not_be_run_is_said_with_the_way_out(tmp_path: Path) -> None:
    program(tmp_path, "").chmod(0o644)
    assert failure(opened(tmp_path)) == ("./sink.py cannot be run", "chmod +x ./sink.py")


def test_one_without_an_interpreter_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "sink.py").write_text("#!/no/such/interpreter\n")
    (tmp_path / "sink.py").chmod(0o755)
    message, hint = failure(opened(tmp_path))
    assert message == "cannot start ./sink.py: no such file or directory"
    assert hint is not None
    assert "interpreter" in hint


def test_a_failure_is_reported_with_its_exit_status_and_last_words(tmp_path: Path) -> None:
    body = """
import sys
print("one"); print("denied: \\x1b[31m::error::"); sys.stdout.flush()
print(sys.stdin.read(), file=sys.stderr)
sys.exit(3)
"""
    message, hint = failure(opened(tmp_path, body))
    assert message == "./sink.py failed with exit status 3: the secret of 'Customer portal' was not taken"
    assert hint == f"its last output: one | denied: \\u{{1b}}[31m::error:: | {LEFT_OUT}"


def test_a_refused_check_is_a_problem(tmp_path: Path) -> None:
    (found,) = opened(tmp_path, "raise SystemExit('no token')").problems([client()])
    assert found.error is not None
    assert found.error.message == "./sink.py failed with exit status 1: it could not store secrets"
    assert found.error.hint == "its last output: no token"


def test_one_that_is_killed_names_the_signal(tmp_path: Path) -> None:
    message, hint = failure(opened(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    assert message.startswith("./sink.py was killed by SIGKILL: ")
    assert hint == "it said nothing"


HANG = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
with open("pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    message, _ = failure(opened(tmp_path, HANG, timeout=5))  # enough for it to begin
    assert message.startswith("./sink.py was not done after 5 s and was stopped: ")
    pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [pid for pid in pids if is_running(pid)] == []


def test_one_that_leaves_something_running_with_its_output_open_is_not_waited_for(tmp_path: Path) -> None:
    body = """
import os, sys, time
sys.stdin.read()
if os.fork() == 0:
    os.setsid()
    open("pid", "w").write(str(os.getpid()))
    time.sleep(600)
"""
    try:
        (done,) = opened(tmp_path, body).deliver(delivery())
        assert done.error is None
    finally:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        os.kill(int((tmp_path / "pid").read_text()), 9)


def test_a_gigabyte_of_output_neither_stops_the_program_nor_fills_the_memory(tmp_path: Path) -> None:
    import resource

    body = """
import os, sys
sys.stdin.read()
for _ in range(1024):
    os.write(1, b"x" * 1048576)
os.write(2, b"\\nlast words\\n")
sys.exit(4)
"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    message, hint = failure(opened(tmp_path, body, timeout=120))
    assert "failed with exit status 4" in message
    assert hint is not None
    assert hint.endswith("| last words")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB on Linux, bytes on macOS
    assert grown < 100 * 1024 * (1 if sys.platform == "linux" else 1024)


def test_garbage_that_is_no_text_is_shown_harmlessly(tmp_path: Path) -> None:
    body = "import os, sys; os.write(2, bytes(range(256)) * 10); sys.exit(1)"
    _, hint = failure(opened(tmp_path, body))
    assert hint is not None
    assert hint.isprintable()


def test_one_that_ends_well_without_listening_has_stored_nothing(tmp_path: Path) -> None:
    """The input is larger than any pipe holds, so that it is certain who did not read."""
    sinks = opened(tmp_path, "import os; os.close(0)")
    (done,) = sinks.deliver(delivery("x" * 2_000_000))
    assert done.error is not None
    assert "ended without reading its input" in done.error.message


def test_it_does_not_say_what_it_has(tmp_path: Path) -> None:
    assert opened(tmp_path, "").holds(delivery())[0] == SinkHolding("command sink.py", SinkState.UNKNOWN)


SECRETS = st.text(st.sampled_from("abcdefXYZ0123456789+/ü"), min_size=12, max_size=40)
ENCODED: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "backwards": lambda text: text[::-1],
    "upper case": lambda text: text.upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a basic authorization": lambda text: base64.b64encode(f"17:{text}".encode()).decode(),
    "base64 with more around": lambda text: base64.urlsafe_b64encode(f"1{text}23".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "a hex dump": lambda text: text.encode().hex(" ").upper(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "JSON": lambda text: json.dumps({"secret": text}, ensure_ascii=False),
    "a part": lambda text: text[3:11],
}


@pytest.mark.parametrize("encoding", ENCODED)
@given(text=SECRETS, before=st.sampled_from(["", "x", "token="]))
def test_no_line_with_a_piece_of_the_secret_is_shown(encoding: str, text: str, before: str) -> None:
    said = f"first\n{before}{ENCODED[encoding](text)}\nlast"
    assert redacted(said.encode(), Secret(text), 5) == ["first", LEFT_OUT, "last"]


def test_a_line_without_it_is_shown_and_a_long_one_cut() -> None:
    said = "permission denied\n\n" + "y" * 1000
    assert redacted(said.encode(), Secret(text_of(1)), 5) == ["permission denied", "y" * 200]
    assert redacted(b"a\nb\nc\n", None, 2) == ["b", "c"]
