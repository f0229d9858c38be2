"""`python -m reconciler`, and the program of an installation."""

from __future__ import annotations

import gc
import signal
from typing import NoReturn


def run() -> NoReturn:
    """Run the program with the process's arguments and end the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until `main` can say that it was interrupted, Ctrl-C ends the process without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # before the program itself does: to import it is most of what a short run does
    from reconciler.cli.main import run as run_program

    run_program()


if __name__ == "__main__":
    run()
