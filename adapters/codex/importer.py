"""Imports a codex home into a log: each thread completely or not at all, never an existing one."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.actors.errors import Overloaded, Refusal, ShuttingDown
from threadhost.actors.imported import ImportThread
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Ids
from threadhost.actors.threads import Threads
from threadhost.adapters.codex.folders import SkippedFile, shown_path
from threadhost.adapters.codex.home import CodexHome, RolloutContents
from threadhost.adapters.codex.import_command import import_command
from threadhost.adapters.codex.planning import Plan, Planned
from threadhost.adapters.rollouts.folders import UnexpectedFile
from threadhost.events.base import StreamState
from threadhost.events.ids import thread_stream
from threadhost.events.imported import IMPORT, ThreadImported, is_imported
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import (
    EventRefused,
    StoreOverloaded,
    StreamFenced,
    WrongExpectedVersion,
)
from threadhost.events.store.home import ROLLOUTS
from threadhost.events.store.log import Log

if TYPE_CHECKING:
    from threadhost.events.store.rows import StreamHead

AT_ONCE = 16
"""How many threads are read or written concurrently."""
LOOKED_UP_AT_ONCE = 256
BYTES_AT_ONCE = 64 * 1024 * 1024
"""The size limit of their files together."""
RETRY_S = 0.1
FAULTS_TOLD = 10
"""How many lines of a file are reported one by one; the rest are counted."""
REPORTED_MAX = 5_000
"""How many skipped threads, and how many faults, are reported one by one."""
DELETED = "it was deleted here, and is not brought back"
BEING_DELETED = "it is being deleted here"
BELOW_DELETED = "thread {}, above it in the tree, was deleted here"
OF_THIS_HOST = "a thread of this id is here already, and was not imported from codex"
WENT_ON = "it continued in codex after its import; the thread here is unchanged"


class Fault(NamedTuple):
    """A part of a file that is missing in its thread, by its line from 1; 0 for no line."""

    thread_id: str
    path: str
    line: int
    why: str


class SkippedImport(NamedTuple):
    """A skipped thread, or a skipped file that belongs to no thread ("")."""

    thread_id: str
    path: str
    why: str


class Step(NamedTuple):
    """The progress of an import: threads, skipped files, and lines that are kept unchanged."""

    total: int = 0
    done: int = 0
    imported: int = 0
    unchanged: int = 0
    left: int = 0
    kept_lines: int = 0


class Report(NamedTuple):
    """The result of an import, with the first skipped threads and the first faults."""

    step: Step
    left: Sequence[SkippedImport]
    faults: Sequence[Fault]


class NoCodexHome(Exception):
    """The folder is no home of codex; the message says what would be one."""


Tell = Callable[[Step], None]
Command = tuple[ImportThread, list[Fault]]
"""The command that imports a thread, and the faults of its file."""


class Importer:
    """One import. An interrupted run leaves complete threads; the next run continues."""

    def __init__(
        self, threads: Threads, log: Log, ids: Ids, origin: Origin, *, dry_run: bool = False
    ) -> None:
        self._threads = threads
        self._log = log
        self._ids = ids
        self._origin = origin._replace(principal=f"{IMPORT}codex by {origin.principal}")
        self._dry_run = dry_run
        self._heads: Mapping[str, StreamHead] = {}
        """The stream heads of the threads that are imported next, and of their parents."""
        self._under_deleted: set[str] = set()
        self._step = Step()
        self._skipped: list[SkippedImport] = []
        self._faults: list[Fault] = []

    async def run(self, folder: Path, tell: Tell) -> Report:
        """Import all threads of a home.

        Raises NoCodexHome, MetadataUnavailable, ShuttingDown, or a StoreError that keeps all
        threads from being imported.
        """
        home = await asyncio.to_thread(_open_home, folder)
        try:
            plan = await asyncio.to_thread(home.plan)
            self._begin(plan)
            for chunk in _in_order(plan):
                self._heads = await self._log.stream_heads(_streams(chunk))
                for batch in _batches(chunk):
                    await self._take(home, batch)
                    tell(self._step)
        finally:
            home.close()
        return Report(self._step, self._skipped, self._faults)

    def _begin(self, plan: Plan) -> None:
        self._skipped += [
            SkippedImport("", path, reason) for path, reason in plan.left[:REPORTED_MAX]
        ]
        self._step = self._step._replace(total=len(plan.threads), left=len(plan.left))

    async def _take(self, home: CodexHome, batch: Sequence[Planned]) -> None:
        """Import threads of which none is below another."""
        new = [planned for planned in batch if await self._is_new(home, planned)]
        ids = [self._ids.new() for _ in new]
        commands = await asyncio.to_thread(_commands, home, new, ids)
        work = [
            self._take_one(home, planned, command)
            for planned, command in zip(new, commands, strict=True)
        ]
        for failed in await asyncio.gather(*work, return_exceptions=True):
            if failed is not None:
                raise failed

    async def _is_new(self, home: CodexHome, planned: Planned) -> bool:
        """Whether the thread can be imported; otherwise it is counted."""
        imported = await self._earlier_import(planned)
        if isinstance(imported, str):
            self._skip(home, planned, imported)
        elif imported is not None:
            if await asyncio.to_thread(_is_same, home, planned, imported):
                self._count(unchanged=1)
            else:
                self._skip(home, planned, WENT_ON)
        return imported is None

    async def _take_one(
        self, home: CodexHome, planned: Planned, read: Command | SkippedFile
    ) -> None:
        if isinstance(read, SkippedFile):
            return self._skip(home, planned, read.why)
        command, faults = read
        if (refused := await self._record(command)) is not None:
            return self._skip(home, planned, refused)
        if len(self._faults) < REPORTED_MAX:
            self._faults += faults
        return self._count(imported=1, kept_lines=sum(len(event.lines) for event in command.kept))

    async def _earlier_import(self, planned: Planned) -> ThreadImported | str | None:
        """The thread's earlier import, or why it is refused; None if it can be imported."""
        stream, parent_id = thread_stream(planned.thread_id), _parent(planned)
        head, parent_head = (self._heads.get(name) for name in (stream, thread_stream(parent_id)))
        if head is None:
            is_below = parent_id in self._under_deleted
            if is_below or (parent_head is not None and parent_head.state is StreamState.CLOSED):
                self._under_deleted.add(planned.thread_id)
                return BELOW_DELETED.format(parent_id)
            return None
        if head.state in (StreamState.CLOSED, StreamState.FENCED):
            return DELETED if head.state is StreamState.CLOSED else BEING_DELETED
        facts = await self._log.read_stream(stream, limit=1, types=(ThreadImported,))
        if facts and is_imported(facts[0].meta) and isinstance(facts[0].event, ThreadImported):
            return facts[0].event
        return OF_THIS_HOST

    async def _record(self, command: ImportThread) -> str | None:
        """Append the thread; returns the reason of a refusal that concerns this thread alone."""
        while not self._dry_run:
            try:
                await self._threads.import_thread(await self._with_tree(command), self._origin)
                break
            except (Overloaded, StoreOverloaded):
                await asyncio.sleep(RETRY_S)
            except WrongExpectedVersion as error:
                if error.stream == thread_stream(command.thread_id):
                    return OF_THIS_HOST
            except ShuttingDown:
                raise
            except (Refusal, EventRefused, StreamFenced) as error:
                return str(error)
        return None

    async def _with_tree(self, command: ImportThread) -> ImportThread:
        """The command, with the tree that records the edge to the thread, or its fork."""
        origin_id = command.parent_id or command.forked_from_id
        if origin_id is None:
            return command
        head = await self._log.stream_head(thread_stream(origin_id))
        if head is None or head.state is StreamState.CLOSED:
            return command.but(noted_in=command.session_id) if command.parent_id else command
        session_id = await self._threads.session_of(origin_id)
        if command.parent_id is None:
            return command.but(noted_in=session_id)
        return command.but(session_id=session_id, noted_in=session_id)

    def _skip(self, home: CodexHome, planned: Planned, reason: str) -> None:
        if len(self._skipped) < REPORTED_MAX:
            path = home.folders.path_of(planned.place)
            self._skipped.append(SkippedImport(planned.thread_id, path, reason))
        self._count(left=1)

    def _count(
        self, *, imported: int = 0, unchanged: int = 0, left: int = 0, kept_lines: int = 0
    ) -> None:
        step = self._step
        self._step = step._replace(
            done=step.done + 1,
            imported=step.imported + imported,
            unchanged=step.unchanged + unchanged,
            left=step.left + left,
            kept_lines=step.kept_lines + kept_lines,
        )


