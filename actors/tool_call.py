"""The commands that answer open calls of clients' and of the host's tools, and their rules."""

from collections.abc import Callable, Mapping

from threadhost.actors.answers import answered, taken_back
from threadhost.actors.command import Command
from threadhost.actors.goal_charges import charges, charges_within
from threadhost.actors.goal_tools import GOAL_RULES
from threadhost.actors.host_answer import HostAnswer, as_answered
from threadhost.actors.ports import ToolResult
from threadhost.actors.thread import Events, decide, ended, open_call
from threadhost.events.fold import foresee
from threadhost.events.host_call import GOALS, HostCall
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.thread import OpenCall, Thread
from threadhost.events.tool import CallUnreached

NOTHING_DONE = ToolResult((), success=True)


class AnswerCall(Command):
    """Answer a call of the running turn."""

    call: OpenCall
    result: ToolResult
    at_ms: int


class AnswerHostCall(Command):
    """Answer a call of a host tool, with its effects; `new_id` is for what it creates.

    `result` is the result of its family's work outside of the thread, if it has any.
    """

    call: OpenCall
    new_id: str
    at_ms: int
    result: ToolResult = NOTHING_DONE


def _goal(host: HostCall, thread: Thread, new_id: str, at_ms: int) -> HostAnswer:
    return GOAL_RULES[host.name](host.arguments, thread, new_id, at_ms)


Rule = Callable[[HostCall, Thread, str, int], HostAnswer]
RULES: Mapping[str, Rule] = {GOALS: _goal}
"""The families whose calls a rule answers from the thread alone; other families do work first."""


@decide.register
def _answer_call(command: AnswerCall, thread: Thread) -> Events:
    turn, call = thread.turn, open_call(thread, command.call.call_id)
    if turn is None or call is None:
        return ()
    answer = answered(turn.id, command.call, command.result, command.at_ms)
    unreached = CallUnreached(turn_id=turn.id, call_id=command.call.call_id)
    events = [answer] if command.result.reached else [unreached, answer]
    events = [*taken_back(turn.id, call, command.at_ms), *events]
    return [*events, *charges_within(foresee(thread, events), command.at_ms)]


@decide.register
def _answer_host_call(command: AnswerHostCall, thread: Thread) -> Events:
    turn, call, at_ms = thread.turn, command.call, command.at_ms
    host = call.host
    if turn is None or host is None or open_call(thread, call.call_id) is None:
        return ()
    if (rule := RULES.get(host.family)) is not None:
        host_answer = rule(host, thread, command.new_id, at_ms)
    else:
        host_answer = as_answered(turn.id, call, command.result, at_ms)
    answer = HostToolAnswered(turn_id=turn.id, call_id=call.call_id, output=host_answer.output)
    events = [*host_answer.events, answer]
    foreseen = foresee(thread, events)
    if command.result.ends_turn and foreseen.turn is not None:
        of_goal = charges(foreseen, at_ms)
        return [*events, *ended(foreseen, foreseen.turn, "completed", at_ms, None, of_goal)]
    return [*events, *charges_within(foreseen, at_ms)]
