"""How many rows of jobs a host works on at once."""

from typing import NamedTuple


class JobPolicy(NamedTuple):
    """Limits over all jobs; each has one of its own, too."""

    host_max: int = 256
    tree_max: int = 64
