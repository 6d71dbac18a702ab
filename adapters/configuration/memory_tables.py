"""The table of a configuration file that says how threads are remembered."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from threadhost.adapters.configuration.thread_keys import Name, Table

if TYPE_CHECKING:
    from threadhost.actors.memory_jobs import MemoryPolicy

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
Count = Annotated[int, Field(ge=1, le=512)]


class MemoriesTable(Table):
    """`[memories]`: how notes of threads are made and given, where `features.memories` is on."""

    generate_memories: bool = True
    """Whether notes are made of threads."""
    use_memories: bool = True
    """Whether threads are given what is remembered."""
    extract_model: Name | None = None
    """The model, of the default provider, that makes notes; by default the thread's own."""
    consolidation_model: Name | None = None
    """The model, of the default provider, that makes one text of all notes."""
    min_rollout_idle_hours: Annotated[float, Field(ge=0, le=8_760)] = 6
    """So long after its last change a thread is over; one that is archived is at once."""
    max_rollout_age_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    """Threads that did not change for longer are not noted any more."""
    max_raw_memories_for_consolidation: Count = 256
    """Notes that are kept, the newest."""
    max_rollouts_per_startup: Annotated[int, Field(ge=0, le=512)] = 16
    """Of threads that were over at its start, so many are noted until the host ends."""
    disable_on_external_context: bool = False
    """Whether no note is made of a thread that used the tools of a server."""
    max_running_jobs: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that are noted at once. This host's own."""
    consolidation_interval_minutes: Annotated[int, Field(ge=0, le=10_080)] = 360
    """Between two texts made of all notes, unless something was forgotten. This host's own."""


def policy_of(table: MemoriesTable | None) -> "MemoryPolicy":
    """The memory policy of a table; without a table, the default."""
    from threadhost.actors.memory_jobs import MemoryPolicy

    memories = table or MemoriesTable()
    return MemoryPolicy(
        memories.generate_memories,
        memories.use_memories,
        memories.extract_model,
        memories.consolidation_model,
        round(memories.min_rollout_idle_hours * HOUR_MS),
        memories.max_rollout_age_days * DAY_MS,
        memories.max_raw_memories_for_consolidation,
        memories.max_rollouts_per_startup,
        memories.max_running_jobs,
        memories.consolidation_interval_minutes * MINUTE_MS,
        keeps_out_external=memories.disable_on_external_context,
    )
