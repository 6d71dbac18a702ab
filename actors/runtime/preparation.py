"""Reads what some commands need from the log or the history before they are decided."""

from threadhost.actors.command import Command
from threadhost.actors.compaction import StartCompaction, summary_request
from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reverting import located
from threadhost.actors.turn import StartTurn
from threadhost.events.dispatch import by_type
from threadhost.events.input_items import changed_context


@by_type
async def prepared(command: Command, journal: Journal) -> Command:
    """The command, ready for its rule; most need no change. Raises Refusal or StoreError."""
    return command


@prepared.register
async def _start_turn(command: StartTurn, journal: Journal) -> Command:
    """Drop context that the model knows already; or have a history that is too long summed up."""
    from threadhost.actors.runtime.model_request import must_compact

    await journal.load_history()
    state = journal.state
    if command.change is not None:
        state = state._replace(settings=command.change.of(state))
    if state.turn is None and must_compact(journal, state, journal.history):
        return command.but(compaction=summary_request(journal.services.ids.new()))
    if command.context:
        return command.but(context=[*changed_context(command.context, journal.history.lasting)])
    return command


@prepared.register
async def _start_compaction(command: StartCompaction, journal: Journal) -> Command:
    await journal.load_history()
    return command


@prepared.register
async def _revert(command: RevertThread, journal: Journal) -> Command:
    """Add where the turn began, and expect the history before it unless a turn is running."""
    command, reverted_to = await located(command, journal.services.log, journal.state.id)
    if journal.state.turn is None:
        journal.expect_revert(reverted_to)
    return command
