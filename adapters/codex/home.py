"""A codex home: its threads, their relations, and the content of each, one at a time."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from pathlib import Path
from typing import Any

from threadhost.adapters.codex.folders import UNREAD, CodexFolders, Rollout, SkippedFile
from threadhost.adapters.codex.lines import JsonLinesReader, Line
from threadhost.adapters.codex.metadata import NOTHING, CodexMetadata
from threadhost.adapters.codex.planning import Head, Plan, Planned, plan_threads
from threadhost.adapters.codex.rollout_history import RolloutHistory
from threadhost.adapters.codex.settings import first_settings
from threadhost.adapters.rollout_path import PACKED, RolloutPlace
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

ROLLOUT_BYTES_MAX = 64 * 1024 * 1024
"""The size limit of one thread, which is read into memory whole."""
OFFSET_MAX = 2**62
BASES_MAX = 64
"""How many forks of forks are followed to the beginning of a history."""
NO_BEGINNING = "its first line does not name its thread"
NO_BASE = "it continues the history of thread {}, which is missing"
BASE_UNREAD = "the history that it continues cannot be read: {}"
BASES_TOO_LARGE = f"together with the history before it, it has more than {ROLLOUT_BYTES_MAX} bytes"


class _Unread(Exception):
    """A history exists but cannot be read; the message says why."""


class RolloutContents(NamedTuple):
    """The content of a thread's rollout."""

    meta: Mapping[str, Any]
    past: RolloutHistory
    digest: str
    size_bytes: int
    lines: int
    notes: Sequence[str]


