"""Trying again: which requests, after what, how often, and for how long.

urllib3's `Retry` is what judges statuses, spaces the tries out and reads `Retry-After`. The loop is our own, because
the one inside urllib3 ends with an answer's headers (a body that breaks off is not its business), sleeps where nothing
can wake it up, knows no limit in time, and sends even a POST again after errors that it has no name for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep

from urllib3 import Retry
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import RequestHistory

from reconciler.live.http.outcomes import HttpOutcome, HttpResponse, NoResponse
from reconciler.live.http.request import ApiRequest
from reconciler.support.frozen import frozen

LOG = logging.getLogger("reconciler.http")

RETRIES = 4
"""How often a request is tried again at most."""

TIMES = 4
"""All tries of a request and the pauses between them together take at most so many times its time-out."""

# A PUT replaces the whole client, so it may arrive twice. A POST may not: the platform allows equal names, so a second
# one makes a second client. A DELETE need not: what became of it shows in the list, which an apply reads anyway.
_REPEATABLE = frozenset({"GET", "PUT"})

# Not 500: it is also the answer to a missing session and to a missing client, so it is looked into first.
_PASSING = frozenset({429, 502, 503, 504})

_SHORTEST = 1.0
"""Seconds. With less time left another try is not made: its failure would only hide the one that is known."""

_STEP = 0.1
"""Seconds: how soon a pause notices that it is to end."""

Pause = Callable[[float], bool | None]
"""Waits so many seconds, or less if somebody wants it to end; True says not to try again. `time.sleep` is one."""


def pause_unless(stop: Callable[[], bool]) -> Pause:
    """A pause that ends, and the trying with it, soon after `stop` has become true.

    It asks again and again. An event could wake it up at once, but not from a signal's handler: that may have
    interrupted the very thread that holds the event's lock.
    """

    def pause(seconds: float) -> bool:
        end = monotonic() + seconds
        while not stop() and (left := end - monotonic()) > 0:
            sleep(min(left, _STEP))
        return stop()

    return pause


@frozen
class RetryClock:
    """How waiting is done, and by which clock (seconds since whenever, never set back)."""

    pause: Pause = sleep
    clock: Callable[[], float] = monotonic


@frozen
class TimeLimits:
    """Seconds: for one try, and for all of them with the pauses between them."""

    each: float
    total: float

    def for_a_try(self, spent: float) -> float:
        """The seconds that a try may take after so many were spent."""
        return max(min(self.each, self.total - spent), min(self.each, _SHORTEST))

    def allow(self, pause: float, spent: float) -> bool:
        """Whether there is time for a pause and another try."""
        return spent + pause + min(self.each, _SHORTEST) <= self.total


def send_with_retries(
    send: Callable[[float], HttpOutcome], call: ApiRequest, place: str, limits: TimeLimits, retry_clock: RetryClock
) -> HttpOutcome:
    """Send a request until trying again makes no sense, and give the last outcome; `place` is its URL for the log.

    `send` takes the seconds that the try may take. A failure that was tried for more than once says how often and long.
    """
    started = retry_clock.clock()
    policy = _policy(call)
    while True:
        outcome = send(limits.for_a_try(retry_clock.clock() - started))
        if not _may_pass(outcome, call, policy):
            return outcome
        spent = retry_clock.clock() - started
        asked = _asked_for(outcome, policy)
        if not policy.total:
            return _given_up(outcome, policy, spent)
        following = policy.increment(call.method, place)
        seconds = max(following.get_backoff_time(), asked)
        if not limits.allow(seconds, spent):
            return _given_up(outcome, policy, spent, asked)
        _tell(outcome, place, seconds, following)
        if retry_clock.pause(seconds):
            return _given_up(outcome, policy, spent)
        policy = following


def _policy(call: ApiRequest) -> Retry:
    return Retry(
        RETRIES,
        allowed_methods=_REPEATABLE,
        status_forcelist=_PASSING,
        # 1, 2, 4, 8 seconds, and up to one more: eight threads that were turned away together come back apart.
        backoff_factor=0.5,
        backoff_jitter=1.0,
        # The first try, as urllib3 begins to back off only at the second entry.
        history=(RequestHistory(call.method, call.path, None, None, None),),
    )


def _may_pass(outcome: HttpOutcome, call: ApiRequest, policy: Retry) -> bool:
    """Whether the outcome is a failure after which the request may be sent again, with a chance to do better."""
    if isinstance(outcome, HttpResponse):
        return policy.is_retry(call.method, outcome.status)
    # What was never sent may be sent, whatever it is, a login too.
    return not outcome.lasting and (call.method in _REPEATABLE or not outcome.sent)


def _asked_for(outcome: HttpOutcome, policy: Retry) -> float:
    """The seconds that the instance wants us to wait, given as seconds or as a date (RFC 9110 section 10.2.3)."""
    if isinstance(outcome, NoResponse) or outcome.retry_after is None:
        return 0.0
    try:
        return policy.parse_retry_after(outcome.retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0  # nothing that anybody could understand


def _tell(outcome: HttpOutcome, place: str, seconds: float, policy: Retry) -> None:
    what = f"{outcome.status} from {place}" if isinstance(outcome, HttpResponse) else f"{place}: {outcome.why}"
    number = len(policy.history) - 1
    # A warning, since whoever waits in front of a terminal must know for what.
    LOG.warning("%s: trying again in %g s (%d of %d)", what, round(seconds, 1), number, RETRIES)


def _given_up(outcome: HttpOutcome, policy: Retry, spent: float, asked: float = 0.0) -> HttpOutcome:
    tries = len(policy.history)
    tried = f"; tried {tries} times in {spent:.0f} s" if tries > 1 else ""
    if asked:
        tried += f"; it asks us to wait {asked:.0f} s"
    return replace(outcome, tried=tried)
