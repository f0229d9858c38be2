"""What tells a finding from others, and one of today from the same of yesterday."""

from __future__ import annotations

import hashlib
import json

from reconciler.planning.plan.plan import Note
from reconciler.render.view.findings import ReviewFinding


def fingerprint(finding: ReviewFinding, note: Note, path: str) -> str:
    """Of a note: 64 hexadecimal digits, the same wherever in its file the entry stands by now."""
    # The text of a finding about a client may hold ids and dates; what it is about does not change with them.
    what = [note.code, finding.client, path, *finding.instances, *([] if finding.client is not None else [note.text])]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()
