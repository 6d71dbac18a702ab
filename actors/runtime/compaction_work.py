"""The work on a turn that compacts the history: one model call, whose text nobody is shown."""

from pydantic_core import from_json

from threadhost.actors.command import Command
from threadhost.actors.compaction import EndCompaction, compaction_item
from threadhost.actors.origin import Origin
from threadhost.actors.ports import ModelEvent, OutputDone
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.model_run import Ended, ModelRun
from threadhost.actors.runtime.turn_work import Hear, TurnWork, request_after
from threadhost.actors.thread import Events, decide

TOO_LONG = "contextWindowExceeded"
LEFT_OUT_AT_ONCE = 4
"""One part in so many of a history is left out each time the model finds it too long."""


class CompactionWork(TurnWork):
    """Asks for a summary; until it is whole, the history is what it was.

    Where the model finds the history too long it is asked again, without the oldest part.
    """

    __slots__ = ("_item_id", "_left_out", "_through_version")

    def __init__(self, journal: Journal, hear: Hear, origin: Origin, item_id: str) -> None:
        super().__init__(journal, hear, origin, None)
        self._item_id = item_id
        self._left_out = 0
        self._through_version = journal.state.version

    def ended_by(self, command: Command, events: Events) -> Events:
        """These events alone: half a summary is none."""
        del command
        return events

    def go_on(self, origin: Origin, *, asks_model: bool) -> None:
        """Ask the model, and say that it is at work."""
        super().go_on(origin, asks_model=asks_model)
        state = self._journal.state
        if state.turn is not None:
            item = compaction_item(self._item_id, state.turn.started_at_ms, None)
            self._journal.services.live.item_started(state.id, state.turn.id, item)

    async def _progress(self, run: ModelRun, event: ModelEvent) -> None:
        if isinstance(event, OutputDone):
            run.collect(event, self._journal.now_ms())

    def _lines(self) -> list[bytes]:
        return super()._lines()[self._left_out :]

    async def _ended(self, run: ModelRun, message: Ended) -> None:
        if message.failure is not None and message.failure.code == TOO_LONG:
            shorter = shortened(self._journal.history.lines, self._left_out)
            if shorter is not None:
                await self._append(request_after(self._journal, [], shorter))
                self._left_out, self._through_version = shorter, self._journal.state.version
                self._start_run()
                return
        command = EndCompaction(
            self._item_id,
            _text(run),
            self._through_version,
            message.response_id,
            message.usage,
            self._journal.now_ms(),
            message.failure,
        )
        await self._append(decide(command, self._journal.state))
        self.run = None


def _text(run: ModelRun) -> str:
    items = [output.item for output in run.outputs if output.item is not None]
    return "\n\n".join(item["text"] for item in items if item["type"] == "agentMessage")


def shortened(lines: list[bytes], left_out: int) -> int | None:
    """How many of the oldest lines to leave out next, None if nothing would be left.

    What is left begins with a message of a user, so that no answer stands without its call. The
    last line is the prompt.
    """
    first = left_out + max(1, (len(lines) - 1 - left_out) // LEFT_OUT_AT_ONCE)
    for number in range(first, len(lines) - 1):
        item = from_json(lines[number])
        if item.get("type") == "message" and item.get("role") == "user":
            return number
    return None
