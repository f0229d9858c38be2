"""What earlier runs began to create and did not finish: how a create goes on with it, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.clients import Listing
from reconciler.model.lines import Capabilities, SecretDisplay
from reconciler.planning.match.blocked import moment
from reconciler.planning.match.match import LiveIndex
from reconciler.planning.plan.plan import Blocked, Change, Create, Note
from reconciler.planning.plan.resume import Resume, ResumeMode
from reconciler.support.text import enumeration, quoted

UNFINISHED = "unfinished-create"
"""Code of notes about what a run began to create and did not finish."""


def resume_of(name: str, index: LiveIndex, capabilities: Capabilities) -> Resume | None:
    """How a create of this name goes on with what is unfinished; None if nothing is.

    Where the secret is shown only once, it begins again, unless the sinks turn out to have the secret.
    """
    ids = sorted((begun.id for begun in index.unfinished(name)), reverse=True)
    if not ids:
        return None
    readable = capabilities.secrets is SecretDisplay.ALWAYS
    return Resume(ResumeMode.FINISH if readable else ResumeMode.RESTART, ids[0], tuple(ids[1:]))


def with_resume(create: Create, resume: Resume | None) -> Create:
    """The create, going on with this unfinished one, and saying so."""
    risks = [risk for risk in create.risks if risk.code != UNFINISHED]
    if resume is not None:
        risks.insert(0, Note(UNFINISHED, _in_words(resume)))
    return replace(create, resume=resume, risks=tuple(risks))


def _in_words(resume: Resume) -> str:
    begun = f"an earlier run began to create it as client {resume.id}"
    if resume.mode is ResumeMode.FINISH:
        gone = f"; {_clients(resume.others)} of that kind {_are(resume.others)} deleted" if resume.others else ""
        return f"{begun}, which is finished now{gone}"
    gone = f"{_clients(resume.deleted)} {_are(resume.deleted)} deleted"
    return f"{begun}, and its secret is not in every sink: {gone}, and another one is created"


def notes_on_unfinished(listing: Listing, changes: Iterable[Change], doubts: Iterable[Blocked]) -> Iterator[Note]:
    """A note for each unfinished create that the plan leaves unchanged."""
    taken = {each for change in changes if isinstance(change, Create) for each in _ids(change.resume)}
    shown = {doubt.name for doubt in doubts if doubt.reason.code == UNFINISHED}
    for begun in listing.unfinished:
        if begun.id not in taken and begun.name not in shown:
            since = f", created {moment(begun.created_at)}" if begun.created_at else ""
            what = f"client {begun.id}, {quoted(begun.name)}, was begun by run {begun.run} and not finished{since}"
            text = f"{what}: no entry needs it, so it is left; remove it on the Auth Clients page"
            yield Note(UNFINISHED, text)


def _ids(resume: Resume | None) -> tuple[int, ...]:
    return (resume.id, *resume.others) if resume is not None else ()


def _are(ids: tuple[int, ...]) -> str:
    return "is" if len(ids) == 1 else "are"


def _clients(ids: tuple[int, ...]) -> str:
    return f"client{'' if len(ids) == 1 else 's'} {enumeration(map(str, ids))}"
