"""Another tool for the same kind of work, measured in the same rounds: octoDNS, from YAML to YAML, without a network.

It is installed into .bench/octodns if it can be; a benchmark without it says so and goes on.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

PLACE = Path(".bench/octodns")
_CONFIG = """\
providers:
  declared: {class: octodns.provider.yaml.YamlProvider, directory: %(folder)s/declared, enforce_order: false}
  live: {class: octodns.provider.yaml.YamlProvider, directory: %(folder)s/live, enforce_order: false}
zones:
  example.com.: {sources: [declared], targets: [live]}
"""


@cache
def octodns() -> Path | None:
    """The interpreter that has octoDNS; None where it cannot be installed."""
    python = PLACE / "bin" / "python"
    if not python.exists():
        make = [sys.executable, "-m", "venv", str(PLACE)]
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "octodns"]
        for command in (make, install):
            if subprocess.run(command, check=False, capture_output=True).returncode:
                print("octoDNS cannot be installed: it is left out", file=sys.stderr)
                python.unlink(missing_ok=True)
                return None
    return python


def write_zone(folder: Path, number: int) -> list[str]:
    """Write a zone of N records, alike on both sides; the arguments of a plan with nothing to do."""
    lines = (f"host-{each:06}:\n  ttl: 300\n  type: A\n  value: 192.0.2.{each % 250}\n" for each in range(number))
    records = "".join(lines)
    for side in ("declared", "live"):
        (folder / side).mkdir(parents=True)
        (folder / side / "example.com.yaml").write_text(f"---\n{records}", encoding="utf-8")
    config = folder / "octodns.yaml"
    config.write_text(_CONFIG % {"folder": folder}, encoding="utf-8")
    quietly = "import os, sys; sys.stderr = open(os.devnull, 'w'); from octodns.cmds.sync import main; main()"
    return ["-c", quietly, f"--config-file={config}", "--quiet"]


def versions() -> dict[str, str]:
    """Of those that are here, as they name it themselves."""
    asked = {
        "octoDNS": (octodns(), ("-c", "from importlib.metadata import version; print(version('octodns'))")),
    }
    return {
        name: subprocess.check_output([str(program), *arguments], text=True).split()[0]
        for name, (program, arguments) in asked.items()
        if program
    }
