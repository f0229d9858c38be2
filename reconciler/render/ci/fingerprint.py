"""Fingerprints: they tell findings apart, and recognise the same finding in a later run."""

from __future__ import annotations

import hashlib
import json

from reconciler.planning.plan.plan import Note
from reconciler.render.view.findings import ReviewFinding


def fingerprint(finding: ReviewFinding, note: Note, path: str) -> str:
    """Return the fingerprint of a note: 64 hexadecimal digits, unchanged if its entry moves within its file."""
    # The text of a finding about a client may contain ids and dates, which must not change its fingerprint.
    what = [note.code, finding.client, path, *finding.instances, *([] if finding.client is not None else [note.text])]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()
