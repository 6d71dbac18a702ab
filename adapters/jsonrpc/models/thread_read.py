"""`thread/read`: one thread, loaded or stored, without loading it."""

from typing import Annotated, Literal

from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.thread import ThreadResult
from threadhost.adapters.jsonrpc.models.variants import Tagged


class UnreadFromStart(Wire):
    """Nothing of the thread has been read."""

    type: Literal["threadStart"] = "threadStart"


class UnreadFromTurn(Wire):
    """The thread has been read up to this turn."""

    type: Literal["turn"] = "turn"
    turn_id: str
    """The first turn that was not read, by its id."""


class ThreadReadState(Wire):
    """How far a thread has been read; `revision` changes whenever that does."""

    first_unread: Annotated[UnreadFromStart | UnreadFromTurn, Tagged()] | None = None
    """Where reading goes on; null if all was read."""
    revision: str
    """Another text each time that this changes."""


class ThreadReadParams(Params):
    """Which thread, and whether with its whole history."""

    thread_id: str
    include_turns: bool = False
    """Whether the whole history comes along, in `thread.turns`."""


class ThreadReadResponse(ThreadResult):
    """The thread as it is now."""

    read_state: ThreadReadState | None = None
    """Always null: what a person has read is not kept."""
