"""Encodes an input item, or a tool, for the chat completions API, once each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic_core import from_json, to_json

from threadhost.adapters.models.flat_names import CHARS_MAX, Tool, flat_name
from threadhost.adapters.models.line_cache import LineCache
from threadhost.events.named_tuple import NamedTuple

PieceKind = Literal["system", "user", "assistant", "call", "output", "nothing"]
Item = Mapping[str, Any]

PICTURE_BELOW = "[a picture: it follows in the next message of the user]"
PICTURE_ABOVE = "[the picture that the tool gave]"
NOT_SHOWABLE = "[content that this model cannot be shown]"
AUDIO_URL = "data:audio/"


class Piece(NamedTuple):
    """One item as parts of messages, ready to be joined with its neighbours."""

    kind: PieceKind
    text: bytes = b""
    """Text as the inside of a JSON string; for a call or an output, all of its content."""
    parts: bytes = b""
    """Content parts, separated by commas, where text alone is not enough."""
    call_id: str = ""
    tool: Tool = Tool("", "")
    named: tuple[bytes, bytes] = (b"", b"")
    """The bytes before and after the name of a call, which a request may have to change."""


NOTHING = Piece("nothing")


def _piece(line: bytes) -> Piece:
    item = from_json(line)
    make = _PIECES.get(item.get("type", "message"))
    return make(item) if make else NOTHING


piece_of = LineCache(_piece)
"""The piece for a line of a history."""


def text_part(text: bytes) -> bytes:
    """A content part for text, which is given as the inside of a JSON string."""
    return b'{"type":"text","text":"' + text + b'"}'


def inside(text: str) -> bytes:
    """The inside of a JSON string."""
    return to_json(text)[1:-1]


# -- items --


def _message(item: Item) -> Piece:
    role = _ROLES.get(str(item.get("role")), "user")
    lines, media = _content(item.get("content"))
    if not media:
        return Piece(role, inside("\n".join(lines)))
    texts = [text_part(inside(text)) for text in lines]
    return Piece("user", parts=b",".join([*texts, *media]))


def _call(item: Item) -> Piece:
    call_id = str(item.get("call_id"))
    head = b'{"id":' + to_json(call_id) + b',"type":"function","function":{"name":'
    tail = b',"arguments":' + to_json(str(item.get("arguments"))) + b"}}"
    tool = Tool(str(item.get("namespace") or "")[:CHARS_MAX], str(item.get("name"))[:CHARS_MAX])
    encoded = head + to_json(flat_name(tool)) + tail
    return Piece("call", encoded, call_id=call_id, tool=tool, named=(head, tail))


def _output(item: Item) -> Piece:
    call_id = str(item.get("call_id"))
    lines, media = _content(item.get("output"))
    # Servers accept only text from a tool.
    parts = b",".join([text_part(inside(PICTURE_ABOVE)), *media]) if media else b""
    content = "\n".join([*lines, PICTURE_BELOW] if media else lines)
    message = to_json({"role": "tool", "content": content, "tool_call_id": call_id})
    return Piece("output", message, parts, call_id)


_ROLES: Mapping[str, PieceKind] = {
    "assistant": "assistant",
    "developer": "system",
    "system": "system",
}
_PIECES: Mapping[str, Callable[[Item], Piece]] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _output,
}


def _content(content: object) -> tuple[list[str], list[bytes]]:
    """The texts of a message or an output, and its other parts in the API's form."""
    if isinstance(content, str):
        return [content], []
    texts: list[str] = []
    media: list[bytes] = []
    for part in content if isinstance(content, list) else ():
        text = part.get("text") or part.get("refusal")
        medium = None if text else _medium(part)
        if medium:
            media.append(to_json(medium))
        else:
            texts.append(text if isinstance(text, str) else NOT_SHOWABLE)
    return texts, media


def _medium(part: Item) -> dict[str, Any] | None:
    make = _MEDIA.get(str(part.get("type")))
    return make(part) if make else None


def _picture(part: Item) -> dict[str, Any] | None:
    url = part.get("image_url")
    detail = {"detail": part["detail"]} if "detail" in part else {}
    return {"type": "image_url", "image_url": {"url": url, **detail}} if url else None


def _audio(part: Item) -> dict[str, Any] | None:
    audio, url = part.get("input_audio"), str(part.get("audio_url"))
    if url.startswith(AUDIO_URL) and "," in url:
        head, data = url.split(",", 1)
        audio = {"data": data, "format": head.removeprefix(AUDIO_URL).partition(";")[0]}
    return {"type": "input_audio", "input_audio": audio} if isinstance(audio, dict) else None


def _file(part: Item) -> dict[str, Any] | None:
    file = {key: part[key] for key in ("file_data", "file_id", "filename") if key in part}
    return {"type": "file", "file": file} if file.keys() - {"filename"} else None


_MEDIA: Mapping[str, Callable[[Item], dict[str, Any] | None]] = {
    "input_audio": _audio,
    "input_file": _file,
    "input_image": _picture,
}


# -- tools --


class OfferedTool(NamedTuple):
    """A tool in the API's form, without its name."""

    tool: Tool
    after_name: bytes


def _offered(line: bytes) -> tuple[OfferedTool, ...]:
    spec = from_json(line)
    if spec.get("type") == "function":
        return (_function(spec, "", ""),)
    if spec.get("type") != "namespace":
        return ()
    name = str(spec.get("name"))
    # The first of its tools is the only place for it.
    preamble = f"{name}: {spec.get('description')}\n\n" if spec.get("description") else ""
    tools: Sequence[Item] = spec.get("tools") or ()
    return tuple(_function(tool, name, "" if n else preamble) for n, tool in enumerate(tools))


def _function(spec: Item, namespace: str, preamble: str) -> OfferedTool:
    fields = {
        "description": preamble + str(spec.get("description") or ""),
        "parameters": spec.get("parameters") or {"type": "object", "properties": {}},
    }
    if spec.get("strict"):
        fields["strict"] = True
    return OfferedTool(Tool(namespace, str(spec.get("name"))), b"," + to_json(fields)[1:] + b"}")


offered_tools = LineCache(_offered)
"""The tools that a line of a request's tools offers."""
