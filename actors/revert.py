"""The command that takes turns back, and its rule."""

from typing import ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import TurnNotFound, TurnRunning
from threadhost.actors.thread import Events, decide
from threadhost.events.revert import ThreadReverted
from threadhost.events.thread import Thread


class RevertThread(Command):
    """Remove a turn and all later ones from the history.

    The caller fills `from_version` in from the thread's stream before the rule decides: None if the
    turn never began, or was taken back already.
    """

    is_prepared: ClassVar[bool] = True
    before_turn_id: str
    from_version: int | None = None
    turns_left: int = 0


@decide.register
def _revert_thread(command: RevertThread, thread: Thread) -> Events:
    if command.from_version is None:
        raise TurnNotFound(command.before_turn_id, thread.id)
    if thread.turn is not None:
        raise TurnRunning(thread.turn.id, "and no turns can be reverted meanwhile")
    return (
        ThreadReverted(
            turn_id=command.before_turn_id,
            from_version=command.from_version,
            turns_left=command.turns_left,
        ),
    )
