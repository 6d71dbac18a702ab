"""The nouns of a host, one row each: everything that other files need to know of a noun.

Code that needs a noun's file looks it up here and imports it then. The rows are only names, so the
bottom layer can hold a table for all layers, and a start imports nothing that it does not need.
"""

from threadhost.events.named_tuple import NamedTuple


class Noun(NamedTuple):
    """A noun and its files; it has only those that it needs.

    - `events/<name>.py` declares its events and folds them: imported wherever a log is read;
    - `projections/<view>.py` keeps its view: imported wherever there are views;
    - `adapters/jsonrpc/methods/<name>.py` answers `methods`: imported with the first call of one;
    - `adapters/jsonrpc/<notified_by>.py` notifies clients of its events: imported with the first.
    """

    name: str
    methods: tuple[str, ...] = ()
    view: str = ""
    notified_by: str = ""


NOUNS = (
    Noun(
        "thread",
        ("thread/read", "thread/name/set", "thread/unsubscribe", "thread/delete"),
        view="threads",
        notified_by="notify",
    ),
    Noun("turn", ("turn/start", "turn/steer", "turn/interrupt"), "turns", "notify_turns"),
    Noun("tree", view="tree"),
    Noun("hold", ("host/hold/set", "host/hold/release", "host/hold/list"), "holds"),
    Noun("retention", ("host/retention/preview", "host/retention/run")),
    Noun(
        "queue",
        (
            "thread/queue/add",
            "thread/queue/list",
            "thread/queue/update",
            "thread/queue/delete",
            "thread/queue/reorder",
        ),
        view="queue",
        notified_by="methods.queue",
    ),
    Noun(
        "goal",
        (
            "thread/goal/set",
            "thread/goal/get",
            "thread/goal/clear",
            "host/goal/extend",
            "host/goal/setTree",
        ),
        view="goal",
        notified_by="notify_goals",
    ),
    Noun("goal_cover", view="goal_cover"),
    Noun("agent", view="agent_mail", notified_by="notify_agents"),
    Noun("tool", notified_by="notify_turns"),
    Noun("host_tool", notified_by="notify_turns"),
    Noun("elicitation", notified_by="notify_turns"),
    Noun(
        "server_tool",
        (
            "mcpServerStatus/list",
            "mcpServer/tool/call",
            "mcpServer/resource/read",
            "config/mcpServer/reload",
        ),
    ),
    Noun("picture"),
    Noun("retry", notified_by="notify_turns"),
    Noun("warning", notified_by="notify_turns"),
    Noun("compaction", ("thread/compact/start",), notified_by="notify_turns"),
    Noun("injection", ("thread/inject_items",)),
    Noun("revert", ("thread/revert",), notified_by="methods.revert"),
    Noun("fork", ("thread/fork",)),
    Noun("metadata", ("thread/metadata/update",), "metadata"),
    Noun("imported", ("host/import/codex",), "imported"),
    Noun(
        "memory",
        ("thread/memoryMode/set", "memory/status", "memory/reset", "host/memory/read"),
        "memory",
    ),
    Noun(
        "host",
        (
            "host/thread/previewDelete",
            "host/events/subscribe",
            "host/events/unsubscribe",
            "host/stats/read",
            "host/thread/logs",
        ),
        view="program_log",
    ),
    Noun("client"),
    Noun(
        "job",
        (
            "job/create",
            "job/list",
            "job/read",
            "job/items/list",
            "job/cancel",
            "job/pause",
            "job/resume",
            "job/retry",
            "job/export",
            "job/delete",
        ),
        view="jobs",
        notified_by="notify_jobs",
    ),
)
BY_NAME = {noun.name: noun for noun in NOUNS}


def noun_of(declared: type) -> Noun | None:
    """Return the noun whose file declares a type of event; None if no noun's file does."""
    return BY_NAME.get(declared.__module__.rpartition(".")[2])
