"""Codex's data on its threads outside of rollouts: its databases, and its list of names."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from pydantic_core import from_json

from threadhost.adapters.codex.folders import CodexFolders, SkippedFile
from threadhost.adapters.codex.lines import JsonLinesReader
from threadhost.adapters.rollout_path import RolloutPlace
from threadhost.adapters.rollouts.folders import UnexpectedFile
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.sqlite.foreign import BeingWritten, Unreadable, foreign_database

Row = Mapping[str, Any]
Rows = Callable[[str, Sequence[str]], Iterator[dict[str, Any]]]
"""Reads rows: of a table, with some of its columns."""
NOTHING: Row = {}
NAMES = "session_index.jsonl"
NAMES_BYTES_MAX = 64 * 1024 * 1024
THREADS = (
    *("id", "rollout_path", "archived", "name", "memory_mode", "model", "model_provider"),
    *("created_at", "created_at_ms", "git_sha", "git_branch", "git_origin_url"),
)
EDGES = ("parent_thread_id", "child_thread_id", "status")
TOOLS = (
    *("thread_id", "position", "name", "description", "input_schema"),
    *("defer_loading", "namespace"),
)
GOALS = (
    *("thread_id", "objective", "status", "token_budget", "tokens_used", "time_used_seconds"),
    *("created_at_ms", "updated_at_ms"),
)


class MetadataUnavailable(Exception):
    """The data on threads cannot be read at present; the message says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be read: {reason}. Without it every imported thread would lack"
            " data for good, so none is imported: repair the file, or move it away"
        )


class Edge(NamedTuple):
    """The parent of a thread, and whether the thread is resumed with it."""

    parent_id: str
    is_open: bool


class CodexMetadata:
    """Rows by thread. Unreadable ones are missing here, and named in `faults`."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.edges: dict[str, Edge] = {}
        self.tools: dict[str, list[dict[str, Any]]] = {}
        self.goals: dict[str, Row] = {}
        self.names: dict[str, str] = {}
        self.faults: list[SkippedFile] = []

    @classmethod
    def of(cls, folders: CodexFolders) -> "CodexMetadata":
        """The metadata of a home. Raises MetadataUnavailable."""
        metadata = cls()
        names = folders.names()
        for stem, take in (("state", metadata._take_state), ("goals", metadata._take_goals)):
            if newest := _newest(stem, names):
                metadata._read(folders, newest, partial(metadata._from_database, newest, take))
        if NAMES in names:
            metadata._read(folders, NAMES, metadata._take_names)
        return metadata

    def _read(self, folders: CodexFolders, name: str, read: Callable[[CodexFolders], None]) -> None:
        path = folders.path_of(RolloutPlace((), name))
        try:
            read(folders)
        except BeingWritten as error:
            raise MetadataUnavailable(path, str(error)) from None
        except (Unreadable, UnexpectedFile) as error:
            self.faults.append(SkippedFile.of(path, error))
        except OSError as error:
            raise MetadataUnavailable(path, error.strerror or str(error)) from None

    def _from_database(
        self, name: str, take: Callable[[Rows], None], folders: CodexFolders
    ) -> None:
        def opened(name: str) -> AbstractContextManager[int]:
            return folders.reading(RolloutPlace((), name))

        def rows(table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
            """Rows before a damaged place count, and so does every other table."""
            try:
                yield from database.rows(table, columns)
            except Unreadable as error:
                fault = SkippedFile(folders.path_of(RolloutPlace((), name)), str(error))
                self.faults += [fault] if fault not in self.faults else []

        with foreign_database(name, opened) as database:
            take(rows)

    def _take_state(self, rows: Rows) -> None:
        self.rows = _rows_by(rows("threads", THREADS), "id")
        for row in rows("thread_spawn_edges", EDGES):
            child, parent = row.get("child_thread_id"), row.get("parent_thread_id")
            if isinstance(child, str) and isinstance(parent, str):
                self.edges[child] = Edge(parent, row.get("status") == "open")
        tools = [row for row in rows("thread_dynamic_tools", TOOLS) if _is_tool(row)]
        for row in sorted(tools, key=lambda row: (row["thread_id"], row["position"])):
            self.tools.setdefault(row["thread_id"], []).append(_tool(row))

    def _take_goals(self, rows: Rows) -> None:
        self.goals = _rows_by(rows("thread_goals", GOALS), "thread_id")

    def _take_names(self, folders: CodexFolders) -> None:
        with folders.reading(RolloutPlace((), NAMES), NAMES_BYTES_MAX) as descriptor:
            for line in JsonLinesReader(descriptor, has_types=False):
                entry = line.payload if isinstance(line.payload, dict) else {}
                thread_id, name = entry.get("id"), entry.get("thread_name")
                if isinstance(thread_id, str) and isinstance(name, str) and name.strip():
                    self.names[thread_id] = name.strip()


def _newest(stem: str, names: Sequence[str]) -> str | None:
    """The database with the highest number: codex numbers their formats."""
    form = re.compile(rf"{stem}_(\d{{1,9}})\.sqlite")
    matches = [match for match in map(form.fullmatch, names) if match]
    return max(matches, key=lambda match: int(match[1]))[0] if matches else None


def _rows_by(rows: Iterator[dict[str, Any]], key: str) -> dict[str, Row]:
    return {row[key]: row for row in rows if isinstance(row.get(key), str)}


def _is_tool(row: Row) -> bool:
    return isinstance(row.get("thread_id"), str) and type(row.get("position")) is int


def _tool(row: Row) -> dict[str, Any]:
    try:
        schema = from_json(row.get("input_schema") or "{}")
    except (ValueError, TypeError):
        schema = {}
    function = {"type": "function", "name": row.get("name"), "description": row.get("description")}
    tool = {**function, "inputSchema": schema, "deferLoading": bool(row.get("defer_loading"))}
    return {**tool, "namespace": row["namespace"]} if row.get("namespace") else tool
