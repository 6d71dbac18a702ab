"""Converts one event into the input items that a model is shown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from threadhost.events.agent import AgentContextGiven
from threadhost.events.base import Event, Gap
from threadhost.events.goal import GoalContextGiven
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.injection import ItemsInjected
from threadhost.events.input_items import Line, line_of, message_line, output_line
from threadhost.events.server_tool import answer_parts
from threadhost.events.thread import MCP_ITEM
from threadhost.events.tool import TOOL_ITEM, UserAnswered
from threadhost.events.turn import LOCAL_PICTURE, USER_ITEM, ItemRecorded, OutputRecorded, parts

NO_PICTURES: Mapping[str, str] = {}
NOT_READ = "[the picture `{}` could not be read]"
_OUTPUT_PARTS = {
    "inputText": ("input_text", "text", "text"),
    "inputImage": ("input_image", "image_url", "imageUrl"),
    "inputAudio": ("input_audio", "audio_url", "audioUrl"),
}
"""For each part of a tool's answer: the type and key for models, and the key for clients."""


def encoded(
    fact: Event | Gap, provider: str = "", pictures: Mapping[str, str] = NO_PICTURES
) -> list[Line]:
    """Return the lines that one event adds to a history; `pictures` are local ones, by path."""
    if isinstance(fact, ItemRecorded):
        item = _item(fact, pictures)
        return [line_of(item)] if item else []
    make = _LINES.get(type(fact))
    return make(fact, provider) if make else []


def is_incomplete(fact: ItemRecorded) -> bool:
    """Whether the model's output was cut off in this message."""
    return fact.item.get("incomplete") is True


def local_pictures(fact: ItemRecorded) -> Sequence[str]:
    """Return the paths of pictures that a message names."""
    if fact.type != USER_ITEM:
        return ()
    named = (part for part in parts(fact.item, "content") if part.get("type") == LOCAL_PICTURE)
    return [str(part.get("path")) for part in named]


def _item(fact: ItemRecorded, pictures: Mapping[str, str]) -> dict[str, Any] | None:
    make = _ITEMS.get(fact.type)
    return make(fact.item, pictures) if make else None


def _user_message(item: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    content = [_input_part(part, pictures) for part in parts(item, "content")]
    return {"type": "message", "role": "user", "content": content}


def _agent_message(item: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    content = [{"type": "output_text", "text": item.get("text")}]
    message = {"type": "message", "role": "assistant", "content": content}
    return {**message, "phase": item["phase"]} if item.get("phase") else message


def _tool_answer(item: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    output = _answer(parts(item, "contentItems"))
    return {"type": "function_call_output", "call_id": item["id"], "output": output}


def _server_answer(item: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    output = _answer(answer_parts(item))
    return {"type": "function_call_output", "call_id": item["id"], "output": output}


_ITEMS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, Any]]] = {
    USER_ITEM: _user_message,
    "agentMessage": _agent_message,
    TOOL_ITEM: _tool_answer,
    MCP_ITEM: _server_answer,
}


_LINES: Mapping[type, Callable[[Any, str], list[Line]]] = {
    OutputRecorded: lambda fact, provider: [line_of(fact.output, provider)],
    ItemsInjected: lambda fact, provider: [line_of(item, provider) for item in fact.items],
    GoalContextGiven: lambda fact, _: [message_line("user", fact.text)],
    UserAnswered: lambda fact, _: [output_line(fact.call_id, fact.output)],
    HostToolAnswered: lambda fact, _: [output_line(fact.call_id, fact.output)],
    AgentContextGiven: lambda fact, _: [line_of(fact.item)],
}


def _answer(outputs: Sequence[Mapping[str, Any]]) -> str | list[dict[str, Any]]:
    """Return a tool's answer: as text if it has only text, because every endpoint can read that."""
    if all(part.get("type") == "inputText" for part in outputs):
        return "\n".join(str(part.get("text") or "") for part in outputs)
    forms = [(_OUTPUT_PARTS.get(str(part.get("type"))), part) for part in outputs]
    return [{"type": to[0], to[1]: part.get(to[2])} for to, part in forms if to]


def _input_part(part: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    type_ = part.get("type")
    if type_ == LOCAL_PICTURE:
        path = str(part.get("path"))
        url = pictures.get(path)
        return _picture(url) if url else _text(NOT_READ.format(path))
    if type_ == "image":
        return _picture(part.get("url"))
    return _text(part.get("text") or part.get("name"))


def _text(text: object) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _picture(url: object) -> dict[str, Any]:
    return {"type": "input_image", "image_url": url}
