"""The status of a thread, as clients see it."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_list

ThreadActiveFlag = Literal["waitingOnApproval", "waitingOnUserInput"]


class NotLoadedStatus(Wire):
    """The thread is stored and has no actor."""

    type: Literal["notLoaded"] = "notLoaded"


class IdleStatus(Wire):
    """The thread is loaded and has nothing to do."""

    type: Literal["idle"] = "idle"


class SystemErrorStatus(Wire):
    """The thread failed and waits for its next turn."""

    type: Literal["systemError"] = "systemError"


class ActiveStatus(Wire):
    """A turn runs, or waits for an answer."""

    type: Literal["active"] = "active"
    active_flags: list[ThreadActiveFlag] = Field(default_factory=no_list)
    """What the turn waits for; empty if it does not wait."""


ThreadStatus = Annotated[
    NotLoadedStatus | IdleStatus | SystemErrorStatus | ActiveStatus,
    Tagged(),
]
