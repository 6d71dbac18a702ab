"""`thread/memoryMode/set`, `memory/*` and `host/memory/read`: what is remembered of threads."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result

ThreadMemoryMode = Literal["enabled", "disabled"]
THREADS_DEFAULT = 20


class ThreadMemoryModeSetParams(Params):
    """A thread, and whether memories may be made of it."""

    thread_id: str
    mode: ThreadMemoryMode


class ThreadMemoryModeSetResponse(Empty):
    """The mode is set."""


class MemoryStatusParams(Params):
    """Of how many threads the text for later ones has to be made to be called ready."""

    min_consolidated_threads: Annotated[int, Field(ge=1, le=4_096)] | None = None


class MemoryStatusResponse(Result):
    """Of how many threads that text is made, and whether these are enough."""

    v2_consolidated_threads: int
    v2_ready: bool


class MemoryResetResponse(Empty):
    """No memory is left."""


class MemoryReadParams(Params):
    """A thread, or none."""

    thread_id: str | None = None


class MemoryReadResponse(Result):
    """What later threads are told, and the note of the thread that was asked for.

    `states` counts threads by how far their note is.
    """

    enabled: bool
    text: str | None
    note: str | None
    states: dict[str, int]
