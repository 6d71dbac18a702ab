"""What of a configuration file holds from the next start on; all else, once it is read again."""

from collections.abc import Mapping, Sequence

from threadhost.adapters.configuration.checking import Place, in_general
from threadhost.adapters.configuration.record import Configuration

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
HOST = "host."
MISSING = object()
"""Stands for what is not said; a file says no such thing."""


def needs_restart(key: str) -> bool:
    """Whether a key, as the reference has it, has no effect on a host that runs."""
    return any(key == one or key.startswith(f"{one}.") for one in AT_START)


def differing(before: Configuration, after: Configuration) -> Sequence[Place]:
    """The places where two files do not say the same, in the order of the newer."""
    places = dict.fromkeys((*after.entries, *before.entries))
    old, new = before.entries, after.entries
    return [at for at in places if old.get(at, MISSING) != new.get(at, MISSING)]


def merged(before: Configuration, after: Configuration) -> Configuration:
    """What holds on a host that runs on the first when its file says the second."""
    return after._replace(
        memories=before.memories,
        host={
            **_kept(after.host, from_start=False, prefix=HOST),
            **_kept(before.host, from_start=True, prefix=HOST),
        },
        entries={
            **{
                at: value
                for at, value in after.entries.items()
                if not needs_restart(in_general(at))
            },
            **{at: value for at, value in before.entries.items() if needs_restart(in_general(at))},
        },
    )


def _kept(values: Mapping[str, object], *, from_start: bool, prefix: str) -> Mapping[str, object]:
    return {k: v for k, v in values.items() if needs_restart(f"{prefix}{k}") is from_start}
