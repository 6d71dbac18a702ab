"""Threads, turns and items of the log in the shapes that clients see."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from threadhost.adapters.jsonrpc.models.source import SessionSource, spawned_by
from threadhost.adapters.jsonrpc.models.status import (
    ActiveStatus,
    IdleStatus,
    NotLoadedStatus,
    SystemErrorStatus,
    ThreadStatus,
)
from threadhost.adapters.jsonrpc.models.thread import GitInfo, Thread, ThreadEnvironment
from threadhost.adapters.version import PROTOCOL_VERSION
from threadhost.events.thread import ThreadSettings
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.listing import ThreadRow

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.base import Notification, Wire
    from threadhost.adapters.jsonrpc.models.item import ThreadItem
    from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile
    from threadhost.adapters.jsonrpc.models.turn import Turn
    from threadhost.adapters.jsonrpc.models.turn_error import TurnError
    from threadhost.adapters.turn_reading import ItemsView, TurnRead

SUBAGENT = "subAgentThreadSpawn"
_STATUS: dict[str, Callable[[], ThreadStatus]] = {
    "notLoaded": NotLoadedStatus,
    "idle": IdleStatus,
    "active": ActiveStatus,
    "waitingOnUserInput": lambda: ActiveStatus(active_flags=["waitingOnUserInput"]),
    "systemError": SystemErrorStatus,
}


@cache
def status(name: str) -> ThreadStatus:
    """The wire form of a thread's status."""
    return _STATUS[name]()


def thread(row: ThreadRow, state: str, turns: "Sequence[Turn]" = ()) -> Thread:
    """A thread as its view has it, in this state."""
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
        created_at=row.created_at_ms // 1000,
        updated_at=row.updated_at_ms // 1000,
        recency_at=row.recency_at_ms // 1000,
        status=status(state),
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
        turns=list(turns),
    )


def _git_info(row: ThreadRow) -> GitInfo | None:
    if row.git_sha is row.git_branch is row.git_origin_url is None:
        return None
    return GitInfo(sha=row.git_sha, branch=row.git_branch, origin_url=row.git_origin_url)


def _source(row: ThreadRow) -> SessionSource:
    if row.parent_id is not None:
        return spawned_by(row.parent_id, row.depth)
    return "vscode" if row.source == "vscode" else "unknown"


def item(stored: dict[str, Any]) -> "ThreadItem":
    """An item as it was recorded, with the keys that clients expect to find."""
    return item_models()[stored["type"]].from_wire(stored)  # type: ignore[return-value]


@cache
def item_models() -> "dict[str, type[Wire]]":
    """The models of the items that this host makes, by type."""
    from threadhost.adapters.jsonrpc.models.message_items import (
        AgentMessageItem,
        ContextCompactionItem,
        ReasoningItem,
        UserMessageItem,
    )
    from threadhost.adapters.jsonrpc.models.tool_items import DynamicToolCallItem

    return {
        "userMessage": UserMessageItem,
        "agentMessage": AgentMessageItem,
        "reasoning": ReasoningItem,
        "dynamicToolCall": DynamicToolCallItem,
        "contextCompaction": ContextCompactionItem,
    }


def turn_ends(started_at_ms: int, completed_at_ms: int | None) -> dict[str, int | None]:
    """When a turn began and ended: seconds, and the duration in milliseconds."""
    return {
        "started_at": started_at_ms // 1000,
        "completed_at": None if completed_at_ms is None else completed_at_ms // 1000,
        "duration_ms": None if completed_at_ms is None else completed_at_ms - started_at_ms,
    }


def turn_error(
    message: str, code: str, http_status: int | None, details: str | None = None
) -> "TurnError":
    """Why a turn failed."""
    from threadhost.adapters.jsonrpc.models.turn_error import TurnError, codex_error_info

    return TurnError(
        message=message,
        codex_error_info=codex_error_info(code, http_status),
        additional_details=details,
    )


def failure(failed: ErrorRecorded) -> "TurnError":
    """Why a turn failed, as the log has it."""
    return turn_error(failed.message, failed.code, failed.http_status, failed.details)


def turn(found: "TurnRead", view: "ItemsView" = "full") -> "Turn":
    """A turn as its view has it, with the items that were read."""
    from threadhost.adapters.jsonrpc.models.turn import Turn

    row, failed = found.row, found.error
    return Turn(
        id=row.turn_id,
        root_turn_id=row.turn_id,
        items=[item(from_json(one)) for one in found.items],
        items_view=view,
        status=row.status,  # type: ignore[arg-type]
        error=failure(failed) if failed else None,
        **turn_ends(row.started_at_ms, row.completed_at_ms),
    )


def settings_updated(thread_id: str, chosen: ThreadSettings) -> "Notification":
    """The news that a thread's next turns have these settings."""
    from threadhost.adapters.jsonrpc.models import settings, thread_settings

    place = ThreadEnvironment(
        environment_id="local", cwd=chosen.cwd, runtime_workspace_roots=[chosen.cwd]
    )
    mode = settings.ModeSettings(
        model=chosen.model,
        reasoning_effort=chosen.effort,
        developer_instructions=chosen.developer_instructions,
    )
    shown = thread_settings.ThreadSettings(
        disabled_plugin_ids=chosen.disabled_plugin_ids,
        cwd=chosen.cwd,
        environments=[place],
        approval_policy=chosen.approval_policy,
        approvals_reviewer=chosen.approvals_reviewer,  # type: ignore[arg-type]
        sandbox_policy=chosen.sandbox,  # type: ignore[arg-type]
        active_permission_profile=profile(chosen),
        model=chosen.model,
        model_provider=chosen.model_provider,
        service_tier=chosen.service_tier,
        effort=chosen.effort,
        summary=chosen.summary,  # type: ignore[arg-type]
        collaboration_mode=settings.CollaborationMode(mode="default", settings=mode),
        personality=chosen.personality,  # type: ignore[arg-type]
    )
    return thread_settings.ThreadSettingsUpdatedNotification(
        thread_id=thread_id, thread_settings=shown
    )


def profile(chosen: ThreadSettings) -> "ActivePermissionProfile | None":
    """The named profile that the sandbox came from, if it did."""
    from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile

    return None if chosen.permissions is None else ActivePermissionProfile(id=chosen.permissions)
