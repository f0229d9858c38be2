"""Find names that read like other names: letters of another script that look Latin, and doubled blanks.

Names that differ in case, normalisation or invisible characters are blocked as lookalikes (planning/match). What looks
alike beyond that depends on the font, so it is only noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.model.clients import ClientSpec
from reconciler.planning.match.match import LiveIndex
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Update
from reconciler.support.text import quoted

# From confusables.txt of Unicode Technical Standard 39: the letters that most fonts draw like a Latin one.
_ALPHABETS = (
    # Cyrillic
    ("АВЕЅІЈКМНОРСТУХԌԚԜѴӀҮ", "ABESIJKMHOPCTYXGQWVIY"),
    ("аеорсухѕіјһԁԛԝѵүӏ", "aeopcyxsijhdqwvyl"),
    # Greek
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ", "ABEZHIKMNOPTYXCM"),
    ("αγινορσυϲϳ", "ayivopoucj"),
    # Armenian
    ("ՍՏԼՕսօհոզցյ", "USLOuohnqgj"),
    # Cherokee
    ("ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", "ABCDEGHJKLMPRSTVWZ"),
    # Latin letters that are drawn like the usual ones
    ("ɑɡɩᴄᴏᴜᴠᴡᴢ", "agicouvwz"),
)
_LATIN: Mapping[str, str] = {odd: latin for theirs, ours in _ALPHABETS for odd, latin in zip(theirs, ours, strict=True)}
_TO_LATIN = str.maketrans(dict(_LATIN))

_BLANKS = "[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_NAMED = 3
"""Characters that a note names; it counts the others."""


def notes_on_confusables(changes: Iterable[Change], index: LiveIndex) -> Iterator[Note]:
    """A note for each name that a change gives to a client and that people may read as another name."""
    found = [(name, oddities) for name in _new_names(changes) if (oddities := _oddities(name))]
    if not found:
        return
    names = {_reading(client.name): client.name for client in sorted(index.all, key=lambda client: client.id)}
    for name, oddities in found:
        text = f"the name {quoted(name)} can be mistaken for another one: it has {' and '.join(oddities)}"
        twin = names.get(_reading(name), name)
        yield Note("name-confusable", f"{text}; {quoted(twin)} is live" if twin != name else text)


def _new_names(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        match change:
            case Create(after=ClientSpec(name=name), replaces=None):
                yield name
            case Update(before=before, after=after) if before.name != after.name:
                yield after.name
            case Create() | Update() | Delete():
                pass


def _oddities(name: str) -> list[str]:
    """What in a name reads like something else, in words."""
    if name.isascii() and "  " not in name:
        return []
    letters = list(dict.fromkeys(_foreign_letters(name)))
    return [*([_in_words(letters)] if letters else []), *_doubled_blanks(name)]


def _foreign_letters(name: str) -> Iterator[str]:
    """The letters that look like those around them, and are of another script."""
    if _reads_latin(name):
        yield from (c for c in name if c in _LATIN)
        return
    for word in re.findall(r"[^\W\d_]+", name):
        if any(map(_is_latin, word)) and not _LATIN.keys().isdisjoint(word):
            yield from (c for c in word if (c in _LATIN if _reads_latin(word) else c in _LATIN.values()))


def _reads_latin(name: str) -> bool:
    return all(c in _LATIN or _is_latin(c) for c in name if c.isalpha())


def _is_latin(letter: str) -> bool:
    if letter.isascii():
        return letter.isalpha()
    import unicodedata  # a separate library, which few names need

    return unicodedata.name(letter, "").startswith("LATIN ") and letter not in _LATIN


def _in_words(letters: Sequence[str]) -> str:
    import unicodedata

    words = [f"U+{ord(c):04X} ({unicodedata.name(c)}){_likeness(c)}" for c in letters[:_NAMED]]
    more = [f"{len(letters) - _NAMED} more such letters"] if len(letters) > _NAMED else []
    return ", ".join(words + more)


def _likeness(letter: str) -> str:
    return f" like '{_LATIN[letter]}'" if letter in _LATIN else " among letters of another script"


def _doubled_blanks(name: str) -> Iterator[str]:
    for blanks in re.finditer(f"{_BLANKS}{{2,}}", name):
        yield f"{len(blanks[0])} blanks in a row after {quoted(name[: blanks.start()])}"
        return


def _reading(name: str) -> str:
    """What people read: the key of two names that they would mix up."""
    return re.sub(f"{_BLANKS}+", " ", name.translate(_TO_LATIN)).casefold()
