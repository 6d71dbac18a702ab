"""From the table `[memories]` of the file to how a host remembers threads."""

from threadhost.actors.memory_jobs import MemoryPolicy
from threadhost.adapters.configuration.memory_tables import MemoriesTable

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def policy_of(table: MemoriesTable | None) -> MemoryPolicy:
    """What the table says; without one, what is usual."""
    said = table or MemoriesTable()
    return MemoryPolicy(
        said.generate_memories,
        said.use_memories,
        said.extract_model,
        said.consolidation_model,
        round(said.min_rollout_idle_hours * HOUR_MS),
        said.max_rollout_age_days * DAY_MS,
        said.max_raw_memories_for_consolidation,
        said.max_rollouts_per_startup,
        said.max_running_jobs,
        said.consolidation_interval_minutes * MINUTE_MS,
        keeps_out_external=said.disable_on_external_context,
    )
