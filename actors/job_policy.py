"""How many rows of jobs a host works on at once."""

from typing import NamedTuple


class JobPolicy(NamedTuple):
    """Limits over all jobs; each has one of its own, too.

    A row waits `wait_ms` after its first attempt, and twice as long after each further one.
    """

    host_max: int = 256
    tree_max: int = 64
    wait_ms: int = 1_000
