"""Where the rollout file of a thread stands once this host writes such files; none does yet."""

from pathlib import Path
from time import gmtime, strftime

MILLISECONDS = 1000


def rollout_path(home: Path, thread_id: str, created_at_ms: int, *, archived: bool) -> str:
    """The path in the home, by when the thread was made (UTC); that of one put away is another."""
    made = gmtime(created_at_ms // MILLISECONDS)
    name = f"rollout-{strftime('%Y-%m-%dT%H-%M-%S', made)}-{thread_id}.jsonl"
    folder = "archived_sessions" if archived else strftime("sessions/%Y/%m/%d", made)
    return str(home.absolute() / folder / name)