def require_codex_home(folder: Path) -> None:
    """Require a folder that may be a home of codex. Raises NoCodexHome."""
    _open_home(folder).close()


def _open_home(folder: Path) -> CodexHome:
    names = " or ".join(ROLLOUTS)
    try:
        home = CodexHome(folder)
    except OSError as error:
        raise NoCodexHome(f"{shown_path(str(folder))} cannot be opened: {error.strerror}") from None
    if not set(ROLLOUTS).intersection(home.folders.names()):
        home.close()
        shown = shown_path(str(folder))
        raise NoCodexHome(f"{shown} holds no {names}; give the home of codex, as ~/.codex is")
    return home


def _in_order(plan: Plan) -> Iterator[Sequence[Planned]]:
    """The threads in chunks, by rank."""
    for _, level in groupby(plan.threads, key=lambda planned: planned.rank):
        while chunk := list(islice(level, LOOKED_UP_AT_ONCE)):
            yield chunk


def _batches(chunk: Sequence[Planned]) -> Iterator[list[Planned]]:
    """As many as may be in memory at a time."""
    batch: list[Planned] = []
    room = BYTES_AT_ONCE
    for planned in chunk:
        if batch and (len(batch) == AT_ONCE or planned.size_bytes > room):
            yield batch
            batch, room = [], BYTES_AT_ONCE
        batch.append(planned)
        room -= planned.size_bytes
    if batch:
        yield batch


