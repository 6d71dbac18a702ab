"""Writes events as lines of a rollout file, in the forms that codex tools read."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from threadhost.adapters.version import PROTOCOL_VERSION
from threadhost.events.base import Event, Recorded
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.fork import is_inherited
from threadhost.events.goal import GoalObjectiveSet, GoalUpdated
from threadhost.events.imported import ThreadImported, is_imported
from threadhost.events.model_input import encoded, local_pictures
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.picture import PicturesRead
from threadhost.events.revert import ThreadReverted
from threadhost.events.settings import ThreadSettings
from threadhost.events.thread import ThreadConfigured, ThreadStarted
from threadhost.events.turn import (
    LOCAL_PICTURE,
    ItemRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
    parts,
)
from threadhost.events.usage import Usage

MARK = re.compile(rb'\{"timestamp":"[^"]{20,30}","threadhost":\{"version":(\d{1,18})\},')
"""The beginning of a line that marks the file as intact up to a version of its thread's stream."""
WORDS_OF_SANDBOXES = {
    "dangerFullAccess": "danger-full-access",
    "readOnly": "read-only",
    "workspaceWrite": "workspace-write",
    "externalSandbox": "external-sandbox",
}
MILLISECONDS = 1000
Body = tuple[str, Mapping[str, Any] | bytes]
"""The type of a line and its payload, which may be JSON already."""


class Context(NamedTuple):
    """Data of earlier events of a stream that later lines repeat."""

    started: ThreadStarted | None = None
    at_ms: int = 0
    """When the thread began."""
    last_message_ms: int = 0
    """The time of its newest imported record."""
    settings: ThreadSettings | None = None
    turns: int = 0
    goal: str = ""
    last_message: str | None = None
    """The agent's last message in the turn."""
    pictured: tuple[ItemRecorded, ...] = ()
    """Messages of the turn whose pictures are not read yet; they are written with the pictures."""


OF_CONTEXT = (
    *(ThreadStarted, ThreadImported, ThreadConfigured, TurnStarted, ThreadReverted),
    GoalObjectiveSet,
)
"""The types of events that change a context."""


def advance_context(context: Context, facts: Iterable[Recorded]) -> Context:
    """The context after these facts."""
    for fact in facts:
        change = _CONTEXT.get(type(fact.event))
        if isinstance(fact.event, ThreadStarted):
            context = context._replace(started=fact.event, at_ms=fact.meta.recorded_at_ms)
        elif (began_ms := began_elsewhere(fact)) is not None:
            context = context._replace(at_ms=began_ms, last_message_ms=began_ms)
        elif change is not None:
            context = change(context, fact.event)
    return context


def began_elsewhere(fact: Recorded) -> int | None:
    """When the thread began in another program, if this event says so."""
    event = fact.event
    is_it = isinstance(event, ThreadImported) and not is_inherited(fact)
    return event.created_at_ms if is_it and isinstance(event, ThreadImported) else None


def _when(context: Context, fact: Recorded) -> int:
    """The time of a record; for an imported one, as far as it is known."""
    if not is_imported(fact.meta):
        return fact.meta.recorded_at_ms
    event = fact.event
    at_ms = getattr(event, "completed_at_ms", None) or getattr(event, "started_at_ms", None)
    if isinstance(event, ItemRecorded):
        at_ms = event.item.get("completedAtMs")
    return max(context.last_message_ms, at_ms) if type(at_ms) is int else context.last_message_ms


def render_lines(
    context: Context, facts: Iterable[Recorded], *, is_new: bool
) -> tuple[Context, bytes]:
    """The lines of these facts, and the context after them.

    A file that `is_new` begins with a line on the thread, before its first content.
    """
    lines: list[bytes] = []
    for fact in facts:
        bodies = list(_bodies(context, fact))
        context = advance_context(context, (fact,))
        if bodies and is_new and context.started is not None:
            lines.append(_line(context.at_ms, 0, *_meta(context)))
            is_new = False
        elif bodies and is_new:
            continue  # without the thread's start nothing can be written
        marks = [*[None] * (len(bodies) - 1), fact.version]
        at_ms = _when(context, fact)
        context = context._replace(last_message_ms=at_ms)
        lines += [_line(at_ms, mark, *body) for mark, body in zip(marks, bodies, strict=False)]
    return context, b"".join(lines)


