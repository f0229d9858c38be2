"""Print what an installation holds, as a CycloneDX 1.6 document: the program and what requirements/run.txt locks."""

from __future__ import annotations

import json
import re
import sys
from uuid import NAMESPACE_URL, uuid5

from reconciler import __version__
from tests.repository.tracked import ROOT

NAME = "processmaker-reconciler"
_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def document(version: str, lock: str) -> dict[str, object]:
    """The document, which depends on nothing but the version and the lock."""
    pins: list[tuple[str, str]] = _PIN.findall(lock)
    program = {**_component(NAME, version), "type": "application", "licenses": [{"license": {"id": "MIT"}}]}
    names = [f"pkg:pypi/{name}@{pinned}" for name, pinned in pins]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{NAME}=={version}{lock}')}",
        "version": 1,
        "metadata": {"component": program},
        "components": [_component(name, pinned) for name, pinned in pins],
        "dependencies": [{"ref": program["bom-ref"], "dependsOn": names}, *({"ref": name} for name in names)],
    }


def _component(name: str, version: str) -> dict[str, object]:
    purl = f"pkg:pypi/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    lock_text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    json.dump(document(__version__, lock_text), sys.stdout, indent=2)
    sys.stdout.write("\n")
