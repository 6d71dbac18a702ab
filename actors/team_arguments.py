"""The requests that a model makes with the agent tools of the second family, from its arguments."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from threadhost.actors.agent_arguments import (
    WAIT_MAX_MS,
    WAIT_MIN_MS,
    WAIT_MS,
    needed_text,
    word_of,
)
from threadhost.actors.arguments import arguments_of
from threadhost.events.agent_words import ROOT
from threadhost.events.named_tuple import NamedTuple


class SpawnMember(NamedTuple):
    """Start an agent under a name, with a task."""

    name: str
    message: str
    with_history: bool = True
    model: str | None = None
    effort: str | None = None
    role: str | None = None


class TellMember(NamedTuple):
    """Send an agent a message: a note, or a task to follow."""

    target: str
    message: str
    kind: Literal["note", "followup"]


class WaitForTeam(NamedTuple):
    """Wait for a message of any agent; `asked_ms` is set if the request was below the minimum."""

    timeout_ms: int
    asked_ms: int | None = None


class InterruptMember(NamedTuple):
    """End the running turn of an agent."""

    target: str


class ListTeam(NamedTuple):
    """List the members of the team below a path."""

    prefix: str = ""


Request = SpawnMember | TellMember | WaitForTeam | InterruptMember | ListTeam


def asked_by(name: str, arguments: str) -> Request:
    """The request of a call. Raises ValueError with words that a model can act on."""
    return _READERS[name](arguments_of(arguments), arguments)


def path_of(target: str, own_path: str) -> str:
    """The absolute path of a target, relative to an agent. Raises ValueError."""
    if not target.startswith("/"):
        for part in target.split("/"):
            _require_name(part)
        return f"{own_path}/{target}"
    if target != ROOT and not target.startswith(f"{ROOT}/"):
        raise ValueError(f"absolute agent paths must start with `{ROOT}`")
    if target.endswith("/"):
        raise ValueError("absolute agent path must not end with `/`")
    return target


def _spawn(fields: Mapping[str, Any], arguments: str) -> Request:
    name = needed_text(fields, "task_name", arguments)
    message = needed_text(fields, "message", arguments)
    _require_name(name)
    forked = fields.get("fork_turns", "all")
    if forked not in ("all", "none"):
        raise ValueError("fork_turns must be `none` or `all`")
    if not message.strip():
        raise ValueError("Empty message can't be sent to an agent")
    words = (word_of(fields, key) for key in ("model", "reasoning_effort", "agent_type"))
    return SpawnMember(name, message, forked == "all", *words)


def _tell(kind: Literal["note", "followup"]) -> "Callable[[Mapping[str, Any], str], Request]":
    def read(fields: Mapping[str, Any], arguments: str) -> Request:
        target = needed_text(fields, "target", arguments)
        message = needed_text(fields, "message", arguments)
        if not message.strip():
            raise ValueError("Empty message can't be sent to an agent")
        return TellMember(target, message, kind)

    return read


def _wait(fields: Mapping[str, Any], arguments: str) -> Request:
    timeout_ms = fields.get("timeout_ms")
    if timeout_ms is None:
        return WaitForTeam(WAIT_MS)
    if isinstance(timeout_ms, bool) or not isinstance(timeout_ms, int) or timeout_ms <= 0:
        raise ValueError("timeout_ms must be greater than zero")
    if timeout_ms > WAIT_MAX_MS:
        raise ValueError(f"timeout_ms must be at most {WAIT_MAX_MS}")
    return WaitForTeam(
        max(timeout_ms, WAIT_MIN_MS), timeout_ms if timeout_ms < WAIT_MIN_MS else None
    )


def _interrupt(fields: Mapping[str, Any], arguments: str) -> Request:
    return InterruptMember(needed_text(fields, "target", arguments))


def _list(fields: Mapping[str, Any], arguments: str) -> Request:
    return ListTeam(word_of(fields, "path_prefix") or "")


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Request]] = {
    "spawn_agent": _spawn,
    "send_message": _tell("note"),
    "followup_task": _tell("followup"),
    "wait_agent": _wait,
    "interrupt_agent": _interrupt,
    "list_agents": _list,
}


def _require_name(name: str) -> None:
    if not name:
        raise ValueError("agent_name must not be empty")
    if re.fullmatch(r"[a-z0-9_]{1,64}", name) is None:
        raise ValueError("agent_name must use only lowercase letters, digits, and underscores")
    if f"/{name}" == ROOT:
        raise ValueError(f"agent_name `{name}` is reserved")
