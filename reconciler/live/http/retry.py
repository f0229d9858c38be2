"""Retry policy: which requests are retried, after which failures, how often and for how long.

urllib3's `Retry` decides by status, computes the pauses and parses `Retry-After`. The loop is our own, because
urllib3's ends with the response's headers (it does not retry when the body breaks off), sleeps without a way to
interrupt it, has no total time limit, and resends even a POST after errors that it cannot classify.
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
"""Maximum number of retries of a request."""

TOTAL_TIMEOUT_FACTOR = 4
"""All attempts of a request, with the pauses between them, take at most this many times its timeout."""

# A PUT replaces the whole client, so it may arrive twice. A POST may not: the platform allows equal names, so a second
# one creates a second client. A DELETE needs no retry: the listing, which an apply reads anyway, shows its result.
_REPEATABLE = frozenset({"GET", "PUT"})

# Not 500: it is also the response to a missing session or a missing client, so its cause is examined first.
_RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})

_SHORTEST = 1.0
"""Seconds. With less time left there is no retry: its failure would only hide the one that is known."""

_STEP = 0.1
"""Seconds between two checks whether a pause should end."""

Pause = Callable[[float], bool | None]
"""Waits the given seconds, or less if interrupted; returns True to stop retrying. `time.sleep` is one."""


def pause_unless(stop: Callable[[], bool]) -> Pause:
    """Return a pause that ends, and stops retrying, soon after `stop` becomes true.

    It polls. An event could wake it at once, but not from a signal handler: that may have interrupted the very thread
    that holds the event's lock.
    """

    def pause(seconds: float) -> bool:
        end = monotonic() + seconds
        while not stop() and (left := end - monotonic()) > 0:
            sleep(min(left, _STEP))
        return stop()

    return pause


@frozen
class RetryClock:
    """How to wait, and a monotonic clock in seconds."""

    pause: Pause = sleep
    clock: Callable[[], float] = monotonic


@frozen
class TimeLimits:
    """Limits in seconds: for one attempt, and for all attempts with the pauses between them."""

    each: float
    total: float

    def for_a_try(self, spent: float) -> float:
        """The seconds that an attempt may take after `spent` seconds."""
        return max(min(self.each, self.total - spent), min(self.each, _SHORTEST))

    def allow(self, pause: float, spent: float) -> bool:
        """Whether there is time for a pause and another attempt."""
        return spent + pause + min(self.each, _SHORTEST) <= self.total


class RetryLog:
    """Tells a user why requests to one instance are tried again: of many that fail alike, once in a while."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        """When each reason was told last."""

    def tell(self, what: str, reason: str) -> None:
        """Log one failure: as a warning, since a user who waits at a terminal must know for what."""
        now = monotonic()
        is_new = now - self._told.get(reason, -_QUIET) >= _QUIET
        if is_new:
            self._told[reason] = now
        LOG.log(logging.WARNING if is_new else logging.INFO, "%s", what)


_QUIET = 10.0
"""Seconds for which a reason is not told again: an outage meets every request that is under way."""


def send_with_retries(  # noqa: PLR0913  (what a request is, and how it is sent)
    send: Callable[[float], HttpOutcome],
    call: ApiRequest,
    place: str,
    limits: TimeLimits,
    retry_clock: RetryClock,
    *,
    log: RetryLog,
) -> HttpOutcome:
    """Send a request until a retry makes no sense, and return the last outcome; `place` is its URL for the log.

    `send` takes the seconds that the attempt may take. A failure after several attempts says how many and how long.
    """
    started = retry_clock.clock()
    policy = _policy(call)
    while True:
        outcome = send(limits.for_a_try(retry_clock.clock() - started))
        if not _is_retryable(outcome, call, policy):
            return outcome
        spent = retry_clock.clock() - started
        asked = _asked_for(outcome, policy)
        if not policy.total:
            return _with_attempts(outcome, policy, spent)
        following = policy.increment(call.method, place)
        seconds = max(following.get_backoff_time(), asked)
        if not limits.allow(seconds, spent):
            return _with_attempts(outcome, policy, spent, asked)
        _tell(outcome, place, seconds, following, log)
        if retry_clock.pause(seconds):
            return _with_attempts(outcome, policy, spent)
        policy = following


def _policy(call: ApiRequest) -> Retry:
    return Retry(
        RETRIES,
        allowed_methods={call.method if _may_repeat(call) else "none"},
        status_forcelist=_RETRYABLE_STATUSES,
        # 1, 2, 4, 8 seconds plus up to one, so that eight threads rejected together do not retry together.
        backoff_factor=0.5,
        backoff_jitter=1.0,
        # The first attempt: urllib3 backs off only from the second entry on.
        history=(RequestHistory(call.method, call.path, None, None, None),),
    )


def _is_retryable(outcome: HttpOutcome, call: ApiRequest, policy: Retry) -> bool:
    """Whether the outcome is a failure after which a retry is safe and may succeed."""
    if isinstance(outcome, HttpResponse):
        return policy.is_retry(call.method, outcome.status)
    # A request that was never sent may be sent again, whatever it is, even a login.
    return not outcome.permanent and (_may_repeat(call) or not outcome.sent)


def _may_repeat(call: ApiRequest) -> bool:
    return call.method in _REPEATABLE if call.repeatable is None else call.repeatable


def _asked_for(outcome: HttpOutcome, policy: Retry) -> float:
    """The seconds that `Retry-After` asks for, given as seconds or as a date (RFC 9110 section 10.2.3)."""
    if isinstance(outcome, NoResponse) or outcome.retry_after is None:
        return 0.0
    try:
        return float(policy.parse_retry_after(outcome.retry_after))
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0  # an invalid value


def _tell(outcome: HttpOutcome, place: str, seconds: float, policy: Retry, log: RetryLog) -> None:
    reason = str(outcome.status) if isinstance(outcome, HttpResponse) else outcome.why
    what = f"{reason} from {place}" if isinstance(outcome, HttpResponse) else f"{place}: {reason}"
    number = len(policy.history) - 1
    # One request that waits longer and longer is told each time.
    log.tell(f"{what}: trying again in {round(seconds, 1):g} s ({number} of {RETRIES})", f"{number} {reason}")


def _with_attempts(outcome: HttpOutcome, policy: Retry, spent: float, asked: float = 0.0) -> HttpOutcome:
    tries = len(policy.history)
    tried = f"; tried {tries} times in {spent:.0f} s" if tries > 1 else ""
    if asked:
        tried += f"; it asks us to wait {asked:.0f} s"
    return replace(outcome, tried=tried)
