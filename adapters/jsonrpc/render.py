"""The wire forms of threads, turns and items of the log."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import from_json

from threadhost.adapters.jsonrpc.item_rendering import item
from threadhost.adapters.jsonrpc.models.source import (
    OtherSubAgentSource,
    SessionSource,
    SubAgentSessionSource,
    spawned_by,
)
from threadhost.adapters.jsonrpc.models.status import (
    ActiveStatus,
    IdleStatus,
    NotLoadedStatus,
    SystemErrorStatus,
    ThreadStatus,
)
from threadhost.adapters.jsonrpc.models.thread import GitInfo, Thread, ThreadEnvironment
from threadhost.adapters.rollout_path import rollout_path
from threadhost.adapters.version import PROTOCOL_VERSION
from threadhost.events.turn import ErrorRecorded
from threadhost.events.words import AGENT_JOB, PROGRAMS
from threadhost.projections.listing import ThreadRow

if TYPE_CHECKING:
    from threadhost.adapters.history_reader import TurnRead
    from threadhost.adapters.jsonrpc.models.turn import Turn, TurnStatus
    from threadhost.adapters.jsonrpc.models.turn_error import TurnError
    from threadhost.projections.turn_queries import TurnRow

COUNT_MAX = 2**53 - 1
DEPTH_MAX = 2**31 - 1
NUMBERS = ("depth", "created_at_ms", "updated_at_ms", "recency_at_ms")
FLAGS = ("daybreak", "ephemeral", "archived", "listed")
SUBAGENT = "subAgentThreadSpawn"
_STATUS: dict[str, Callable[[], ThreadStatus]] = {
    "notLoaded": NotLoadedStatus,
    "idle": IdleStatus,
    "active": ActiveStatus,
    "waitingOnApproval": lambda: ActiveStatus(active_flags=["waitingOnApproval"]),
    "waitingOnBoth": lambda: ActiveStatus(active_flags=["waitingOnApproval", "waitingOnUserInput"]),
    "waitingOnUserInput": lambda: ActiveStatus(active_flags=["waitingOnUserInput"]),
    "systemError": SystemErrorStatus,
}


@cache
def status(name: str) -> ThreadStatus:
    """The wire form of a thread's status."""
    return _STATUS[name]()


def home_of(folder: Path) -> str:
    """The absolute path of a home, as paths of its rollouts begin."""
    return str(folder.absolute()).rstrip("/")


def thread(row: ThreadRow, state: str, home: str | None) -> Thread:
    """The wire form of a thread, from its row in the view and its state.

    Values of a damaged row are shown as far as possible. `home`, by `home_of`, is the home with its
    rollout; None if it has none.
    """
    try:
        return _thread(row, state, home)
    except (ValidationError, TypeError, ValueError, OverflowError, OSError):
        return _thread(_readable(row), state, home)


def _readable(row: ThreadRow) -> ThreadRow:
    """The row with each value converted to its column's type, for a damaged view."""
    values = row._asdict()
    for name, value in values.items():
        if name in NUMBERS:
            values[name] = count(value) if isinstance(value, int) else 0
        elif name not in FLAGS and value is not None:
            values[name] = str(value)
    return ThreadRow(**values)


def _thread(row: ThreadRow, state: str, home: str | None) -> Thread:
    loaded = state != "notLoaded"
    cwd = row.cwd or "/"
    places = [ThreadEnvironment(environment_id="local", cwd=cwd, runtime_workspace_roots=[cwd])]
    return Thread(
        id=row.id,
        environments=places if loaded else None,
        session_id=row.session_id,
        forked_from_id=row.forked_from_id,
        parent_thread_id=row.parent_id,
        preview=row.preview or "",
        ephemeral=row.ephemeral,
        history_mode="legacy" if row.history_mode == "legacy" else "paginated",
        model_provider=row.model_provider or "",
        model=row.model,
        reasoning_effort=row.effort or None,
        created_at=row.created_at_ms // 1000,
        updated_at=row.updated_at_ms // 1000,
        recency_at=row.recency_at_ms // 1000,
        status=status(state),
        path=_path(row, home),
        cwd=cwd,
        cli_version=PROTOCOL_VERSION,
        originator=row.originator,
        source=_source(row),
        can_accept_direct_input=True if loaded else None,
        thread_source=row.thread_source,
        agent_nickname=row.agent_nickname,
        agent_role=row.agent_role,
        git_info=_git_info(row),
        name=row.name,
        daybreak_enabled=None if row.daybreak is None else bool(row.daybreak),
    )


