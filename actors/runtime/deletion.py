"""Deleting a tree: a process whose every step is recorded, so that any start can finish it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from threadhost.actors.errors import DeletionHalted
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.shutdown import stop_all
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actor import DoTree, Record, TreeActor
from threadhost.actors.tree import CompleteDeletion, HaltDeletion, leaf_first, tombstones
from threadhost.events.base import StreamState
from threadhost.events.failpoints import reach
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.tree import (
    DeletionReceipt,
    TreeDeletionPlanned,
    TreeFilesRemoved,
    TreeShutdownCompleted,
)

TOMBSTONES_A_TRANSACTION_MAX = 256


@dataclass(frozen=True, slots=True)
class DeletionServices:
    """What deletions work with."""

    logs: Logs
    threads: LiveThreads
    clock: Clock
    shutdown_deadline_ms: int


@dataclass(slots=True, eq=False)
class Deletion:
    """One deletion under way; `done` ends with the receipt, or with DeletionHalted."""

    plan: TreeDeletionPlanned
    tree: TreeActor
    origin: Origin
    services: DeletionServices
    deleted: list[str] = field(default_factory=list)
    missing: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    done: "asyncio.Task[DeletionReceipt] | None" = None

    @property
    def thread_ids(self) -> list[str]:
        """The plan's threads, leaf first, the root last."""
        return [target.thread_id for target in leaf_first(self.plan.targets)]

    async def run(self) -> DeletionReceipt:
        """Carry the plan out from wherever it stands. Raises DeletionHalted."""
        reach("deletion.planned")
        await self._shut_down()
        reach("deletion.shut_down")
        files, refused = await self._remove_files()
        reach("deletion.files_removed")
        ephemeral = await self._drop_ephemeral()
        await self._bury(self._durable_ids(until=refused[0] if refused else None))
        reach("deletion.buried")
        if refused is not None:
            await self._halt(refused[1])
        keys = await self._destroy_keys()
        reach("deletion.keys_destroyed")
        receipt = DeletionReceipt(
            threads=len(self.deleted),
            missing=self.missing,
            ephemeral=ephemeral,
            files=files,
            keys=keys,
            rows=dict(self.rows),
        )
        await self._ask(CompleteDeletion(self.plan.deletion_id, receipt))
        reach("deletion.completed")
        return receipt

    async def _shut_down(self) -> None:
        services = self.services
        actors = await services.threads.settled(self.thread_ids)
        if not actors:
            return
        stopped = await stop_all(
            actors,
            services.logs,
            services.clock,
            "delete",
            self.origin,
            services.shutdown_deadline_ms,
        )
        await self._record(
            TreeShutdownCompleted(
                deletion_id=self.plan.deletion_id,
                root_id=self.plan.root_id,
                stopped=stopped.stopped,
                timed_out=list(stopped.timed_out),
            )
        )

    async def _remove_files(self) -> tuple[int, tuple[str, str] | None]:
        """How many files went, and the thread and reason where one could not."""
        files = self.services.logs.durable.files

        def work() -> tuple[int, tuple[str, str] | None]:
            removed = 0
            for thread_id in self._durable_ids():
                try:
                    removed += files.remove(thread_id)
                except OSError as error:
                    return removed, (thread_id, f"{error.filename}: {error.strerror or error}")
            return removed, None

        removed, refused = await asyncio.to_thread(work)
        if removed:
            await self._record(
                TreeFilesRemoved(
                    deletion_id=self.plan.deletion_id, root_id=self.plan.root_id, files=removed
                )
            )
        return removed, refused

    async def _drop_ephemeral(self) -> int:
        """Threads in memory are below all others; they go first and leave nothing."""
        log, logs = self.services.logs.ephemeral, self.services.logs
        gone = [t.thread_id for t in leaf_first(self.plan.targets) if t.ephemeral]
        present = [t for t in gone if log.stream_head(thread_stream(t))]
        await self._append_tombstones(present)
        for thread_id in present:
            await logs.forget(thread_id)
        self.tree.forget_ephemeral(gone)
        return len(present)

    async def _bury(self, thread_ids: Sequence[str]) -> None:
        log, buried = self.services.logs.durable, []
        for thread_id in thread_ids:
            head = log.stream_head(thread_stream(thread_id))
            if head is None:
                self.missing += 1
            elif head.state is StreamState.CLOSED:
                self.deleted.append(thread_id)  # before a crash
            else:
                buried.append(thread_id)
        for at in range(0, len(buried), TOMBSTONES_A_TRANSACTION_MAX):
            some = buried[at : at + TOMBSTONES_A_TRANSACTION_MAX]
            appended = await self._append_tombstones(some)
            self.rows.update(appended.removed_rows)
            self.deleted += some
            reach("deletion.batch_buried")

    async def _append_tombstones(self, thread_ids: Sequence[str]) -> Appended:
        if not thread_ids:
            return Appended(())
        services = self.services
        appends = [
            StreamAppend(stream, [event])
            for stream, event in tombstones(self.plan, thread_ids).items()
        ]
        meta = self.origin.at(services.clock.now_ms())
        for thread_id in thread_ids:
            services.threads.supervisor.forget(thread_id)
        return await services.logs.of(thread_ids[0]).append(*appends, meta=meta)

    async def _destroy_keys(self) -> int:
        streams = [thread_stream(thread_id) for thread_id in self.deleted]
        return await self.services.logs.durable.destroy_keys(streams)

    async def _halt(self, reason: str) -> None:
        await self._destroy_keys()
        await self._ask(HaltDeletion(self.plan.deletion_id, reason, self.deleted))
        raise DeletionHalted(reason)

    def _durable_ids(self, until: str | None = None) -> list[str]:
        found = []
        for target in leaf_first(self.plan.targets):
            if target.thread_id == until:
                break
            if not target.ephemeral:
                found.append(target.thread_id)
        return found

    async def _ask(self, command: CompleteDeletion | HaltDeletion) -> None:
        await self.tree.actor_ref.ask(DoTree(command, self.origin), block=False)

    async def _record(self, event: TreeShutdownCompleted | TreeFilesRemoved) -> None:
        await self.tree.actor_ref.ask(Record([event], self.origin), block=False)
