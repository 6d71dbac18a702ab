"""Whether the system takes far too long to give memory: a bound in ms says nothing then.

Where a hypervisor has taken pages back, the first touch of each may cost a hundred times what it
does elsewhere, and counts as time of the processor.
"""

import time

import pytest

TAKEN_BYTES, CHUNK_BYTES, TRIES = 16 * 2**20, 2**18, 5
TAKEN_MS_MAX = 40
"""To take that much piece by piece and to copy it twice: 26 of pages that had been touched before,
43 to 870 of others, on the day on which this was needed.
"""


def skip_if_slow() -> None:
    """Skip the test whose bound was not kept, if that may be the memory's fault."""
    taken_ms = max(_taken_ms() for _ in range(TRIES))
    if taken_ms > TAKEN_MS_MAX:
        pytest.skip(f"memory is slow here: {TAKEN_BYTES} bytes took {taken_ms:.0f} ms")


def require_below(took_ms: float, most_ms: float) -> None:
    """Fail if it took as long as that, and memory does not."""
    if took_ms >= most_ms:
        skip_if_slow()
    assert took_ms < most_ms


def _taken_ms() -> float:
    began, taken = time.thread_time(), bytearray()
    for _ in range(TAKEN_BYTES // CHUNK_BYTES):
        taken += bytes(CHUNK_BYTES)
    assert bytes(taken).decode()
    return (time.thread_time() - began) * 1000