def _streams(chunk: Sequence[Planned]) -> list[str]:
    """The streams of the threads and of their parents."""
    ids = dict.fromkeys(planned.thread_id for planned in chunk)
    return [thread_stream(thread_id) for thread_id in (*ids, *filter(None, map(_parent, chunk)))]


def _parent(planned: Planned) -> str:
    return planned.edge.parent_id if planned.edge is not None else ""


def _is_same(home: CodexHome, planned: Planned, imported: ThreadImported) -> bool:
    """Whether a thread's file is unchanged since its import."""
    if planned.size_bytes != imported.size_bytes:
        return False
    try:
        return home.digest(planned) == imported.digest
    except (OSError, UnexpectedFile):
        return False


def _commands(
    home: CodexHome, batch: Sequence[Planned], ids: Sequence[str]
) -> list[Command | SkippedFile]:
    return [_command(home, planned, goal_id) for planned, goal_id in zip(batch, ids, strict=True)]


def _command(home: CodexHome, planned: Planned, goal_id: str) -> Command | SkippedFile:
    read = home.read(planned)
    if not isinstance(read, RolloutContents):
        return read
    command, notes = import_command(planned, read, home.known, goal_id)
    path = home.folders.path_of(planned.place)
    all_notes = filter(None, (planned.note, *notes))
    faults = [Fault(planned.thread_id, path, 0, note) for note in all_notes]
    kept_lines = read.past.kept
    faults += [
        Fault(planned.thread_id, path, line.number, line.why) for line in kept_lines[:FAULTS_TOLD]
    ]
    if len(kept_lines) > FAULTS_TOLD:
        words = f"{len(kept_lines) - FAULTS_TOLD} more lines have no meaning here"
        faults.append(Fault(planned.thread_id, path, 0, words))
    return command, faults
