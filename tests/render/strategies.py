"""Generated plans and reports: such as planning makes, and such whose every text is hostile."""

from __future__ import annotations

from hypothesis import strategies as st

from reconciler.applying.report import Applied, Failed, Report, Skipped
from reconciler.model.clients import ClientSpec, Grant, Location, UnsupportedClient
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.errors import LoginRefused, NotVerified, Rejected
from reconciler.model.fields import split_urls
from reconciler.planning.guard import Refusal
from reconciler.planning.make_plan import make_plan
from reconciler.planning.plan.plan import Blocked, Create, Delete, Note, Plan, Unmanaged, Update
from tests.strategies import HOSTILE, declarations, listings, policies

_MARKUP = [
    "</code></summary></details>",
    "-->",
    "```",
    "~~~",
    "`` ` ``",
    "\\|",
    "@team/admins",
    "#1",
    "GH-7",
    "www.example.com",
    "mailto:a@b.example",
    "https://evil.example/",
    "![x](https://evil.example/x.png)",
    "&lt;b&gt;",
    "$x$",
    "<details>",
    "\n## Approved\n",
    "]]>",
    "&#10;",
    "\ufffe",
    "\U0001f469\u200d\U0001f4bb" * 40,
    '"} 1\nforged 2',
    "\\n",
    "##vso[task.complete]",
    "##teamcity[x]",
    "%0A::error::x",
    "a,b",
    ",",
    " ",
    "顧客",
    "é",
]
"""What would be markup, a link, a mention, or the end of something, in one format or another."""

_NASTY = st.sampled_from(
    [
        *HOSTILE,
        *_MARKUP,
        "\n",
        "\r\n",
        "\x1b[2J",
        "\u2028",
        "\u202e",
        "::error::x",
        "\n::error::x",
        "顧客",
        "é",
        "a,b",
        ",",
        " ",
    ]
)
texts = st.lists(_NASTY | st.text(st.characters(exclude_categories=()), max_size=6), min_size=1, max_size=3).map(
    "".join
)
"""Anything that fits a name, lone surrogates included."""

locations = st.builds(Location, texts, st.integers(1, 999), st.integers(1, 99))
_grants = st.sets(st.sampled_from(list(Grant)), min_size=1).map(frozenset)
_ids = st.integers(1, 9_999)
# The sentences of a reason or a way out are the program's own; what they quote is not.
_sentences = texts.map(lambda text: f"about {text}")
notes = st.builds(Note, st.just("some-code"), _sentences)
_risks = st.lists(notes, max_size=2).map(tuple)
_owners = st.none() | texts


@st.composite
def _specs(draw: st.DrawFn) -> ClientSpec:
    grants = draw(_grants)
    urls = st.lists(texts, min_size=1, max_size=8).map(",".join)
    return ClientSpec(draw(texts), grants, split_urls(draw(urls) if Grant.AUTHORIZATION_CODE in grants else None))


_changes = st.one_of(
    st.builds(Create, _specs(), notes, locations, _owners, _risks),
    st.builds(Update, _ids, _specs(), _specs(), notes, locations, _owners, _risks),
    st.builds(Delete, _ids, _specs(), notes, st.none() | locations, _owners, _risks),
)
_unmanaged = st.lists(st.builds(Unmanaged, _ids, texts, st.booleans(), st.none() | notes), max_size=12).map(tuple)

wild_plans = st.builds(
    Plan,
    instance=st.sampled_from(["staging", "eu-1.production"]),
    identity=st.just("https://staging.example.com") | texts.map(lambda path: f"embedded:{path}"),
    changes=st.lists(_changes, max_size=5).map(tuple),
    blocked=st.lists(st.builds(Blocked, texts, notes, locations, _sentences), max_size=2).map(tuple),
    unmanaged=_unmanaged,
    ignored=_unmanaged,
    unsupported=st.lists(st.builds(UnsupportedClient, _ids, texts, _sentences), max_size=2).map(tuple),
    notes=st.lists(notes, max_size=2).map(tuple),
    in_sync=st.integers(0, 3),
)
"""Plans that nobody would make, so that every text in them can be anything."""

refusals = st.lists(st.builds(Refusal, st.just("some-guard"), _sentences, _sentences), max_size=2).map(tuple)
errors = st.sampled_from([Rejected, NotVerified, LoginRefused]).flatmap(
    lambda kind: st.builds(kind, _sentences, st.none() | _sentences)
)
diagnostics = st.builds(
    Diagnostic, st.sampled_from(Severity), st.just("some-rule"), _sentences, locations, st.none() | _sentences
)


def plans() -> st.SearchStrategy[Plan]:
    """Plans such as planning makes them."""
    return st.builds(make_plan, declarations(), listings(), policies)


@st.composite
def reports_of(draw: st.DrawFn, plan: Plan) -> Report:
    """Any outcome for each change of a plan."""
    outcomes = [
        draw(
            st.one_of(
                st.builds(Applied, st.just(change), _ids, st.booleans()),
                st.builds(Failed, st.just(change), errors),
                st.builds(Skipped, st.just(change), _sentences),
            )
        )
        for change in plan.changes
    ]
    return Report(tuple(outcomes), draw(st.booleans()), draw(st.none() | texts))
