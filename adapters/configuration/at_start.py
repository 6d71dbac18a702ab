"""What of a configuration file holds from the next start on; all else, once it is read again."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from threadhost.adapters.configuration.checking import Place, in_general
from threadhost.adapters.configuration.record import Configuration

K = TypeVar("K")
V = TypeVar("V")
AT_START = (
    "features.memories",
    "host.drain_timeout_ms",
    "host.initialize_timeout_ms",
    "host.listen",
    "host.rollouts",
    "host.slow_reader_timeout_ms",
    "host.tree_depth_max",
    "host.tree_size_max",
    "host.tree_width_max",
    "host.ws_auth",
    "memories",
)
"""Keys, and tables with all that is in them."""
MISSING = object()
"""Stands for what is not said; a file says no such thing."""


def needs_restart(key: str) -> bool:
    """Whether a key, as the reference has it, has no effect on a host that runs."""
    return any(key == prefix or key.startswith(f"{prefix}.") for prefix in AT_START)


def differing(before: Configuration, after: Configuration) -> Sequence[Place]:
    """The places where two files do not say the same, in the order of the newer."""
    places = dict.fromkeys((*after.entries, *before.entries))
    old, new = before.entries, after.entries
    return [at for at in places if old.get(at, MISSING) != new.get(at, MISSING)]


def merged(before: Configuration, after: Configuration) -> Configuration:
    """What holds on a host that runs on the first when its file says the second."""
    return after._replace(
        memories=before.memories,
        host=_merged(before.host, after.host, "host.{}".format),
        entries=_merged(before.entries, after.entries, in_general),
    )


def _merged(
    before: Mapping[K, V], after: Mapping[K, V], key_of: Callable[[K], str]
) -> Mapping[K, V]:
    """Of each what holds, by how the reference calls its keys."""
    read_again = {k: v for k, v in after.items() if not needs_restart(key_of(k))}
    return {**read_again, **{k: v for k, v in before.items() if needs_restart(key_of(k))}}
