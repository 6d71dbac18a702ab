"""How much slower the machine is just now than usual, by which bounds in milliseconds are widened.

Where a hypervisor has taken pages back, the first touch of each may cost a hundred times what it
does elsewhere, and counts as time of the processor.
"""

import time

TAKEN_BYTES, CHUNK_BYTES, TRIES = 16 * 2**20, 2**18, 3
USUAL_MS = 30.0
"""16 to 39 at rest and beside eight busy programs; 90 to 870 of pages that had been taken back."""


def control_ms() -> float:
    """The processor time, in ms, of taking 16 MiB piece by piece and copying it twice: the worst.

    What was taken is kept until the end: the first try may get pages that who asks has just let go.
    """
    kept, took_ms = list[object](), list[float]()
    for _ in range(TRIES):
        began, taken = time.thread_time(), bytearray()
        for _ in range(TAKEN_BYTES // CHUNK_BYTES):
            taken += bytes(CHUNK_BYTES)
        copied = bytes(taken)
        kept += taken, copied, copied.decode()
        took_ms.append((time.thread_time() - began) * 1000)
    return max(took_ms)


def slowness() -> float:
    """How many times longer than usual the control takes just now; at least 1.0."""
    return max(1.0, control_ms() / USUAL_MS)


def require_below(took_ms: float, most_ms: float) -> None:
    """Fail if it took as long as that, also by what the machine does just now."""
    if took_ms >= most_ms:
        slow = slowness()
        assert took_ms < most_ms * slow, f"while all takes {slow:.1f} times what it does usually"
