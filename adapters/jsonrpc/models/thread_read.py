"""`thread/read`: one thread, loaded or stored, without loading it."""

from typing import Annotated, Literal

from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.thread import ThreadResult
from threadhost.adapters.jsonrpc.models.variants import Tagged


class UnreadFromStart(Wire):
    """A person has read nothing of the thread."""

    type: Literal["threadStart"] = "threadStart"


class UnreadFromTurn(Wire):
    """A person has read the thread up to this turn."""

    type: Literal["turn"] = "turn"
    turn_id: str
    """The id of the first turn that was not read."""


class ThreadReadState(Wire):
    """How far a person has read a thread; `revision` changes with it."""

    first_unread: Annotated[UnreadFromStart | UnreadFromTurn, Tagged()] | None = None
    """The place at which reading continues; null if all was read."""
    revision: str
    """A text that changes with every change."""


class ThreadReadParams(Params):
    """The thread, and whether to return its whole history."""

    thread_id: str
    include_turns: bool = False
    """Whether the whole history comes along, in `thread.turns`."""


class ThreadReadResponse(ThreadResult):
    """The current thread."""

    read_state: ThreadReadState | None = None
    """Always null: the host does not store what a person has read."""
