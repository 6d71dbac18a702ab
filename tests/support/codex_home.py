"""A codex home as tests make one: rollouts of both forms, databases, the list of names."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Record = dict[str, Any]
AT_MS = 1_790_000_000_000
"""2026-09-21, in the afternoon."""
TIME = "2026-09-21T14-13-20"
INSTRUCTIONS = "Be brief."
THREADS = """CREATE TABLE threads (id TEXT PRIMARY KEY, rollout_path TEXT NOT NULL,
    created_at INTEGER, source TEXT, title TEXT, archived INTEGER NOT NULL DEFAULT 0,
    memory_mode TEXT NOT NULL DEFAULT 'enabled', model TEXT, name TEXT, git_branch TEXT)"""
EDGES = """CREATE TABLE thread_spawn_edges (parent_thread_id TEXT NOT NULL,
    child_thread_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL)"""
TOOLS = """CREATE TABLE thread_dynamic_tools (thread_id TEXT NOT NULL, position INTEGER NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, input_schema TEXT NOT NULL)"""
GOALS = """CREATE TABLE thread_goals (thread_id TEXT PRIMARY KEY, goal_id TEXT, objective TEXT,
    status TEXT, token_budget INTEGER, tokens_used INTEGER, time_used_seconds INTEGER,
    created_at_ms INTEGER, updated_at_ms INTEGER)"""


def thread_id(number: int) -> str:
    """The id of a thread."""
    return f"01a20000-0000-7000-8000-{number:012x}"


def time_at(after_ms: int) -> str:
    """A time as rollouts have it, so long after the first."""
    seconds, ms = divmod(AT_MS + after_ms, 1000)
    rest = seconds - 1_790_000_000
    minutes, second = divmod(20 + rest, 60)
    return f"2026-09-21T14:{13 + minutes:02}:{second:02}.{ms:03}Z"


def record(kind: str, payload: Mapping[str, Any], after_ms: int = 0) -> Record:
    """One line."""
    return {"timestamp": time_at(after_ms), "type": kind, "payload": dict(payload)}


def event(name: str, after_ms: int = 0, **payload: Any) -> Record:
    """A line that says what happened."""
    return record("event_msg", {"type": name, **payload}, after_ms)


def message(role: str, *texts: str, after_ms: int = 0, **more: Any) -> Record:
    """A line with a message as a model is shown it."""
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text} for text in texts]
    said = {"type": "message", "role": role, "content": content, **more}
    return record("response_item", said, after_ms)


def shown(**payload: Any) -> Record:
    """A line with anything else that a model is shown."""
    return record("response_item", payload)


def item(turn: str, after_ms: int = 0, **foreign: Any) -> Record:
    """A line of a newer rollout with an item that is done."""
    times = {"started_at_ms": AT_MS + after_ms, "completed_at_ms": AT_MS + after_ms}
    return event("item_completed", after_ms, turn_id=turn, item=foreign, **times)


def meta(number: int = 1, **more: Any) -> Record:
    """The first line of a thread's rollout."""
    said = {
        "session_id": thread_id(number),
        "id": thread_id(number),
        "timestamp": time_at(0),
        "cwd": "/work",
        "originator": "codex_cli",
        "cli_version": "0.171.0",
        "source": "cli",
        "model_provider": "openai",
        "base_instructions": {"text": INSTRUCTIONS},
        "history_mode": "paginated",
    }
    return record("session_meta", {**said, **more})


def context(turn: str, after_ms: int = 0, **more: Any) -> Record:
    """What a turn worked with."""
    said = {
        "turn_id": turn,
        "cwd": "/work",
        "approval_policy": "on-request",
        "sandbox_policy": {"type": "workspace-write"},
        "model": "gpt-9",
        "effort": "high",
        "summary": "auto",
    }
    return record("turn_context", {**said, **more}, after_ms)


def begun(turn: str, after_ms: int = 0) -> list[Record]:
    """How a turn begins."""
    at_s = (AT_MS + after_ms) // 1000
    started = event("task_started", after_ms, turn_id=turn, root_turn_id=turn, started_at=at_s)
    return [started, context(turn, after_ms)]


def task_complete(turn: str, after_ms: int = 0, **more: Any) -> Record:
    """The record of the end of a turn."""
    at_s = (AT_MS + after_ms) // 1000
    return event("task_complete", after_ms, turn_id=turn, completed_at=at_s, **more)


