"""`thread/memoryMode/set` and `memory/reset`: whether memories are made of threads."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Empty, Params

ThreadMemoryMode = Literal["enabled", "disabled"]


class ThreadMemoryModeSetParams(Params):
    """A thread, and whether memories may be made of it."""

    thread_id: str
    mode: ThreadMemoryMode


class ThreadMemoryModeSetResponse(Empty):
    """The mode is set."""


class MemoryResetResponse(Empty):
    """No memory is left."""
