"""Commands about questions to the user on behalf of a call, and their rules."""

from typing import Any

from threadhost.actors.command import Command
from threadhost.actors.ports import ElicitationAnswer
from threadhost.actors.thread import Events, decide, open_call
from threadhost.events.elicitation import About, ElicitationAnswered, ElicitationAsked
from threadhost.events.thread import Thread


class AskUser(Command):
    """Record a question that the host is about to ask the user."""

    call_id: str
    elicitation_id: str
    about: About
    request: dict[str, Any]
    at_ms: int


class EndElicitation(Command):
    """Record the answer to a question, or why none comes; a `request` is one that was never asked.

    `allows` is the tool that an accepted approval allows from now on.
    """

    call_id: str
    elicitation_id: str
    answer: ElicitationAnswer
    at_ms: int
    allows: str | None = None
    request: dict[str, Any] | None = None


@decide.register
def _ask_user(command: AskUser, thread: Thread) -> Events:
    if thread.turn is None or open_call(thread, command.call_id) is None:
        return ()
    return (
        ElicitationAsked(
            turn_id=thread.turn.id,
            call_id=command.call_id,
            elicitation_id=command.elicitation_id,
            about=command.about,
            asked_at_ms=command.at_ms,
            request=command.request,
        ),
    )


@decide.register
def _end_elicitation(command: EndElicitation, thread: Thread) -> Events:
    call = open_call(thread, command.call_id)
    if call is None or thread.turn is None:
        return ()
    if command.request is None and command.elicitation_id not in call.asks:
        return ()
    return (
        ElicitationAnswered(
            turn_id=thread.turn.id,
            call_id=command.call_id,
            elicitation_id=command.elicitation_id,
            answered_at_ms=command.at_ms,
            outcome=command.answer.outcome,
            content=command.answer.content,
            allows=command.allows,
            request=command.request,
        ),
    )
