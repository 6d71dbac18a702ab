"""From the table `[memories]` of the file to how a host remembers threads."""

from threadhost.actors.memory_jobs import MemoryPolicy
from threadhost.adapters.configuration.memory_tables import MemoriesTable

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def policy_of(table: MemoriesTable | None) -> MemoryPolicy:
    """What the table says; without one, what is usual."""
    table_given = table or MemoriesTable()
    return MemoryPolicy(
        table_given.generate_memories,
        table_given.use_memories,
        table_given.extract_model,
        table_given.consolidation_model,
        round(table_given.min_rollout_idle_hours * HOUR_MS),
        table_given.max_rollout_age_days * DAY_MS,
        table_given.max_raw_memories_for_consolidation,
        table_given.max_rollouts_per_startup,
        table_given.max_running_jobs,
        table_given.consolidation_interval_minutes * MINUTE_MS,
        keeps_out_external=table_given.disable_on_external_context,
    )
