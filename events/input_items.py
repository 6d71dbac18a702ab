"""Input items that providers accept: one rule for each type of the Responses API.

Items of a model or a client are stored unchanged, however odd. They are mended when they are sent,
always in the same way, so that threads stored by older versions are healed, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from pydantic_core import from_json, to_json

from threadhost.events.named_tuple import NamedTuple

Kind = Literal["user", "assistant", "developer", "reasoning", "call", "output", "opaque", "nothing"]
Role = Literal["user", "assistant", "developer"]
Item = Mapping[str, Any]

TAG_BYTES_MAX = 512
"""The longest closing tag that is found at the end of a message; items with longer ones always
count as new."""
CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME_CHARS_MAX = 128
DATA_URL = r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]"
LINK = r"https?://[^\s]+"
BYTES_A_TOKEN = 4
PICTURE_TOKENS = 1_500
UNSHOWABLE = "[a picture that cannot be shown]"


class Line(NamedTuple):
    """One input item, encoded once, with what its neighbours and the token budget need."""

    json: bytes
    kind: Kind
    tokens: int
    """An estimate."""
    call_id: str = ""
    provider: str = ""
    """The provider of the item, if no other provider can read it."""
    mended: tuple[str, ...] = ()
    """The rules that changed it."""


class Mended(NamedTuple):
    """An item as it is sent (None if nothing of it can be), and the rules that changed it."""

    item: dict[str, Any] | None
    kind: Kind = "opaque"
    rules: tuple[str, ...] = ()
    pictures: tuple[int, ...] = ()
    """The length of each picture's URL: models do not read these as text."""


def line_of(item: Item, provider: str = "") -> Line:
    """Return the line of an item; its kind is `nothing` if nothing of the item can be sent."""
    rule = _RULES.get(str(item.get("type", "message")))
    mended = rule(item) if rule else Mended(None, rules=("items of unknown types",))
    if mended.item is None:
        return Line(b"", "nothing", 0, mended=mended.rules)
    body = to_json(mended.item, inf_nan_mode="null")
    text_bytes = max(0, len(body) - sum(mended.pictures))
    tokens = PICTURE_TOKENS * len(mended.pictures) + text_bytes // BYTES_A_TOKEN + 1
    call_id = str(mended.item.get("call_id", ""))
    bound_to = provider if mended.kind == "reasoning" else ""
    return Line(body, mended.kind, tokens, call_id, bound_to, mended.rules)


def changed_context(
    context: Sequence[dict[str, Any]], lines: Iterable[Line]
) -> Iterator[dict[str, Any]]:
    """Yield the items of a context that differ from the last line with the same closing tag."""
    bodies = [line_of(item).json for item in context]
    tags = set(map(_tag, bodies))
    last = {tag: line.json for line in lines if (tag := _tag(line.json)) in tags}
    for item, body in zip(context, bodies, strict=True):
        if last.get(_tag(body)) != body:
            yield item


def _tag(body: bytes) -> bytes:
    at = body.rfind(b"</", -TAG_BYTES_MAX)
    return body[at:] if at >= 0 else b""


def message_item(role: Role, text: str) -> dict[str, Any]:
    """A message of one text."""
    part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
    return {"type": "message", "role": role, "content": [part]}


