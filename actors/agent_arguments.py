"""The requests that a model makes with the agent tools of the first family, from its arguments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from threadhost.actors.arguments import arguments_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.turn import text_part
from threadhost.events.words import truncate

WAIT_MS = 30_000
WAIT_MIN_MS = 10_000
WAIT_MAX_MS = 3_600_000
TARGETS_MAX = 1_000
WORD_CHARS_MAX = 1_024
"""The limit for words that are kept with the agent for ever: a model, an effort, a role."""
Content = Sequence[dict[str, Any]]


class SpawnAgent(NamedTuple):
    """Start an agent with a task."""

    content: Content
    model: str | None = None
    effort: str | None = None
    role: str | None = None
    with_history: bool = False


class SendInput(NamedTuple):
    """Send input to an agent; `interrupts` ends its running turn first."""

    target: str
    content: Content
    interrupts: bool = False


class WaitAgent(NamedTuple):
    """Wait until one of these agents has nothing more to do."""

    targets: Sequence[str]
    timeout_ms: int


class CloseAgent(NamedTuple):
    """Close an agent and those below it."""

    target: str


class ResumeAgent(NamedTuple):
    """Reopen an agent that was closed."""

    target: str


Request = SpawnAgent | SendInput | WaitAgent | CloseAgent | ResumeAgent


def asked_by(name: str, arguments: str) -> Request:
    """The request of a call. Raises ValueError with words that a model can act on."""
    return _READERS[name](arguments_of(arguments), arguments)


def _spawn(fields: Mapping[str, Any], arguments: str) -> Request:
    content = _content(fields)
    model, effort, role = (word_of(fields, n) for n in ("model", "reasoning_effort", "agent_type"))
    with_history = _flag(fields, "fork_context")
    if with_history and role is not None:
        raise ValueError(
            "Full-history forked agents inherit the parent agent type; omit agent_type, or spawn "
            "without a full-history fork."
        )
    return SpawnAgent(content, model, effort, role, with_history)


def _send(fields: Mapping[str, Any], arguments: str) -> Request:
    target = _id(needed_text(fields, "target", arguments))
    return SendInput(target, _content(fields), _flag(fields, "interrupt"))


def _wait(fields: Mapping[str, Any], arguments: str) -> Request:
    targets = fields.get("targets") or []
    if not isinstance(targets, list) or not targets or not all(map(_is_text, targets)):
        raise ValueError("agent ids must be non-empty")
    if len(targets) > TARGETS_MAX:
        raise ValueError(f"too many agent ids: {len(targets)}, more than {TARGETS_MAX}")
    ids = tuple(dict.fromkeys(map(_id, targets)))
    return WaitAgent(ids, wait_of(fields.get("timeout_ms")))


def _close(fields: Mapping[str, Any], arguments: str) -> Request:
    return CloseAgent(_id(needed_text(fields, "target", arguments)))


def _resume(fields: Mapping[str, Any], arguments: str) -> Request:
    return ResumeAgent(_id(needed_text(fields, "id", arguments)))


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Request]] = {
    "spawn_agent": _spawn,
    "send_input": _send,
    "wait_agent": _wait,
    "close_agent": _close,
    "resume_agent": _resume,
}


def wait_of(timeout_ms: object) -> int:
    """How long to wait, in milliseconds: WAIT_MIN_MS to WAIT_MAX_MS, by default WAIT_MS."""
    if timeout_ms is None:
        return WAIT_MS
    if isinstance(timeout_ms, bool) or not isinstance(timeout_ms, int):
        raise ValueError("timeout_ms must be a whole number")  # noqa: TRY004
    if timeout_ms <= 0:
        raise ValueError("timeout_ms must be greater than zero")
    return min(max(timeout_ms, WAIT_MIN_MS), WAIT_MAX_MS)


def needed_text(fields: Mapping[str, Any], name: str, arguments: str) -> str:
    """A required text of the arguments."""
    if name not in fields:
        line, column = arguments.count("\n") + 1, len(arguments.rpartition("\n")[2])
        fault = f"missing field `{name}` at line {line} column {column}"
        raise ValueError(f"failed to parse function arguments: {fault}")
    if not isinstance(fields[name], str):
        raise ValueError(f"failed to parse function arguments: `{name}` has to be a string")  # noqa: TRY004
    text: str = fields[name]
    return text


def _content(fields: Mapping[str, Any]) -> Content:
    message, items = fields.get("message"), fields.get("items")
    if message is not None and items is not None:
        raise ValueError("Provide either message or items, but not both")
    if items is None:
        if not isinstance(message, str):
            raise ValueError("Provide one of: message or items")
        if not message.strip():
            raise ValueError("Empty message can't be sent to an agent")
        return [text_part(message)]
    if not isinstance(items, list) or not items:
        raise ValueError("Items can't be empty")
    return [_part(item) for item in items]


def _part(item: object) -> dict[str, Any]:
    if isinstance(item, dict):
        kind = item.get("type")
        if kind == "text" and _is_text(item.get("text")):
            return text_part(item["text"])
        if kind == "image" and _is_text(item.get("image_url")):
            return {"type": "image", "url": item["image_url"]}
        if kind == "local_image" and _is_text(item.get("path")):
            return {"type": "localImage", "path": item["path"]}
    raise ValueError("an item has to be a text, an image with image_url or a local_image with path")


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"invalid agent id {truncate(text, 100)}: it is no UUID") from None


def word_of(fields: Mapping[str, Any], name: str) -> str | None:
    """An optional text of the arguments; None if it is absent or empty."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} has to be a string")
    if value is not None and len(value) > WORD_CHARS_MAX:
        raise ValueError(f"{name} has {len(value)} letters, more than {WORD_CHARS_MAX}")
    return value or None


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} has to be true or false")
    return bool(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
