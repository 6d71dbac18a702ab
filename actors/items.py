"""What a model puts out, as items that clients see and as history that models see again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.events.thread import OpenCall

NOTHING_MORE = dict.fromkeys(("moderation", "memoryCitation", "delivery", "questions"))
"""What clients expect to find in a message, and no model says here."""


class Output(NamedTuple):
    """A complete output of a model, or an answer to it.

    `item` is what clients see, `raw` what the model has to see again where the item does not say
    all of it, `call` what somebody outside has to answer; each may be missing.
    """

    item: dict[str, Any] | None = None
    raw: dict[str, Any] | None = None
    call: OpenCall | None = None


def outputs_of(
    output: dict[str, Any], item_id: str, started_at_ms: int, at_ms: int, tools: Toolbox = NO_TOOLS
) -> Sequence[Output]:
    """A finished output and what follows from it: a call that is open now, or was refused.

    Raises ValueError for nonsense.
    """
    try:
        item = agent_item({"id": item_id, **output}, started_at_ms, at_ms)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"an output of type {output.get('type')!r} is malformed") from error
    kept = Output(item, output if stays_in_history(output) else None)
    if output.get("type") != "function_call":
        return (kept,)
    call = tools.take(output, at_ms)
    return (kept, Output(call=call) if isinstance(call, OpenCall) else refusal(output, call))


def agent_item(output: dict[str, Any], started_at_ms: int, at_ms: int) -> dict[str, Any] | None:
    """The item of a finished output, or None for output that clients do not see."""
    make = _ITEMS.get(str(output.get("type")))
    if make is None:
        return None
    return {**make(output), "startedAtMs": started_at_ms, "completedAtMs": at_ms}


def started_item(item_id: str, type_: str, at_ms: int) -> dict[str, Any] | None:
    """The item of an output that has only begun."""
    empty = {"type": type_, "id": item_id, "content": [], "summary": []}
    make = _ITEMS.get(type_)
    return {**make(empty), "startedAtMs": at_ms, "completedAtMs": None} if make else None


def stays_in_history(output: dict[str, Any]) -> bool:
    """Whether output has to be kept as it is to be shown to the model again.

    Messages are not: their item says all there is.
    """
    return output.get("type") != "message"


def refusal(output: dict[str, Any], text: str) -> Output:
    """The answer to a call that nobody is asked about."""
    call_id = output["call_id"]
    return Output(raw={"type": "function_call_output", "call_id": call_id, "output": text})


def _message(output: dict[str, Any]) -> dict[str, Any]:
    parts = output.get("content") or []
    text = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    return {
        "type": "agentMessage",
        "id": output["id"],
        "text": text,
        "phase": output.get("phase"),
        **NOTHING_MORE,
    }


def _reasoning(output: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "reasoning",
        "id": output["id"],
        "summary": [part.get("text", "") for part in output.get("summary") or []],
        "content": [part.get("text", "") for part in output.get("content") or []],
    }


_ITEMS = {"message": _message, "reasoning": _reasoning}