def time_of(at_ms: int) -> str:
    """A time in the format of rollout files."""
    when = datetime.fromtimestamp(at_ms / MILLISECONDS, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(at_ms: int, version: int | None, kind: str, payload: Mapping[str, Any] | bytes) -> bytes:
    mark = b"" if version is None else b'"threadhost":{"version":%d},' % version
    body = payload if isinstance(payload, bytes) else to_json(payload, inf_nan_mode="null")
    at = time_of(at_ms).encode()
    return b'{"timestamp":"%b",%b"type":"%b","payload":%b}\n' % (at, mark, kind.encode(), body)


def _bodies(context: Context, fact: Recorded) -> Iterator[Body]:
    """The bodies of an event's lines: what clients were sent, and what a model is shown."""
    event = fact.event
    if not isinstance(event, Event) or _waits(event):
        return
    for message in context.pictured:
        if _is_told_with(message, event):
            urls = event.urls if isinstance(event, PicturesRead) else {}
            yield from (("response_item", line.json) for line in encoded(message, pictures=urls))
            yield from _item(context, message)
    kind = GoalUpdated if isinstance(event, GoalUpdated) else type(event)
    make = _OF_EVENTS.get(kind)
    if make is not None:
        yield from make(context, event)
    for line in encoded(event):
        if line.kind != "nothing":
            yield "response_item", line.json


def _waits(event: Event) -> bool:
    """Whether a message is written later, with its pictures, as a model is shown it."""
    return isinstance(event, ItemRecorded) and bool(local_pictures(event))


def _is_told_with(message: ItemRecorded, event: Event) -> bool:
    """Whether the message's pictures are here; the end of a turn does not wait for them."""
    is_read = isinstance(event, PicturesRead) and event.item_id == message.item_id
    return is_read or isinstance(event, TurnCompleted)


def _meta(context: Context) -> Body:
    started, settings = context.started, context.settings
    assert started is not None  # the caller has checked  # noqa: S101
    meta: dict[str, Any] = {
        "session_id": started.session_id,
        "id": started.thread_id,
        "forked_from_id": started.forked_from_id,
        "parent_thread_id": started.parent_id,
        "timestamp": time_of(context.at_ms),
        "cwd": settings.cwd if settings else "/",
        "originator": settings.originator if settings else "",
        "cli_version": PROTOCOL_VERSION,
        "source": _source(started, settings),
        "thread_source": settings.thread_source if settings else None,
        "agent_nickname": settings.agent_nickname if settings else None,
        "agent_role": settings.agent_role if settings else None,
        "model_provider": settings.model_provider if settings else None,
        "base_instructions": _instructions(settings),
        "dynamic_tools": (settings.dynamic_tools or None) if settings else None,
        "history_mode": "legacy",
    }
    return "session_meta", {name: value for name, value in meta.items() if value is not None}


def _instructions(settings: ThreadSettings | None) -> Mapping[str, str] | None:
    text = settings.base_instructions if settings else None
    return None if text is None else {"text": text}


def _source(started: ThreadStarted, settings: ThreadSettings | None) -> object:
    if started.parent_id is None:
        return started.source
    spawned = {
        "parent_thread_id": started.parent_id,
        "depth": started.depth,
        "agent_path": None,
        "agent_nickname": settings.agent_nickname if settings else None,
        "agent_role": settings.agent_role if settings else None,
    }
    return {"subagent": {"thread_spawn": spawned}}


def _turn_started(context: Context, event: TurnStarted) -> Iterator[Body]:
    yield (
        "event_msg",
        {
            "type": "task_started",
            "turn_id": event.turn_id,
            "root_turn_id": event.root_turn_id or event.turn_id,
            "started_at": event.started_at_ms // MILLISECONDS,
            "model_context_window": None,
            "collaboration_mode_kind": "default",
        },
    )
    settings = context.settings
    if settings is not None:
        yield "turn_context", _turn_context(event, settings)


def _turn_context(event: TurnStarted, settings: ThreadSettings) -> Mapping[str, Any]:
    sandbox = WORDS_OF_SANDBOXES.get(str(settings.sandbox.get("type")), "read-only")
    policy = settings.approval_policy
    return {
        "turn_id": event.turn_id,
        "root_turn_id": event.root_turn_id or event.turn_id,
        "cwd": settings.cwd,
        "approval_policy": policy if isinstance(policy, str) else "on-request",
        "sandbox_policy": {"type": sandbox},
        "model": settings.model,
        **({"effort": settings.effort} if settings.effort else {}),
        "summary": settings.summary or "auto",
    }


def _item(context: Context, event: ItemRecorded) -> Iterator[Body]:
    make = _OF_ITEMS.get(event.type)
    if make is not None:
        yield "event_msg", make(event.item)


def _user_message(item: Mapping[str, Any]) -> Mapping[str, Any]:
    content = parts(item, "content")

    def of(kind: str, key: str) -> list[str]:
        return [str(part.get(key)) for part in content if part.get("type") == kind]

    return {
        "type": "user_message",
        "message": "\n".join(of("text", "text")),
        "images": of("image", "url"),
        "local_images": of(LOCAL_PICTURE, "path"),
        "text_elements": [],
    }


def _agent_message(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "agent_message",
        "message": str(item.get("text") or ""),
        "phase": item.get("phase"),
        "memory_citation": None,
    }


def _reasoning(item: Mapping[str, Any]) -> Mapping[str, Any]:
    summary = item.get("summary")
    texts = summary if isinstance(summary, list) else []
    return {"type": "agent_reasoning", "text": "\n\n".join(map(str, texts))}


def _turn_completed(context: Context, event: TurnCompleted) -> Iterator[Body]:
    ends = {
        "turn_id": event.turn_id,
        "root_turn_id": event.root_turn_id or event.turn_id,
        "started_at": event.started_at_ms // MILLISECONDS,
        "completed_at": event.completed_at_ms // MILLISECONDS,
        "duration_ms": max(0, event.completed_at_ms - event.started_at_ms),
    }
    if event.outcome == "interrupted":
        yield "event_msg", {"type": "turn_aborted", "reason": "interrupted", **ends}
    else:
        last = {"last_agent_message": context.last_message}
        yield "event_msg", {"type": "task_complete", **last, **ends}


def _usage(context: Context, event: UsageRecorded) -> Iterator[Body]:
    info = {
        "total_token_usage": _tokens(event.total),
        "last_token_usage": _tokens(event.last),
        "model_context_window": None,
    }
    yield "event_msg", {"type": "token_count", "info": info, "rate_limits": None}


def _tokens(usage: Usage) -> Mapping[str, int]:
    return {
        "input_tokens": usage.input,
        "cached_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
        "reasoning_output_tokens": usage.reasoning_output,
        "total_tokens": usage.total,
    }


def _compacted(context: Context, event: HistoryCompacted) -> Iterator[Body]:
    yield "compacted", {"message": "", "replacement_history": event.items}
    yield "event_msg", {"type": "context_compacted"}


def _reverted(context: Context, event: ThreadReverted) -> Iterator[Body]:
    reverted = context.turns - event.turns_left
    if reverted > 0:
        yield "event_msg", {"type": "thread_rolled_back", "num_turns": reverted}


def _goal(context: Context, event: GoalUpdated) -> Iterator[Body]:
    thread_id = context.started.thread_id if context.started else ""
    goal = {
        "threadId": thread_id,
        "objective": context.goal,
        "status": event.status,
        "tokenBudget": event.token_budget,
        "tokensUsed": event.tokens_used,
        "timeUsedSeconds": event.time_used_ms // MILLISECONDS,
        "createdAt": event.created_at_ms // MILLISECONDS,
        "updatedAt": event.at_ms // MILLISECONDS,
    }
    named = {"threadId": thread_id, **({"turnId": event.turn_id} if event.turn_id else {})}
    yield "event_msg", {"type": "thread_goal_updated", **named, "goal": goal}


def _with_settings(context: Context, event: ThreadConfigured) -> Context:
    return context._replace(settings=event.settings)


def _with_item(context: Context, event: ItemRecorded) -> Context:
    if _waits(event):
        return context._replace(pictured=(*context.pictured, event))
    if event.type != "agentMessage":
        return context
    return context._replace(last_message=str(event.item.get("text") or ""))


def _with_turn(context: Context, event: TurnStarted) -> Context:
    return context._replace(turns=context.turns + 1, last_message=None)


def _pictures_shown(context: Context, event: PicturesRead | TurnCompleted) -> Context:
    waiting = tuple(message for message in context.pictured if not _is_told_with(message, event))
    return context._replace(pictured=waiting)


_CONTEXT: Mapping[type, Callable[[Context, Any], Context]] = {
    ThreadConfigured: _with_settings,
    ItemRecorded: _with_item,
    TurnStarted: _with_turn,
    PicturesRead: _pictures_shown,
    TurnCompleted: _pictures_shown,
    ThreadReverted: lambda context, event: context._replace(turns=event.turns_left),
    GoalObjectiveSet: lambda context, event: context._replace(goal=event.objective),
}
_OF_EVENTS: Mapping[type, Callable[[Context, Any], Iterator[Body]]] = {
    TurnStarted: _turn_started,
    ItemRecorded: _item,
    UsageRecorded: _usage,
    HistoryCompacted: _compacted,
    ThreadReverted: _reverted,
    TurnCompleted: _turn_completed,
    GoalUpdated: _goal,
}


_OF_ITEMS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "userMessage": _user_message,
    "agentMessage": _agent_message,
    "reasoning": _reasoning,
}
