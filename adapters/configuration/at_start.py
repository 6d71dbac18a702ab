"""The keys of a configuration file that need a restart; all others change with a reload."""

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
"""Stands for a missing value; no file can contain it."""


def needs_restart(key: str) -> bool:
    """Whether a key, as the reference page names it, has no effect on a running host."""
    return any(key == prefix or key.startswith(f"{prefix}.") for prefix in AT_START)


def differing(before: Configuration, after: Configuration) -> Sequence[Place]:
    """The places where two files differ, in the order of the newer one."""
    places = dict.fromkeys((*after.entries, *before.entries))
    old, new = before.entries, after.entries
    return [at for at in places if old.get(at, MISSING) != new.get(at, MISSING)]


def merged(before: Configuration, after: Configuration) -> Configuration:
    """The effective configuration of a host that runs on `before` when it reloads `after`."""
    return after._replace(
        memories=before.memories,
        host=_merged(before.host, after.host, "host.{}".format),
        entries=_merged(before.entries, after.entries, in_general),
    )


def _merged(
    before: Mapping[K, V], after: Mapping[K, V], key_of: Callable[[K], str]
) -> Mapping[K, V]:
    """The values of `after`, except for keys that need a restart."""
    read_again = {k: v for k, v in after.items() if not needs_restart(key_of(k))}
    return {**read_again, **{k: v for k, v in before.items() if needs_restart(key_of(k))}}
