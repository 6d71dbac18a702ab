"""Memory in a host: starts where the configuration enables it, and reads the host's views."""

from functools import partial
from typing import TYPE_CHECKING

from threadhost.actors.memory_jobs import MemoryPolicy
from threadhost.actors.runtime import tasks
from threadhost.actors.runtime.memories import Candidate, Due, Memories
from threadhost.actors.runtime.recalled_memory import RecalledMemory
from threadhost.projections.memory import due_notes, forbidden_notes, next_retry_ms

if TYPE_CHECKING:
    from threadhost.actors.host import Host
    from threadhost.actors.runtime.journal import Outside
    from threadhost.events.store.port import Reads


def begin(host: "Host", outside: "Outside", behaviour: MemoryPolicy, epoch: int) -> Memories:
    """The supervisor of a host's memory; it works once it is run."""
    reads = host.logs.durable.reads

    async def look(policy: MemoryPolicy, now_ms: int, since_ms: int) -> Due:
        return await _due(reads, policy, now_ms, since_ms)

    if behaviour.uses:
        recalled = RecalledMemory(host.logs.memory(outside.clock), host.live)
        host.live.recall = recalled.to
        host.logs.durable.feed.listen(recalled.published)
        tasks.begin(recalled.reload())
    forbidden = partial(forbidden_notes, reads)
    return Memories(host.logs, outside, behaviour, look, forbidden, epoch)


async def _due(reads: "Reads", policy: MemoryPolicy, now_ms: int, since_ms: int) -> Due:
    notes = await due_notes(reads, now_ms, since_ms, policy.idle_ms, policy.notes_max)
    candidates = [Candidate(*row) for row in notes]
    return Due(candidates, await next_retry_ms(reads, now_ms))
