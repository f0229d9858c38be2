"""Fingerprints: they tell findings apart, and recognise the same finding in a later run."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring_ascii as quoted

from reconciler.render.view.findings import ReviewFinding


def fingerprints(finding: ReviewFinding, path: str) -> list[str]:
    """Return the fingerprint of each note: 64 hexadecimal digits, unchanged if its entry moves within its file."""
    # A list as `json.dumps` writes it, which takes five times as long.
    where = ", ".join(["null" if each is None else quoted(each) for each in (finding.client, path, *finding.instances)])
    # The text of a finding about a client may contain ids and dates, which must not change its fingerprint.
    named = finding.client is not None
    listed = [f"{quoted(note.code)}, {where}{'' if named else f', {quoted(note.text)}'}" for note in finding.notes]
    return [hashlib.sha256(f"[{each}]".encode()).hexdigest() for each in listed]
