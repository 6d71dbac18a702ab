"""The command that answers an open call, and its rule."""

from threadhost.actors.answers import answered, taken_back
from threadhost.actors.command import Command
from threadhost.actors.goal_charges import charges_within
from threadhost.actors.ports import ToolResult
from threadhost.actors.thread import Events, decide
from threadhost.events.fold import foresee
from threadhost.events.thread import OpenCall, Thread
from threadhost.events.tool import CallUnreached


class AnswerCall(Command):
    """A call of the running turn is answered."""

    call: OpenCall
    result: ToolResult
    at_ms: int


@decide.register
def _answer_call(command: AnswerCall, thread: Thread) -> Events:
    turn = thread.turn
    calls = turn.calls if turn else ()
    call = next((call for call in calls if call.call_id == command.call.call_id), None)
    if turn is None or call is None:
        return ()
    answer = answered(turn.id, command.call, command.result, command.at_ms)
    unreached = CallUnreached(turn_id=turn.id, call_id=command.call.call_id)
    events = [answer] if command.result.reached else [unreached, answer]
    events = [*taken_back(turn.id, call, command.at_ms), *events]
    return [*events, *charges_within(foresee(thread, events), command.at_ms)]
