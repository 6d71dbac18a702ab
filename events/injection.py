"""Items that a client puts into a thread's history from outside: their event."""

from typing import Any

from pydantic import Field

from threadhost.events.base import Event, history_event
from threadhost.events.empty import no_list


@history_event("thread.items_injected.v1", since="0.1", cause="asked")
class ItemsInjected(Event):
    """Responses API items joined the history that a model sees.

    `unknown` are items of types that no model is known to take: they are kept, and shown to none.
    """

    items: list[dict[str, Any]]
    unknown: list[dict[str, Any]] = Field(default_factory=no_list)
