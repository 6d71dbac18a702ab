"""The command that answers a call of a tool of the host's own, and its rule."""

from threadhost.actors.command import Command
from threadhost.actors.goal_charges import charges_within
from threadhost.actors.goal_tools import GOAL_RULES
from threadhost.actors.thread import Events, decide
from threadhost.events.fold import foresee
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.thread import OpenCall, Thread


class AnswerHostCall(Command):
    """A call of a tool of the host's is answered, and done; `new_id` is for what it makes."""

    call: OpenCall
    new_id: str
    at_ms: int


@decide.register
def _answer_host_call(command: AnswerHostCall, thread: Thread) -> Events:
    turn, host = thread.turn, command.call.host
    if turn is None or host is None:
        return ()
    if all(call.call_id != command.call.call_id for call in turn.calls):
        return ()
    rule = GOAL_RULES[host.name]
    done = rule(host.arguments, thread, command.new_id, command.at_ms)
    call_id = command.call.call_id
    answer = HostToolAnswered(turn_id=turn.id, call_id=call_id, output=done.output)
    events = [*done.events, answer]
    return [*events, *charges_within(foresee(thread, events), command.at_ms)]
