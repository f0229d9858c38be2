"""An apply to an instance that never answers, with the signal handlers of a command line: run by `test_signals`.

The first SIGINT or SIGTERM asks to stop, the second SIGINT is a KeyboardInterrupt. It prints what it hears.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from reconciler.applying.apply import apply_plan
from reconciler.applying.events import ProgressEvent
from reconciler.applying.journal import open_journal
from reconciler.applying.report import DeliveryResult
from tests.applying.test_journal import HEADING, clock
from tests.builders import declare, plan_of, present
from tests.memory_gateway import Gate, MemoryGateway


def main(directory: Path) -> None:
    """Apply ten creates, three at a time, of which none is answered; or all, once a signal has come."""
    stopped = False
    gateway = MemoryGateway()
    gateway.gate = gate = Gate()

    def ask_to_stop(number: int, _: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("stopping", flush=True)
        if number == signal.SIGTERM:
            gate.open()

    def on_progress(event: ProgressEvent) -> None:
        assert not isinstance(event, DeliveryResult)
        print(type(event).__name__, event.change.name, flush=True)

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    plan = plan_of(declare(*(present(f"Made {n}") for n in range(10))), gateway.live)
    with open_journal(directory, HEADING, plan, now=clock()) as journal:
        apply_plan(plan, gateway, journal=journal, on_progress=on_progress, parallelism=3, stop=lambda: stopped)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
