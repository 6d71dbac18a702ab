"""Retention in a host: its rules, the facts about threads, and its timer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from threadhost.actors.host import Host
from threadhost.actors.retention import RetentionPolicy, ThreadFacts
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.retention import Record, Retention
from threadhost.events.ids import thread_of, thread_stream
from threadhost.projections.agent_mail import waiting_mail
from threadhost.projections.goal import threads_with_work
from threadhost.projections.holds import sessions_with_holds
from threadhost.projections.retention import ages_of, thread_ages

FIRST_AFTER_S = 60.0
"""A start has more urgent work; yet a host that restarts often still applies its rules."""


class RetentionReads:
    """The facts that retention reads from a host; large reads run on a thread of their own."""

    def __init__(self, logs: Logs, is_followed: Callable[[str], bool]) -> None:
        self._logs = logs
        self._reads = logs.durable.reads
        self.is_followed = is_followed

    async def facts(self) -> Sequence[ThreadFacts]:
        """The facts of all stored threads."""
        read = partial(thread_ages, self._reads)
        facts = await (read() if self._reads.in_memory else self._reads.apart(read))
        return [ThreadFacts(*age) for age in facts]

    async def facts_in_memory(self) -> Sequence[ThreadFacts]:
        """The facts of all threads that live in memory alone."""
        return [ThreadFacts(*age) for age in await thread_ages(self._logs.ephemeral.reads)]

    async def facts_of(self, thread_ids: Sequence[str]) -> Sequence[ThreadFacts]:
        """The facts of these stored threads, as far as they exist."""
        return [ThreadFacts(*age) for age in await ages_of(self._reads, thread_ids)]

    async def sizes(self, thread_ids: Sequence[str] | None = None) -> Mapping[str, int]:
        """The bytes of these threads in the log and in payload files."""
        streams = None if thread_ids is None else [thread_stream(t) for t in thread_ids]
        read = partial(self._reads.stream_sizes, streams)
        sizes = await (read() if self._reads.in_memory else self._reads.apart(read))
        files = self._logs.durable.files

        def with_files() -> Mapping[str, int]:
            return {
                thread_id: size.bytes + files.size(thread_id)
                for stream, size in sizes.items()
                if (thread_id := thread_of(stream)) is not None
            }

        return await asyncio.to_thread(with_files)

    async def going_on(self) -> Sequence[str]:
        """Threads with an active goal, with a queued turn, or with a message to process."""
        waiting = await waiting_mail(self._reads)
        return [*dict.fromkeys((*await threads_with_work(self._reads), *waiting.due))]

    async def held_sessions(self) -> frozenset[str]:
        """Trees that contain a hold."""
        return frozenset(await sessions_with_holds(self._reads))


def retention_of(
    host: Host,
    behaviour: RetentionPolicy,
    is_followed: Callable[[str], bool],
    outside: Outside,
    record: Record,
) -> Retention:
    """The retention of a host; it runs on request, or at intervals once `run` is called."""
    reads = RetentionReads(host.logs, is_followed)
    return Retention(host, reads, behaviour, (outside.clock, outside.ids), record)
