"""Follows the log and writes rollout files; closes the files of threads that are deleted."""

import asyncio
import errno
from collections.abc import Iterable, Sequence
from contextlib import suppress

from pydantic_core import from_json, to_json

from threadhost.actors.runtime.tasks import Closable
from threadhost.adapters.rollouts.folders import RolloutFolders, UnexpectedFile
from threadhost.adapters.rollouts.writer import RolloutWriter
from threadhost.events.base import StreamState
from threadhost.events.ids import thread_of, thread_stream
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.errors import KeyMissing, StoreError
from threadhost.events.store.faults import shortage
from threadhost.events.store.log import Log
from threadhost.events.store.rows import LogRow
from threadhost.events.tree import TreeDeletionHalted

CHECKPOINT = "rollouts.json"
PAGE_EVENTS = 128
PAGE_BYTES = 4 * 1024 * 1024
LINGER_S = 0.1
"""The delay after a commit: the phases of a short turn are written together."""
SYNC_S = 5.0
"""The time between two checkpoints; after a crash it follows the log from the last one."""
RETRY_S = 1.0
SAID_MAX = 1_000
"""How many reported faults are remembered; beyond that, all may be reported again."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class Follower(Closable):
    """Keeps the files of all stored threads in step with the log, with a short delay.

    Passes run one at a time. A pass reads the fences when it begins: after `close_files`, no file
    of a thread that was fenced before is opened.
    """

    def __init__(self, log: Log, folders: RolloutFolders) -> None:
        super().__init__()
        self._log = log
        self._folders = folders
        self._writer = RolloutWriter(log, folders)
        self._position = 0
        """The last position that was followed."""
        self._passing = asyncio.Lock()
        self._commits = asyncio.Event()
        self._warned: set[tuple[str, str]] = set()

    async def begin(self) -> None:
        """Find the start: the checkpoint, or 0 without one of this history."""
        with suppress(ValueError, TypeError, KeyError, OSError, UnexpectedFile):
            checkpoint = from_json(await asyncio.to_thread(self._folders.read_small, CHECKPOINT))
            position, chain = checkpoint["position"], checkpoint["chain"]
            is_place = type(position) is int and 0 < position <= self._log.position
            link = await self._log.reads.link_at(position) if is_place else None
            is_same = (
                checkpoint["log"] == self._log.log_id and link is not None and link.hex() == chain
            )
            self._position, self._writer.anew = (position, False) if is_same else (0, True)
        self._log.feed.listen(lambda _: self._commits.set())
        self._commits.set()

    async def run(self) -> None:
        """Follow until closed; a failed write is retried, and reported once."""
        loop, synced_at = asyncio.get_running_loop(), float("-inf")
        while not self.is_closed:
            await self._commits.wait()
            await self.closes_within(LINGER_S)
            self._commits.clear()
            try:
                await self.catch_up()
                if loop.time() - synced_at >= SYNC_S:
                    await self.checkpoint()
                    synced_at = loop.time()
            except (OSError, StoreError) as error:
                self._say_once("rollout files are behind the log", error)
                self._commits.set()
                await self.closes_within(RETRY_S)

    async def end(self) -> None:
        """Stop, with everything so far written and synced."""
        if self.is_closed:
            return
        self.close()
        self._commits.set()
        with suppress(OSError, StoreError):
            await self.catch_up()
            await self.checkpoint()
        async with self._passing:
            self._folders.close()

    async def catch_up(self) -> None:
        """Follow the log to its present end. Raises OSError or StoreError."""
        while self._position < self._log.position:
            async with self._passing:
                await self._log.reads.apart(self._pass)
        self._writer.anew = False

    async def checkpoint(self) -> None:
        """Make the written files durable, and then record the position."""
        async with self._passing:
            await self._log.reads.apart(self._sync)

    async def close_files(self) -> None:
        """Wait until no file of a fenced thread is open."""
        async with self._passing:
            pass

    async def _pass(self) -> None:
        """Follow a page of the log, on a thread."""
        end = self._log.position
        rows = await self._log.stored(self._position, PAGE_EVENTS, PAGE_BYTES)
        if not rows:  # the events up to there were erased
            self._position = max(end, self._position)
            return
        changed = self._changed(rows)
        heads = await self._open_to_us(changed)
        for thread_id, thread_rows in changed.items():
            if thread_id not in heads:
                self._writer.forget(thread_id)
                continue
            await self._bring_up(thread_id, thread_rows, heads[thread_id])
        self._position = rows[-1].position

    async def _bring_up(self, thread_id: str, rows: Sequence[LogRow], until: int) -> None:
        """Write one thread's file; a fault of one thread or file does not affect the others."""
        try:
            await self._writer.bring_up(thread_id, rows, until)
        except UnexpectedFile as error:
            self._say_once("a rollout file is left as it is, and not followed", str(error))
        except KeyMissing as error:
            self._say_once(f"the rollout file of thread {thread_id} is not written", str(error))
        except StoreError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and (shortage(error) or error.errno in FULL):
                raise
            self._say_once(f"the rollout file of thread {thread_id} is not written", error)

    async def _open_to_us(self, thread_ids: Iterable[str]) -> dict[str, int]:
        """The versions of these threads' streams, without threads that are fenced or deleted."""
        streams = {thread_stream(thread_id): thread_id for thread_id in thread_ids}
        heads = await self._log.stream_heads(list(streams))
        shut = (StreamState.FENCED, StreamState.CLOSED)
        return {streams[s]: head.version for s, head in heads.items() if head.state not in shut}

    def _changed(self, rows: Sequence[LogRow]) -> dict[str, list[LogRow]]:
        """The threads with news, each with its rows of this page."""
        changed: dict[str, list[LogRow]] = {}
        for row in rows:
            if thread_id := thread_of(row.stream):
                changed.setdefault(thread_id, []).append(row)
            elif row.kind == TreeDeletionHalted.kind:
                for fact in self._log.opened([row]):
                    if isinstance(fact.event, TreeDeletionHalted):
                        changed |= self._in_doubt(fact.event.remaining)
        return changed

    def _in_doubt(self, thread_ids: Sequence[str]) -> dict[str, list[LogRow]]:
        """The files of these may be gone, as the deletion halted: examine them again."""
        for thread_id in thread_ids:
            self._writer.forget(thread_id)
        return {thread_id: [] for thread_id in thread_ids}

    def _say_once(self, what: str, fault: Exception | str) -> None:
        if len(self._warned) >= SAID_MAX:
            self._warned.clear()
        if (what, str(fault)) not in self._warned:
            self._warned.add((what, str(fault)))
            GOES_WITHOUT.emit(what=what, fault=fault)

    async def _sync(self) -> None:
        unsynced = self._writer.unsynced
        heads = await self._open_to_us(unsynced)
        for thread_id, place in tuple(unsynced.items()):
            if thread_id in heads:
                with suppress(UnexpectedFile):  # another program replaced the written file
                    self._folders.sync(place)
            del unsynced[thread_id]
        link = await self._log.reads.link_at(self._position)
        if link is not None:
            checkpoint = {"log": self._log.log_id, "position": self._position, "chain": link.hex()}
            self._folders.write_small(CHECKPOINT, to_json(checkpoint))