def turn(number: int = 1, asked: str = "hello", answered: str = "ok") -> list[Record]:
    """A whole turn of a newer rollout, each of which takes 600 ms of the same second."""
    name, at = f"turn-{number}", 1000 * number
    usage = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
    told = {"total_token_usage": usage, "last_token_usage": usage, "number": number}
    text = {"type": "text", "text": asked, "text_elements": []}
    said = {"type": "Text", "text": answered}
    return [
        *begun(name, at),
        message("user", asked, after_ms=at + 100),
        item(name, at + 100, type="UserMessage", id=f"u-{number}", content=[text]),
        item(name, at + 500, type="AgentMessage", id=f"a-{number}", content=[said]),
        message("assistant", answered, after_ms=at + 500, id=f"a-{number}"),
        event("token_count", at + 500, info=told),
        task_complete(name, at + 600, duration_ms=600),
    ]


def older_turn(number: int = 1, asked: str = "hello", answered: str = "ok") -> list[Record]:
    """The same as an older rollout has it."""
    name, at = f"turn-{number}", 1000 * number
    return [
        *begun(name, at),
        message("user", asked, after_ms=at + 100),
        event("user_message", at + 100, message=asked, images=[], local_images=[]),
        event("agent_message", at + 500, message=answered),
        message("assistant", answered, after_ms=at + 500),
        task_complete(name, at + 600, duration_ms=600),
    ]


def encoded(records: Iterable[Record | bytes]) -> bytes:
    """The bytes of a rollout; what is bytes already stands there as it is."""
    lines = (r if isinstance(r, bytes) else json.dumps(r).encode() for r in records)
    return b"".join(line + b"\n" for line in lines)


def numbered(records: Sequence[Record], first: int = 0) -> list[Record]:
    """The records as those of newer rollouts are, each with its number."""
    return [{**one, "ordinal": n} for n, one in enumerate(records, first)]


class CodexHome:
    """A folder that looks like a home of codex."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sessions").mkdir(parents=True, exist_ok=True)

    def place(self, number: int = 1, *, archived: bool = False, name: str = "") -> Path:
        """Where the rollout of a thread is."""
        below = "archived_sessions" if archived else "sessions/2026/09/21"
        return self.folder / below / (name or f"rollout-{TIME}-{thread_id(number)}.jsonl")

    def add(
        self,
        number: int = 1,
        records: Sequence[Record | bytes] = (),
        *,
        archived: bool = False,
        name: str = "",
        **more: Any,
    ) -> Path:
        """A rollout: its first line, and these, by default one turn."""
        path = self.place(number, archived=archived, name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded([meta(number, **more), *(records or turn())]))
        return path

    def child(self, number: int, parent: int, **more: Any) -> Path:
        """The rollout of a thread that another one spawned."""
        spawn = {"parent_thread_id": thread_id(parent), "depth": 1, "agent_nickname": "Ada"}
        source = {"subagent": {"thread_spawn": spawn}}
        return self.add(number, parent_thread_id=thread_id(parent), source=source, **more)

    def names(self, **names: str) -> None:
        """The list of names, by t1, t2 and so on."""
        entries = [{"id": thread_id(int(key[1:])), "thread_name": n} for key, n in names.items()]
        (self.folder / "session_index.jsonl").write_bytes(encoded(entries))

    def state(
        self,
        threads: Sequence[Mapping[str, Any]] = (),
        edges: Sequence[tuple[int, int, str]] = (),
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        wal: bool = False,
    ) -> Path:
        """The database of threads; each edge is (parent, child, status)."""
        path = self.folder / "state_5.sqlite"
        rows = [(thread_id(a), thread_id(b), status) for a, b, status in edges]
        database = sqlite3.connect(path)
        if wal:
            database.execute("PRAGMA journal_mode=WAL")
        for statement in (THREADS, EDGES, TOOLS):
            database.execute(statement)
        for row in threads:
            _insert(database, "threads", {"rollout_path": "", **row})
        for tool in tools:
            _insert(database, "thread_dynamic_tools", tool)
        database.executemany("INSERT INTO thread_spawn_edges VALUES (?, ?, ?)", rows)
        database.commit()
        if wal:
            self._left_open = database
        else:
            database.close()
        return path

    def close(self) -> None:
        """Close what codex would have open."""
        if hasattr(self, "_left_open"):
            self._left_open.close()

    def goal(self, number: int = 1, **goal: Any) -> None:
        """The database of goals, with one."""
        given = {"goal_id": "g", "objective": "know owls", "status": "paused"}
        times = {"created_at_ms": AT_MS, "updated_at_ms": AT_MS + 5}
        spent = {"tokens_used": 40, "time_used_seconds": 6}
        with closing(sqlite3.connect(self.folder / "goals_1.sqlite")) as database:
            database.execute(GOALS)
            row = {"thread_id": thread_id(number), **given, **spent, **times, **goal}
            _insert(database, "thread_goals", row)
            database.commit()


def _insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    places = ", ".join("?" for _ in row)
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
    database.execute(statement, tuple(row.values()))
