"""A stand-in for GitHub's command line program: answers from a file, remembers what it is told, reaches nothing.

Run as `gh`. FAKE_GH names a folder: `state.json` has the answers by path, `calls.jsonl` gets every call, and
`artifacts/RUN/NAME/` holds what can be downloaded.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

HOME = Path(os.environ["FAKE_GH"])
BOT = {"login": "github-actions[bot]"}
VALUED = ("--method", "-f", "--input", "--jq")


def main() -> int:
    """Answer one call."""
    words = sys.argv[1:]
    state = json.loads((HOME / "state.json").read_text())
    record(words)
    match words:
        case ["api", *rest]:
            code = api(rest, state)
        case ["run", "download", run, *rest]:
            code = download(run, rest)
        case ["workflow", "run", *_]:
            code = 0
        case _:
            code = 64
    (HOME / "state.json").write_text(json.dumps(state))
    return code


def record(words: list[str]) -> None:
    """Remember the call."""
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(words) + "\n")


def api(words: list[str], state: dict[str, Any]) -> int:
    """`gh api`: a GET unless it says otherwise."""
    flags: dict[str, list[str]] = {flag: [] for flag in VALUED}
    paths = []
    while words:
        word = words.pop(0)
        if word in VALUED:
            flags[word].append(words.pop(0))
        elif not word.startswith("--"):
            paths.append(word.partition("?")[0])
    (path,) = paths
    fields = dict(field.split("=", 1) for field in flags["-f"])
    if flags["--input"]:
        fields = json.loads(Path(flags["--input"][0]).read_text())
    method = (flags["--method"] or ["GET"])[0]
    if method != "GET":
        return change(method, path, fields, state)
    answer = state.get(path)
    if answer is None:
        sys.stderr.write("gh: Not Found (HTTP 404)\n")
        return 1
    if isinstance(answer, str):
        sys.stdout.buffer.write((HOME / answer).read_bytes())
    else:
        print(json.dumps(chosen(answer, fields)))
    return 0


def chosen(answer: Any, fields: dict[str, str]) -> Any:
    """The pull requests of one branch, as GitHub filters them; everything else as it is."""
    if "head" not in fields:
        return answer
    return [each for each in answer if f"{each['head']['user']}:{each['head']['ref']}" == fields["head"]]


def change(method: str, path: str, fields: dict[str, str], state: dict[str, Any]) -> int:
    """Comments and issues that are made and edited; an issue that is closed is not listed any more."""
    if method == "POST":
        made = state.setdefault(path, [])
        number = 1000 + len(made)
        made.append({"id": number, "number": number, "user": BOT, **fields})
        return 0
    number = int(path.rpartition("/")[2])
    found = [
        (name, each)
        for name, listed in state.items()
        if name.endswith(("/comments", "/issues")) and isinstance(listed, list)
        for each in listed
        if each["id"] == number
    ]
    ((name, thing),) = found
    thing.update(fields)
    if thing.get("state") == "closed":
        state[name].remove(thing)
    return 0


def download(run: str, words: list[str]) -> int:
    """`gh run download RUN --pattern GLOB --dir DIR`: each artifact into a folder of its name."""
    named = dict(zip(words[::2], words[1::2], strict=True))
    kept = sorted((HOME / "artifacts" / run).glob(named["--pattern"]))
    for each in kept:
        shutil.copytree(each, Path(named["--dir"]) / each.name)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
