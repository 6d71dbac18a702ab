"""A strict provider: what of a request it would refuse, and why."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
CALLS = ("function_call", "custom_tool_call")
OUTPUTS = ("function_call_output", "custom_tool_call_output")
KNOWN = {"message", "reasoning", "compaction", *CALLS, *OUTPUTS}
BY_THE_MODEL = {"assistant"}


def faults(body: bytes) -> list[str]:
    """Everything that is wrong with a request's body; an empty list if it would be taken."""
    try:
        items = json.loads(body.decode(), parse_constant=_no_constant)["input"]
    except ValueError as error:
        return [f"no JSON: {error}"]
    return [*_of_items(items), *_of_pairs(items), *_of_reasoning(items)]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _of_items(items: list[Any]) -> Iterator[str]:
    for at, item in enumerate(items):
        kind = item.get("type")
        if kind not in KNOWN:
            yield f"input[{at}]: an item of type {kind!r}"
        if "id" in item or "status" in item:
            yield f"input[{at}]: an id or a status of nobody's"
        if kind == "message":
            yield from (f"input[{at}]: {fault}" for fault in _of_message(item))
        if kind in CALLS:
            yield from (f"input[{at}]: {fault}" for fault in _of_call(item))


def _of_message(item: dict[str, Any]) -> Iterator[str]:
    content = item["content"]
    if not content:
        yield "a message without content"
    for part in [] if isinstance(content, str) else content:
        said = part.get("text", part.get("refusal", part.get("image_url", part.get("file_id"))))
        if not (isinstance(said, str) and said):
            yield f"a part without content: {part}"


def _of_call(item: dict[str, Any]) -> Iterator[str]:
    call_id, name = item.get("call_id"), item.get("name")
    if not (isinstance(call_id, str) and 0 < len(call_id) <= 64):
        yield f"the id of a call: {call_id!r}"
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        yield f"the name of a call: {name!r}"
    try:
        is_object = isinstance(json.loads(item.get("arguments", "")), dict)
    except (ValueError, TypeError):
        is_object = False
    if item["type"] == "function_call" and not is_object:
        yield f"arguments that are no object: {item.get('arguments')!r}"


def _of_pairs(items: list[Any]) -> Iterator[str]:
    calls, outputs = Counter[str](), Counter[str]()
    for item in items:
        if item.get("type") in CALLS:
            calls[str(item.get("call_id"))] += 1
        if item.get("type") in OUTPUTS:
            call_id = str(item.get("call_id"))
            if call_id not in calls:
                yield f"an output ahead of its call: {call_id}"
            outputs[call_id] += 1
    yield from (f"{n} calls of the id {call_id}" for call_id, n in calls.items() if n > 1)
    if calls != outputs:
        yield f"calls and outputs do not fit: {dict(calls)}, {dict(outputs)}"


def _of_reasoning(items: list[Any]) -> Iterator[str]:
    for at, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        if not item.get("encrypted_content"):
            yield f"input[{at}]: reasoning without its encrypted content"
        behind = [one for one in items[at + 1 :] if one.get("type") != "reasoning"]
        after: dict[str, Any] = behind[0] if behind else {}
        if after.get("type") not in CALLS and after.get("role") not in BY_THE_MODEL:
            yield f"input[{at}]: reasoning with nothing of the model behind it"
