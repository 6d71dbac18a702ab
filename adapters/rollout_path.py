"""Where the rollout file of a thread stands once this host writes such files; none does yet."""

from time import gmtime, strftime

MILLISECONDS = 1000


def rollout_path(home: str, thread_id: str, created_at_ms: int, *, archived: bool) -> str:
    """The path in the home, by when the thread was made (UTC); that of one put away is another."""
    made = strftime("%Y-%m-%dT%H-%M-%S", gmtime(created_at_ms // MILLISECONDS))
    day = made.partition("T")[0]
    folder = "archived_sessions" if archived else "sessions/" + day.replace("-", "/")
    return f"{home}/{folder}/rollout-{made}-{thread_id}.jsonl"
