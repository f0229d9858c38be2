"""Delivers twenty clients as a process of its own, which can have a small disk or few rights, and prints the outcomes.

Usage: python -m tests.secrets.delivering FOLDER SINKS OWNERS LARGEST_FILE USER
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import pyrage

from reconciler.secrets.sinks import age, command, dotenv, json_file
from tests.secrets.handing import deliverer, many

LOADED = (pyrage, age, command, dotenv, json_file)
"""Before the rights are given up, with which they may not be found any more."""


def main(folder: str, sinks: str, owners: str, largest: str, user: str) -> None:
    """Deliver as this user, who can write no file larger than this many bytes."""
    opened = deliverer(Path(folder), *json.loads(sinks), owners=json.loads(owners), environ=dict(os.environ))
    if int(largest):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
    if int(user):
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    handed = many()
    outcomes = {
        "problems": [str(found.error) for found in opened.problems([each.client for each in handed])],
        "deliveries": [
            [done.sink, str(done.error) if done.error else None] for each in handed for done in opened.deliver(each)
        ],
    }
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
