"""The work on a turn that compacts the history: one model call, whose text nobody is shown."""

from threadhost.actors.compaction import EndCompaction, compaction_item
from threadhost.actors.origin import Origin
from threadhost.actors.ports import ModelEvent, OutputDone
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.model_run import Ended, ModelRun
from threadhost.actors.runtime.turn_work import Hear, TurnWork
from threadhost.actors.thread import Command, Events, decide


class CompactionWork(TurnWork):
    """Asks for a summary; until it is whole, the history is what it was."""

    __slots__ = ("_item_id", "_through_version")

    def __init__(self, journal: Journal, hear: Hear, origin: Origin, item_id: str) -> None:
        super().__init__(journal, hear, origin, None)
        self._item_id = item_id
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

    async def _ended(self, run: ModelRun, message: Ended) -> None:
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
