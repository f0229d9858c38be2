"""Other tools for the same kind of work, measured in the same rounds. A benchmark without one says so and goes on.

- octoDNS, in Python: a plan from YAML to a PowerDNS, played by powerdns.py. It is installed into
  .bench/octodns-powerdns, if it can be.
- decK, in Go: `deck diff` from YAML to a Kong, which is played by kong.py. It is measured where `deck` is installed, as
  `apt-get install deck` does.

Both have as many things to compare as we have clients, the smallest that are of use: a record with an address, a
service with a URL. Both find nothing to do: octoDNS writes nothing, and decK's exit code would be another.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

OCTODNS_MISSING = "octoDNS is not installed (python -m tests.benchmarks --only peers): it is left out"
DECK_MISSING = "decK is not installed (apt-get install deck): it is left out"
PLACE = Path(".bench/octodns-powerdns")
PACKAGES = ("octodns", "octodns-powerdns")
_CONFIG = """\
manager: {plan_outputs: {markdown: {class: octodns.provider.plan.PlanMarkdown}}}
providers:
  declared: {class: octodns.provider.yaml.YamlProvider, directory: %(folder)s/declared, enforce_order: false}
  live: {class: octodns_powerdns.PowerDnsProvider, host: 127.0.0.1, port: %(port)d, api_key: benchmark}
zones:
  example.com.: {sources: [declared], targets: [live]}
"""


PYTHON = PLACE / "bin" / "python"
"""The interpreter that has octoDNS, once it is installed."""


@cache
def octodns() -> Path | None:
    """The interpreter that has octoDNS; None where it cannot be installed."""
    python = PYTHON
    if not python.exists():
        make = [sys.executable, "-m", "venv", str(PLACE)]
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        for command in (make, install):
            if subprocess.run(command, check=False, capture_output=True).returncode:
                print("octoDNS cannot be installed: it is left out", file=sys.stderr)
                python.unlink(missing_ok=True)
                return None
    return python


def write_zone(folder: Path, number: int, url: str) -> list[str]:
    """Write a zone of N records, as the PowerDNS at the URL has them; the arguments of a plan with nothing to do."""
    lines = (f"host-{each:06}:\n  ttl: 300\n  type: A\n  value: 192.0.2.{each % 250}\n" for each in range(number))
    records = "".join(lines)
    (folder / "declared").mkdir(parents=True)
    (folder / "declared" / "example.com.yaml").write_text(f"---\n{records}", encoding="utf-8")
    config = folder / "octodns.yaml"
    config.write_text(_CONFIG % {"folder": folder, "port": urlsplit(url).port}, encoding="utf-8")
    quietly = "import os, sys; sys.stderr = open(os.devnull, 'w'); from octodns.cmds.sync import main; main()"
    return ["-c", quietly, f"--config-file={config}", "--quiet"]


@cache
def deck() -> str | None:
    """The program, where it is installed."""
    found = shutil.which("deck")
    if found is None:
        print(DECK_MISSING, file=sys.stderr)
    return found


def write_services(folder: Path, number: int) -> list[str]:
    """Write a file of N services, as kong.py has them; the arguments of a plan, which ends with 2 if it has changes.

    `retries` stands there because this decK fills in the other defaults, not that one.
    """
    lines = (
        f"- name: application-{each}\n  url: https://app.example.com/applications/{each}/callback\n  retries: 5\n"
        for each in range(number)
    )
    file, settings = folder / "kong.yaml", folder / "deck.yaml"
    file.write_text(f'_format_version: "1.1"\nservices:\n{"".join(lines)}', encoding="utf-8")
    settings.write_text("no-color: true\n", encoding="utf-8")  # instead of what is in the home of who measures
    return ["diff", "--config", str(settings), "--state", str(file), "--non-zero-exit-code"]


def versions() -> dict[str, str]:
    """Of those that are here, as they name it themselves."""
    asked = {
        "octoDNS": (octodns(), ("-c", "from importlib.metadata import version; print(version('octodns'))")),
        "decK": (deck(), ("version",)),
    }
    return {
        name: subprocess.check_output([str(program), *arguments], text=True).removeprefix("decK").split()[0]
        for name, (program, arguments) in asked.items()
        if program
    }
