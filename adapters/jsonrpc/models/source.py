"""Where a thread came from: a program, a client of its own name, or another thread."""

from typing import Annotated, Literal

from threadhost.adapters.jsonrpc.models.base import SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.scalars import I32
from threadhost.adapters.jsonrpc.models.variants import Named

ThreadSourceKind = Literal[
    "cli",
    "vscode",
    "exec",
    "appServer",
    "subAgent",
    "subAgentReview",
    "subAgentCompact",
    "subAgentThreadSpawn",
    "subAgentOther",
    "unknown",
]


class ThreadSpawn(SnakeWire):
    """The parent that spawned a thread, and the thread's depth below the root."""

    parent_thread_id: str
    """The id of the parent."""
    depth: I32
    """Its depth below the root."""
    agent_path: str | None = None
    """Its path in its team; null if it has none."""
    agent_nickname: str | None = None
    agent_role: str | None = None


class ThreadSpawnSource(SnakeWire):
    """A thread that another thread spawned."""

    thread_spawn: ThreadSpawn
    """The thread that spawned it."""


class OtherSubAgentSource(SnakeWire):
    """A subagent with a label and no parent in the tree."""

    other: str
    """The label."""


SubAgentName = Literal["review", "compact", "memory_consolidation"]
SubAgentSource = Annotated[
    SubAgentName | ThreadSpawnSource | OtherSubAgentSource,
    Named(),
]


class CustomSource(Wire):
    """A thread of a program that gave its own name."""

    custom: str
    """The name that the program gave itself."""


class SubAgentSessionSource(Wire):
    """A thread that runs on behalf of another."""

    sub_agent: SubAgentSource
    """The kind of the subagent."""


SessionName = Literal["cli", "vscode", "exec", "appServer", "unknown"]
SessionSource = Annotated[
    SessionName | CustomSource | SubAgentSessionSource,
    Named(),
]


def spawned_by(
    parent_thread_id: str, depth: int, nickname: str | None = None, role: str | None = None
) -> SubAgentSessionSource:
    """The source of a thread spawned by `parent_thread_id`, `depth` edges below its root."""
    spawn = ThreadSpawn(
        parent_thread_id=parent_thread_id,
        depth=depth,
        agent_nickname=nickname,
        agent_role=role,
    )
    return SubAgentSessionSource(sub_agent=ThreadSpawnSource(thread_spawn=spawn))
