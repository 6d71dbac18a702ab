"""The statistics of a host, as gauges by name."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from os import sysconf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadhost.adapters.host_stats import stats_of

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.context import HostContext

MEMORY = Path("/proc/self/statm")
RESIDENT = 1
"""The index of the resident pages in that file: proc_pid_statm(5)."""


def gauges_of(app: "HostContext") -> Mapping[str, int]:
    """The gauges that codex has, under its names, and then all numbers of the statistics.

    A gauge without a value, such as a limit that is not set, is left out.
    """
    stats = stats_of(app)
    return {
        "app.requests.in_flight": stats.connections.running_requests,
        "app.requests.queued": stats.connections.waiting_requests,
        "app.server_requests.pending": stats.connections.open_questions,
        "core.threads.live": stats.threads.live,
        "core.turns.active": stats.threads.working,
        "core.mailbox.pending": stats.threads.waiting_messages,
        "mcp.connections.live": app.servers.connected,
        **dict(_numbers("host", stats.model_dump(by_alias=True))),
    }


def resident_bytes() -> int | None:
    """The resident memory of this process; None where the system does not report it."""
    with suppress(OSError, ValueError, IndexError):
        return int(MEMORY.read_text().split()[RESIDENT]) * sysconf("SC_PAGE_SIZE")
    return None


def _numbers(path: str, value: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401 - of any depth
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _numbers(f"{path}.{name}", part)
    elif isinstance(value, int):
        yield path, value