class CodexHome:
    """The threads of a codex home; nothing of it is changed. The caller closes it."""

    def __init__(self, folder: Path) -> None:
        self.folders = CodexFolders(folder)
        self.known = CodexMetadata()
        self._files: dict[str, list[RolloutPlace]] = {}

    def close(self) -> None:
        """Close the home."""
        self.folders.close()

    def plan(self) -> Plan:
        """Examine the whole home: names of files, first lines, databases."""
        self.known, self._files = CodexMetadata.of(self.folders), {}
        skipped = list(self.known.faults)
        for rollout in self.folders.rollouts():
            if isinstance(rollout, Rollout):
                self._files.setdefault(rollout.thread_id, []).append(rollout.place)
            else:
                skipped.append(rollout)
        heads: dict[str, Head] = {}
        for thread_id, places in self._files.items():
            head = self._head(thread_id, self._newest(thread_id, places))
            if isinstance(head, Head):
                heads[thread_id] = head
            else:
                skipped.append(head)
        skipped += self._missing()
        threads = plan_threads(heads, self.known.edges)
        skipped += self._superseded(heads)
        return Plan(threads, skipped)

    def read(self, planned: Planned) -> RolloutContents | SkippedFile:
        """The whole content of a thread, or why it cannot be read.

        A thread with a part that is unreadable now, but may be repaired, is not imported: the part
        would be missing for good.
        """
        path = self.folders.path_of(planned.place)
        try:
            with self._open(planned.place) as descriptor:
                lines = JsonLinesReader(descriptor)
                return self._read(planned, iter(lines), lines)
        except UNREAD as error:
            return SkippedFile.of(path, error)
        except _Unread as error:
            return SkippedFile(path, BASE_UNREAD.format(error))

    def digest(self, planned: Planned) -> str:
        """The digest of a thread's file as it is now. Raises OSError, or UnexpectedFile."""
        with self._open(planned.place) as descriptor:
            lines = JsonLinesReader(descriptor)
            lines.read_on()
            return lines.digest

    def _read(
        self, planned: Planned, lines: Iterator[Line], reader: JsonLinesReader
    ) -> RolloutContents | SkippedFile:
        first = next(lines, None)
        if first is None or not isinstance(first.payload, dict):
            return SkippedFile(self.folders.path_of(planned.place), NO_BEGINNING)
        meta, row = first.payload, self.known.rows.get(planned.thread_id, NOTHING)
        past = RolloutHistory(planned.thread_id, first_settings(meta, row), 0)
        notes: list[str] = []
        base = meta.get("history_base")
        room = ROLLOUT_BYTES_MAX - planned.size_bytes
        if isinstance(base, dict) and not self._take_base(past, base, [planned.place], room):
            notes.append(NO_BASE.format(truncate(str(base.get("thread_id")), 100)))
        past.take(first)
        _take(past, lines, meta)
        past.end()
        return RolloutContents(meta, past, reader.digest, reader.size_bytes, reader.lines, notes)

    def _open(self, place: RolloutPlace) -> AbstractContextManager[int]:
        """Open a rollout for reading. Raises OSError, or UnexpectedFile."""
        return self.folders.reading(place, ROLLOUT_BYTES_MAX)

    def _take_base(
        self, past: RolloutHistory, base: Mapping[str, Any], visited: list[RolloutPlace], room: int
    ) -> bool:
        """Add the history that a thread continues, from other files; returns whether all is there.

        All files together may have `room` bytes. Raises _Unread.
        """
        place = self._base_place(base, visited)
        if place is None:
            return False
        if len(visited) > BASES_MAX or base["end_byte_offset"] > room:
            raise _Unread(BASES_TOO_LARGE)
        end, room = base["end_ordinal_exclusive"], room - base["end_byte_offset"]
        with self._open(place) as descriptor:
            lines = iter(JsonLinesReader(descriptor))
            first = next(lines, None)
            meta = first.payload if first is not None and isinstance(first.payload, dict) else {}
            lower_base = meta.get("history_base")
            is_whole = True
            if isinstance(lower_base, dict):
                is_whole = self._take_base(past, lower_base, [*visited, place], room)
            before_end = takewhile(lambda line: (line.ordinal or 0) < end, lines)
            _take(past, (line for line in before_end if not line.fault), meta)
        return is_whole

    def _base_place(
        self, base: Mapping[str, Any], visited: Sequence[RolloutPlace]
    ) -> RolloutPlace | None:
        """The file that a history continues: the newest with a line break at the given offset.

        Raises _Unread if it may be one that cannot be read.
        """
        end, offset = base.get("end_ordinal_exclusive"), base.get("end_byte_offset")
        if type(end) is not int or type(offset) is not int or not 0 < offset <= OFFSET_MAX:
            return None
        unread: list[SkippedFile] = []
        for place in reversed(self._files.get(str(base.get("thread_id")), ())):
            if place in visited:
                continue
            try:
                with self._open(place) as descriptor:
                    first = next(iter(JsonLinesReader(descriptor)), None)
                    ordinal = first.ordinal if first is not None else None
                    is_earlier = ordinal is not None and ordinal < end
                    if is_earlier and os.pread(descriptor, 1, offset - 1) == b"\n":
                        return place
            except UNREAD as error:
                unread.append(SkippedFile.of(self.folders.path_of(place), error))
        if unread:
            raise _Unread(f"{unread[0].path}: {unread[0].why}")
        return None

    def _newest(self, thread_id: str, places: Sequence[RolloutPlace]) -> RolloutPlace:
        """The file that continues a thread: the one that its row names, or the last by name.

        If a file exists packed and unpacked, the unpacked one was opened later.
        """
        row = self.known.rows.get(thread_id, NOTHING)
        row_name = _unpacked_name(str(row.get("rollout_path") or "").rpartition("/")[2])
        ordered = sorted(
            places, key=lambda place: (_unpacked_name(place.name), not _is_packed(place.name))
        )
        of_row = [place for place in ordered if _unpacked_name(place.name) == row_name]
        return (of_row or ordered)[-1]

    def _head(self, thread_id: str, place: RolloutPlace) -> Head | SkippedFile:
        path = self.folders.path_of(place)
        try:
            with self._open(place) as descriptor:
                size_bytes = os.fstat(descriptor).st_size
                first = next(iter(JsonLinesReader(descriptor)), None)
        except UNREAD as error:
            return SkippedFile.of(path, error)
        if first is None or first.kind != "session_meta" or not isinstance(first.payload, dict):
            return SkippedFile(path, NO_BEGINNING)
        its_id = first.payload.get("id")
        if its_id != thread_id:
            return SkippedFile(path, f"its first line names thread {truncate(str(its_id), 100)}")
        return Head.of(place, size_bytes, first.payload)

    def _missing(self) -> Iterator[SkippedFile]:
        for thread_id, row in self.known.rows.items():
            if thread_id not in self._files:
                path = str(row.get("rollout_path") or thread_id)
                yield SkippedFile(path, f"the rollout of thread {thread_id} is missing")

    def _superseded(self, heads: Mapping[str, Head]) -> Iterator[SkippedFile]:
        """Files of a thread that has newer ones, if no thread continues them."""
        bases = {head.base_id for head in heads.values()}
        for thread_id, places in self._files.items():
            head = heads.get(thread_id)
            if head is None or thread_id in bases:
                continue
            for place in places:
                if place != head.place:
                    newer = self.folders.path_of(head.place)
                    reason = f"thread {thread_id} has another file: {newer}"
                    yield SkippedFile(self.folders.path_of(place), reason)


def _take(past: RolloutHistory, lines: Iterable[Line], meta: Mapping[str, Any]) -> None:
    """Add the lines of a file; those before a subagent's own come from its parent."""
    start = meta.get("subagent_history_start_ordinal")
    own_start = start if type(start) is int else 0
    for line in lines:
        past.take(line, only_shown=line.ordinal is not None and line.ordinal < own_start)


def _unpacked_name(name: str) -> str:
    return name.removesuffix(PACKED)


def _is_packed(name: str) -> bool:
    return name.endswith(PACKED)
