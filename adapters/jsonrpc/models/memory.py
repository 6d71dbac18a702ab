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
    """`enabled` if memories may be made of it; `disabled` also forgets what was made."""


class ThreadMemoryModeSetResponse(Empty):
    """The mode is set."""


class MemoryStatusParams(Params):
    """Of how many threads the text for later ones has to be made to be called ready."""

    min_consolidated_threads: Annotated[int, Field(ge=1, le=4_096)] | None = None
    """Of how many threads a text has to be made to be called ready, 1 to 4,096; 20 without it, or
    null."""


class MemoryStatusResponse(Result):
    """Of how many threads that text is made, and whether these are enough."""

    v2_consolidated_threads: int
    """Of how many threads the text for later ones is made."""
    v2_ready: bool
    """Whether there are as many as `minConsolidatedThreads` asks for."""


class MemoryResetResponse(Empty):
    """No memory is left."""


class MemoryReadParams(Params):
    """A thread, or none."""

    thread_id: str | None = None
    """The thread whose note is wanted, by its id; null for none."""


class MemoryReadResponse(Result):
    """What later threads are told, and the note of the thread that was asked for.

    `states` counts threads by the state of their note.
    """

    enabled: bool
    """Whether the host remembers threads."""
    text: str | None
    """What later threads are told; null if nothing."""
    note: str | None
    """The note of the thread that was asked for; null if there is none."""
    states: dict[str, int]
    """How many threads stand how with their note."""
