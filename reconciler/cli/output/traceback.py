"""Tracebacks of bugs: places in the code, never a value, since any value may be a secret."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

from reconciler.cli.output.streams import say


def trace_of(bug: BaseException) -> str:
    """Return where a bug happened, and what led to it: types, files, lines and functions.

    Messages and local variables are left out. No search could prove that they contain no secret: a library may have
    quoted, cut or encoded one.
    """
    return "\n".join(_lines(bug, set())) + "\n"


def _lines(bug: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(bug))
    earlier = bug.__cause__ or (None if bug.__suppress_context__ else bug.__context__)
    if earlier is not None and id(earlier) not in seen:
        yield from _lines(earlier, seen)
        yield "which led to" if bug.__cause__ else "and meanwhile"
    yield f"{type(bug).__module__}.{type(bug).__qualname__}".removeprefix("builtins.")
    trace = bug.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"  {code.co_filename}:{trace.tb_lineno} in {code.co_qualname}"
        trace = trace.tb_next


def silence_tracebacks() -> None:
    """Make the interpreter leave out messages too, where none of our code can catch the exception.

    That is in threads, in finalisers, and before and after `main`.
    """
    sys.excepthook = lambda kind, bug, trace: say(trace_of(bug))
    sys.unraisablehook = lambda found: say(trace_of(found.exc_value) if found.exc_value is not None else "")
    threading.excepthook = lambda found: say(trace_of(found.exc_value) if found.exc_value is not None else "")
