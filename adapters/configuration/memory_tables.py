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
    """Whether the host makes notes of threads."""
    use_memories: bool = True
    """Whether threads get the text made of the notes."""
    extract_model: Name | None = None
    """The model, of the default provider, that makes notes; by default the thread's own."""
    consolidation_model: Name | None = None
    """The model, of the default provider, that makes one text of all notes."""
    min_rollout_idle_hours: Annotated[float, Field(ge=0, le=8_760)] = 6
    """The time after its last change at which a thread counts as finished; an archived thread does
    at once."""
    max_rollout_age_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    """The host makes no notes of threads whose last change is older."""
    max_raw_memories_for_consolidation: Count = 256
    """The number of notes that the host keeps, the newest ones."""
    max_rollouts_per_startup: Annotated[int, Field(ge=0, le=512)] = 16
    """The number of notes that the host makes, until it ends, of threads that were finished at its
    start."""
    disable_on_external_context: bool = False
    """Whether the host makes no notes of threads that used tools of MCP servers."""
    max_running_jobs: Annotated[int, Field(ge=1, le=64)] = 2
    """The number of notes that the host makes at once. Extension of this host."""
    consolidation_interval_minutes: Annotated[int, Field(ge=0, le=10_080)] = 360
    """The time between two consolidations, unless something was forgotten. Extension of this
    host."""


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
