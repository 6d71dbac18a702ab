"""When a failed model call is made again: exponential back-off with full jitter, and its limits."""

from threadhost.actors.models import CallLimits
from threadhost.actors.response import Failure

FIRST_WAIT_MS = 200
DOUBLINGS_MAX = 20
BROKEN_STREAM = "responseStreamDisconnected"


def wait_ms(failure: Failure, failed: int, limits: CallLimits, chance: float) -> int | None:
    """The wait before the next call, in milliseconds; None if there is none.

    `failed` calls failed in a row before this one; `chance` is a number from 0 up to 1. The host
    keeps to a wait that the provider asks for, unless it is longer than the host's own limit.
    """
    is_broken = failure.code == BROKEN_STREAM
    retries_max = limits.stream_retries_max if is_broken else limits.request_retries_max
    if not failure.is_transient or failed >= retries_max:
        return None
    longest_ms = min(FIRST_WAIT_MS << min(failed, DOUBLINGS_MAX), limits.retry_wait_max_ms)
    wanted_ms = failure.retry_after_ms or 0
    if wanted_ms > limits.retry_wait_max_ms:
        return None
    return max(wanted_ms, int(longest_ms * chance) + 1)
