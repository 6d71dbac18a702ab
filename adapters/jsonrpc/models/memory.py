"""`thread/memoryMode/set`, `memory/*` and `host/memory/read`: the memory of threads."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result

ThreadMemoryMode = Literal["enabled", "disabled"]
THREADS_DEFAULT = 20


class ThreadMemoryModeSetParams(Params):
    """A thread, and whether memories may be made of it."""

    thread_id: str
    mode: ThreadMemoryMode
    """`enabled` to allow notes of the thread; `disabled` also drops the existing one."""


class ThreadMemoryModeSetResponse(Empty):
    """The mode is set."""


class MemoryStatusParams(Params):
    """The number of threads from which the text must be made to be ready."""

    min_consolidated_threads: Annotated[int, Field(ge=1, le=4_096)] | None = None
    """The number of threads from which the text must be made to be ready, 1 to 4,096; 20 if absent
    or null."""


class MemoryStatusResponse(Result):
    """The number of threads from which the text is made, and whether it is large enough."""

    v2_consolidated_threads: int
    """The number of threads from which the text for later threads is made."""
    v2_ready: bool
    """Whether the text is made from at least `minConsolidatedThreads` threads."""


class MemoryResetResponse(Empty):
    """All memories were dropped."""


class MemoryReadParams(Params):
    """A thread, or none."""

    thread_id: str | None = None
    """The id of the thread whose note to return; null for none."""


class MemoryReadResponse(Result):
    """The text that later threads get, and the note of the requested thread.

    `states` counts threads by the state of their note.
    """

    enabled: bool
    """Whether the host makes notes of threads."""
    text: str | None
    """The text that later threads get; null for none."""
    note: str | None
    """The note of the requested thread; null if there is none."""
    states: dict[str, int]
    """The number of threads in each state of their notes."""
