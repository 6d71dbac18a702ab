"""Rollout files in tests: threads to write of, and what is read of files again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.ids import thread_stream
from threadhost.events.thread import ThreadConfigured, ThreadSettings, ThreadStarted
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted, UsageRecorded
from threadhost.events.usage import Usage

THREAD_ID = "01999999-0000-7000-8000-000000000001"
AT_MS = 1_790_000_000_000
SETTINGS = ThreadSettings(cwd="/work", model="m", model_provider="p", originator="tests")


def facts(events: Sequence[Event], thread_id: str = THREAD_ID) -> list[Recorded]:
    """Events as the stream of a thread has them."""
    stream = thread_stream(thread_id)
    return [
        Recorded(version, stream, version, event, Meta("", "", "", AT_MS + version))
        for version, event in enumerate(events, 1)
    ]


def born(thread_id: str = THREAD_ID) -> list[Event]:
    """What begins a thread."""
    started = ThreadStarted(thread_id=thread_id, session_id=thread_id, source="vscode")
    return [started, ThreadConfigured(settings=SETTINGS)]


def turn(number: int, asked: str = "hello", answered: str = "ok") -> list[Event]:
    """A turn with a question and its answer."""
    turn_id, usage = f"turn-{number}", Usage(input=1, total=1)
    user = {"type": "userMessage", "id": "u", "content": [{"type": "text", "text": asked}]}
    agent = {"type": "agentMessage", "id": "a", "text": answered}
    return [
        TurnStarted(turn_id=turn_id, started_at_ms=AT_MS),
        ItemRecorded(turn_id=turn_id, item_id="u", type="userMessage", item=user),
        ItemRecorded(turn_id=turn_id, item_id="a", type="agentMessage", item=agent),
        UsageRecorded(turn_id=turn_id, last=usage, total=usage),
        TurnCompleted(
            turn_id=turn_id, outcome="completed", started_at_ms=AT_MS, completed_at_ms=AT_MS + 5
        ),
    ]


def lines_of(path: Path | str) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


def said_in(path: Path | str) -> list[str]:
    """What users and agents say in a file, in order."""
    payloads = [line["payload"] for line in lines_of(path)]
    messages = [p for p in payloads if p.get("type") in ("user_message", "agent_message")]
    return [p["message"] for p in messages]
