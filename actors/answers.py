"""Tool calls and their answers, as events; also the answers to abandoned calls."""

from collections.abc import Sequence
from typing import Any

from threadhost.actors.host_answer import completed_item, text_of
from threadhost.actors.ports import ElicitationAnswer, PictureUnreadable, ToolCall, ToolResult
from threadhost.events.base import Event
from threadhost.events.elicitation import ElicitationAnswered
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.thread import ActiveTurn, OpenCall
from threadhost.events.tool import ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import ItemRecorded

ABANDONED = "aborted: the turn ended before the call was answered"


def opened(turn_id: str, call: OpenCall) -> Event:
    """The record of a call, made before the call is passed on."""
    if call.host is not None:
        return HostToolCalled(
            turn_id=turn_id,
            call_id=call.call_id,
            called_at_ms=call.called_at_ms,
            item=call.item,
            **call.host._asdict(),
        )
    if call.item is not None:
        return ToolCalled(
            turn_id=turn_id, call_id=call.call_id, called_at_ms=call.called_at_ms, item=call.item
        )
    return UserAsked(
        turn_id=turn_id,
        call_id=call.call_id,
        asked_at_ms=call.called_at_ms,
        questions=call.questions or [],
    )


def closing_events(turn: ActiveTurn, at_ms: int) -> Sequence[Event]:
    """The events for what an ending turn leaves open: held-back input and unanswered calls."""
    waited = [
        ItemRecorded(turn_id=turn.id, item_id=item["id"], type=item["type"], item=item)
        for item in turn.held_back
    ]
    result = text_result(ABANDONED, success=False)
    events: list[Event] = [*waited]
    for call in turn.calls:
        events += taken_back(turn.id, call, at_ms)
        if call.host is not None:
            events += completed_item(turn.id, call, result, at_ms)
        events.append(answered(turn.id, call, result, at_ms, abandoned=True))
    return events


def taken_back(turn_id: str, call: OpenCall, at_ms: int) -> list[Event]:
    """The ends of the questions to the user that an ended call leaves without an answer."""
    return [
        ElicitationAnswered(
            turn_id=turn_id,
            call_id=call.call_id,
            elicitation_id=elicitation_id,
            answered_at_ms=at_ms,
            outcome="abandoned",
        )
        for elicitation_id in call.asks
    ]


def text_result(text: str, *, success: bool, reached: bool = True) -> ToolResult:
    """A result that consists of one text."""
    return ToolResult([{"type": "inputText", "text": text}], success, reached)


def answered(
    turn_id: str, call: OpenCall, result: ToolResult, at_ms: int, *, abandoned: bool = False
) -> Event:
    """The event that records an answer and closes the call."""
    if call.host is not None:
        output = text_of(result)
        return HostToolAnswered(turn_id=turn_id, call_id=call.call_id, output=output)
    duration_ms = max(0, at_ms - call.called_at_ms)
    if call.item is None:
        return UserAnswered(
            turn_id=turn_id,
            call_id=call.call_id,
            output=text_of(result),
            success=result.success,
            duration_ms=duration_ms,
            abandoned=abandoned,
        )
    item: dict[str, Any] = {
        **call.item,
        "status": "completed" if result.success else "failed",
        **(_of_server if call.is_of_server else _of_client)(result),
        "durationMs": duration_ms,
        "completedAtMs": max(at_ms, call.called_at_ms),
    }
    return ItemRecorded(turn_id=turn_id, item_id=call.call_id, type=item["type"], item=item)


def _of_client(result: ToolResult) -> dict[str, Any]:
    return {"contentItems": list(result.content), "success": result.success}


def _of_server(result: ToolResult) -> dict[str, Any]:
    """The result of the server, or the error in its place."""
    if result.whole is not None:
        return {"result": dict(result.whole), "error": None}
    message = "\n".join(part.get("text", "") for part in result.content)
    return {"result": None, "error": {"message": message}}


class NoClients:
    """Tools of a host without clients."""

    async def call(self, call: ToolCall) -> ToolResult:
        """Answers that no client is there."""
        return text_result(f"no connected client can run {call.tool}", success=False, reached=False)

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """Answers that no client is there."""
        return text_result("no connected client can answer", success=False, reached=False)

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """Answers that no client is there."""
        return ElicitationAnswer("unreached")


class NoPictures:
    """Pictures of a host that reads no files."""

    async def data_url(self, path: str) -> str:
        """Raises PictureUnreadable."""
        raise PictureUnreadable(f"the picture {path} cannot be shown: this host reads no files")