def _path(row: ThreadRow, home: str | None) -> str | None:
    if home is None or row.ephemeral:
        return None
    return rollout_path(home, row.id, row.created_at_ms, archived=row.archived)


def _git_info(row: ThreadRow) -> GitInfo | None:
    if row.git_sha is row.git_branch is row.git_origin_url is None:
        return None
    return GitInfo(sha=row.git_sha, branch=row.git_branch, origin_url=row.git_origin_url)


def _source(row: ThreadRow) -> SessionSource:
    if row.parent_id is not None and row.source.startswith(AGENT_JOB):
        return SubAgentSessionSource(sub_agent=OtherSubAgentSource(other=row.source))
    if row.parent_id is not None:
        depth = min(row.depth, DEPTH_MAX)
        return spawned_by(row.parent_id, depth, row.agent_nickname, row.agent_role)
    return row.source if row.source in PROGRAMS else "unknown"  # type: ignore[return-value]


def turn_ends(started_at_ms: int, completed_at_ms: int | None) -> dict[str, int | None]:
    """The start and end of a turn in seconds since 1970, and its duration in milliseconds."""
    if completed_at_ms is None:
        return {"started_at": seconds(started_at_ms), "completed_at": None, "duration_ms": None}
    return {
        "started_at": seconds(started_at_ms),
        "completed_at": seconds(completed_at_ms),
        "duration_ms": duration_ms(started_at_ms, completed_at_ms),
    }


def count(number: object) -> int:
    """A number that every client can read: at least 0, and small enough for JavaScript."""
    return min(max(number, 0), COUNT_MAX) if isinstance(number, int) else 0


def duration_ms(started_at_ms: int, completed_at_ms: int) -> int:
    """The time between two times, in milliseconds; at least 0."""
    return count(count(completed_at_ms) - count(started_at_ms))


def seconds(at_ms: int) -> int:
    """A time in milliseconds as the seconds that clients get."""
    return count(at_ms) // 1000


def turn_status(row: "TurnRow") -> "TurnStatus":
    """The status of a turn; `interrupted` if the view's value is unreadable."""
    return _turn_statuses().get(row.status, "interrupted")


@cache
def _turn_statuses() -> "dict[str, TurnStatus]":
    from threadhost.adapters.jsonrpc.models.turn import STATUSES

    return STATUSES


def turn_error(
    message: str, code: str, http_status: int | None, details: str | None = None
) -> "TurnError":
    """The wire form of a turn's error; an impossible HTTP status is left out."""
    from threadhost.adapters.jsonrpc.models.turn_error import TurnError, codex_error_info

    status = http_status if http_status in range(2**16) else None
    return TurnError(
        message=message,
        codex_error_info=codex_error_info(code, status),
        additional_details=details,
    )


def failure(error: ErrorRecorded) -> "TurnError":
    """The wire form of a turn's recorded error."""
    return turn_error(error.message, error.code, error.http_status, error.details)


def turn(read: "TurnRead") -> "Turn":
    """The wire form of a turn, from its row in the view and the items that were read."""
    from threadhost.adapters.jsonrpc.models.turn import Turn

    row, error = read.row, read.error
    return Turn(
        id=row.turn_id,
        root_turn_id=row.root_turn_id or row.turn_id,
        items=[item(from_json(item_json)) for item_json in read.items],
        items_view=read.view,
        status=turn_status(row),
        error=failure(error) if error else None,
        **turn_ends(row.started_at_ms, row.completed_at_ms),
    )
