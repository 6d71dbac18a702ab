"""Recorded sessions of the reference server, message by message."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.following import sessions
from tests.following.data import SESSIONS

A_TIME = 1_700_000_000
_TIME = "<time>"


@dataclass(frozen=True)
class Exchange:
    """A request with the answer that came; `error` is its message when it was refused."""

    scenario: str
    method: str
    params: Any
    result: Any = None
    error: str | None = None


@dataclass(frozen=True)
class Sent:
    """A notification of the reference."""

    scenario: str
    method: str
    params: Any


def exchanges() -> list[Exchange]:
    """All answered requests that had params, times replaced by a number."""
    return [pair for name, messages in _recorded() for pair in _pairs(name, messages)]


def notifications() -> list[Sent]:
    """All notifications, times replaced by a number."""
    return [
        Sent(name, message["method"], message["params"])
        for name, messages in _recorded()
        for way, message in messages
        if way == "recv" and "method" in message and "id" not in message
    ]


def _pairs(scenario: str, messages: list[tuple[str, Any]]) -> Iterator[Exchange]:
    asked: dict[str, Any] = {}
    for way, message in messages:
        key = json.dumps(message.get("id"))
        if way == "send":
            asked[key] = message
        elif "params" in (request := asked.get(key, {})) and "method" not in message:
            error = message.get("error", {}).get("message")
            method, params = request["method"], request["params"]
            yield Exchange(scenario, method, params, message.get("result"), error)


@cache
def _recorded() -> list[tuple[str, list[tuple[str, Any]]]]:
    paths = sorted(SESSIONS.glob("*.jsonl"))
    return [(path.stem, list(_messages(path.read_text()))) for path in paths]


def _messages(text: str) -> Iterator[tuple[str, Any]]:
    for line in sessions.lines(text):
        if isinstance(line.get("msg"), dict):
            yield line["dir"], _timed(line["msg"])


def _timed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_timed(inner) for inner in value]
    return A_TIME if value == _TIME else value
