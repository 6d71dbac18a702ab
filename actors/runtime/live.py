"""Live items: what followers of a thread see of a turn before it is in the log."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from threadhost.actors.items import Begun, started_item
from threadhost.actors.models import (
    ModelEvent,
    OutputDone,
    OutputStarted,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
)
from threadhost.actors.runtime.item_assembly import Delta
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.actors.runtime.model_run import ModelRun


class Live(Protocol):
    """Receives the progress of turns, for the clients that follow their threads."""

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """Show what an agent does also to the followers of its parent."""

    def may_belong(self, thread_id: str) -> None:
        """The same for a thread that is an agent if the view of threads says so."""

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """The model began an item."""

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        """The model thought further."""


class Stage(NamedTuple):
    """Shows the output of a model to clients; without `live`, as for a summary, shows nothing."""

    live: Live | None
    thread_id: str
    turn_id: str

    def show(
        self, run: "ModelRun", event: ModelEvent, new_id: Callable[[], str], at_ms: int
    ) -> None:
        """Process an event of the model, and show what is new to clients."""
        if isinstance(event, ResponseDone):
            return
        if run.items.is_denied(event):
            begun, pieces = run.items.restart(event.number, new_id, at_ms)
            self._start(begun)
            for piece in pieces:
                self._grow(begun, piece)
        if isinstance(event, OutputDone):
            run.collect(event, at_ms)
        elif isinstance(event, OutputStarted):
            self._start(run.items.begin(event, new_id, at_ms))
        else:
            grown = run.items.grow(event)
            if grown is not None:
                self._grow(grown[0], event._replace(text=grown[1]))

    def _start(self, begun: Begun | None) -> None:
        item = started_item(begun) if begun else None
        if item is not None and self.live is not None:
            self.live.item_started(self.thread_id, self.turn_id, item)

    def _grow(self, begun: Begun, piece: Delta) -> None:
        if self.live is None:
            return
        place = self.thread_id, self.turn_id, begun.item_id
        if isinstance(piece, TextDelta):
            self.live.text_delta(*place, piece.text)
        else:
            self.live.reasoning_delta(*place, piece)