def message_line(role: Role, text: str) -> Line:
    """The line of a message of one text."""
    body = to_json(message_item(role, text))
    return Line(body, role, len(body) // BYTES_A_TOKEN + 1)


def output_line(call_id: str, text: str) -> Line:
    """The output of a call, as one text."""
    body = to_json({"type": "function_call_output", "call_id": call_id, "output": text})
    return Line(body, "output", len(body) // BYTES_A_TOKEN + 1, call_id)


def with_call_id(line: Line, call_id: str) -> Line:
    """The same call or output under another id."""
    item = {**from_json(line.json), "call_id": call_id}
    return line._replace(json=to_json(item), call_id=call_id)


def is_picture(url: object) -> bool:
    """Whether a model can be shown this URL, judging by its beginning."""
    return isinstance(url, str) and bool(re.match(DATA_URL, url) or re.match(LINK, url))


# -- one rule for each type --


def _message(item: Item) -> Mended:
    given_role = item.get("role")
    role: Kind = _ROLES.get(given_role if isinstance(given_role, str) else "", "user")
    content = item.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else _list(content)
    converted = [_part(part, role) for part in parts if isinstance(part, dict)]
    usable = [part for part in converted if part is not None]
    if not usable:
        return Mended(None, rules=("messages without text",))
    message: dict[str, Any] = {
        "type": "message",
        "role": given_role if role == "developer" else role,
        "content": usable,
    }
    if role == "assistant" and item.get("phase") in _PHASES:
        message["phase"] = item["phase"]
    rules = () if len(usable) == len(parts) else ("parts without content",)
    return Mended(message, role, rules, _pictures(usable))


def _part(part: Item, role: Kind) -> dict[str, Any] | None:
    text = part.get("text")
    if isinstance(text, str) and text:
        return {"type": "output_text" if role == "assistant" else "input_text", "text": text}
    if role == "assistant":
        refused = part.get("refusal")
        is_said = isinstance(refused, str) and bool(refused)
        return {"type": "refusal", "refusal": refused} if is_said else None
    return _media_part(part)


def _media_part(part: Item) -> dict[str, Any] | None:
    type_ = part.get("type")
    if type_ == "input_image":
        return _picture(part)
    is_other = type_ in ("input_audio", "input_file")
    return {key: value for key, value in part.items() if key != "id"} if is_other else None


def _picture(part: Item) -> dict[str, Any]:
    url, file_id = part.get("image_url"), part.get("file_id")
    detail = {"detail": part["detail"]} if isinstance(part.get("detail"), str) else {}
    if is_picture(url):
        return {"type": "input_image", "image_url": url, **detail}
    if isinstance(file_id, str) and file_id:
        return {"type": "input_image", "file_id": file_id, **detail}
    return {"type": "input_text", "text": UNSHOWABLE}


def _reasoning(item: Item) -> Mended:
    encrypted = item.get("encrypted_content")
    if not (isinstance(encrypted, str) and encrypted):
        return Mended(None, rules=("reasoning without its encrypted content",))
    parts = _list(item.get("summary"))
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    summary = [{"type": "summary_text", "text": text} for text in texts if isinstance(text, str)]
    return Mended(
        {"type": "reasoning", "summary": summary, "encrypted_content": encrypted}, "reasoning"
    )


def _call(item: Item) -> Mended:
    return _made_call(item, item.get("name"), item.get("arguments"), item.get("namespace"))


def _foreign_call(item: Item) -> Mended:
    """Convert a call of a provider-specific kind into a call of a tool."""
    type_ = str(item.get("type"))
    raw = next((item[key] for key in ("input", "arguments", "action") if key in item), None)
    arguments = raw if isinstance(raw, dict) else {"input": raw}
    return _made_call(item, item.get("name") or type_.removesuffix("_call"), arguments, None)


def _made_call(item: Item, name: object, arguments: object, namespace: object) -> Mended:
    call_id = _call_id(item)
    if call_id is None:
        return Mended(None, rules=("calls without an id",))
    encoded, rules = _arguments(arguments)
    good_name = _name(name)
    if good_name != name:
        rules = (*rules, "names of calls")
    call = {"type": "function_call", "call_id": call_id, "name": good_name, "arguments": encoded}
    if isinstance(namespace, str) and namespace:
        call["namespace"] = _name(namespace)
    return Mended(call, "call", rules)


def _output(item: Item) -> Mended:
    call_id = _call_id(item)
    if call_id is None:
        return Mended(None, rules=("outputs without an id",))
    output, parts = item.get("output"), list[dict[str, Any]]()
    if isinstance(output, list):
        converted = [_part(part, "user") for part in output if isinstance(part, dict)]
        parts = [part for part in converted if part is not None]
    else:
        output = _as_text(item.get("tools") if output is None else output)
    body = {"type": "function_call_output", "call_id": call_id}
    content = parts or (output if isinstance(output, str) else "")
    return Mended({**body, "output": content}, "output", (), _pictures(parts))


def _opaque(item: Item) -> Mended:
    body = {key: value for key, value in item.items() if key not in ("id", "status")}
    return Mended(body, "opaque")


def _left_out(item: Item) -> Mended:
    return Mended(None, rules=(f"items of type {item['type']}",))


def _call_id(item: Item) -> str | None:
    """Return the id of a call as providers accept it; ids that they refuse become a digest."""
    raw = item.get("call_id") or item.get("id")
    if not isinstance(raw, str) or not raw:
        return None
    return raw if CALL_ID.fullmatch(raw) else f"call_{sha256(raw.encode()).hexdigest()[:32]}"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_text(value: object) -> str:
    """Return a text as it is, None as "", and anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value, inf_nan_mode="null").decode()


def _pictures(parts: Iterable[Item]) -> tuple[int, ...]:
    shown = (part for part in parts if part["type"] == "input_image")
    return tuple(len(part.get("image_url", "")) for part in shown)


def _name(name: object) -> str:
    text = name if isinstance(name, str) else ""
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)[:NAME_CHARS_MAX] or "unnamed"


def _arguments(arguments: object) -> tuple[str, tuple[str, ...]]:
    """Return the arguments as the text of a JSON object, whatever the model wrote."""
    if isinstance(arguments, str):
        try:
            if isinstance(from_json(arguments, allow_inf_nan=False), dict):
                return arguments, ()
        except ValueError:
            pass
        text = arguments
    elif isinstance(arguments, dict):
        return to_json(arguments, inf_nan_mode="null").decode(), ("arguments",)
    else:
        text = _as_text(arguments)
    if not text.strip():
        return "{}", ("arguments",)
    return to_json({"invalid_arguments": text}).decode(), ("arguments",)


_PHASES = ("commentary", "partial_answer", "final_answer")
_ROLES: Mapping[str, Kind] = {
    "assistant": "assistant",
    "developer": "developer",
    "system": "developer",
    "user": "user",
}
_RULES: Mapping[str, Callable[[Item], Mended]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _call,
    "function_call_output": _output,
    "custom_tool_call": _foreign_call,
    "custom_tool_call_output": _output,
    "local_shell_call": _foreign_call,
    "local_shell_call_output": _output,
    "tool_search_call": _foreign_call,
    "tool_search_output": _output,
    "web_search_call": _left_out,
    "image_generation_call": _left_out,
    "compaction": _opaque,
}

TYPES: Sequence[str] = tuple(_RULES)
"""The types of items that a request may be made of."""
