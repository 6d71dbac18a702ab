"""The protocol's published JSON Schema beside the checkout, as a judge of what we send."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft7Validator

PROTOCOL = Path(__file__).resolve().parents[3] / "shared" / "protocol"

Kind = Literal["params", "result", "notification", "request", "answer"]
"""Of a method of ours, its params or result; of a request to clients, its params or answer."""
_PLACES = {
    "params": ("methods", "params"),
    "result": ("methods", "response"),
    "request": ("serverRequests", "params"),
    "answer": ("serverRequests", "response"),
}
NOTHING = "None"
"""What the schema calls params and results that hold nothing."""


def validate(kind: Kind, method: str, payload: object) -> None:
    """Fail the test when `payload` does not fit what the schema says of `method`.

    `payload` is JSON as Python holds it: a request's params, its result, or the params of a
    notification. A method that the schema does not know fails too. Skips without the schema.
    """
    if name_of(kind, method) == NOTHING:
        assert payload == {}, f"{kind} of {method} says something: {payload}"
        return
    faults = sorted(_validator(name_of(kind, method)).iter_errors(payload), key=str)
    lines = [f"{fault.json_path}: {fault.message[:200]}" for fault in faults]
    assert not lines, f"{kind} of {method} breaks the schema:\n" + "\n".join(lines)


def knows(kind: Kind, method: str) -> bool:
    """Whether the schema describes this; our own extensions it does not."""
    part = "notifications" if kind == "notification" else _PLACES[kind][0]
    return method in _read("methods.json")[part]


OUT_OF_SCOPE = {"item/reasoning/summaryPartAdded"}
"""Notifications that clients know, and the schema at hand leaves out."""


def name_of(kind: Kind, method: str) -> str:
    """The definition that describes this; KeyError when there is none."""
    if kind == "notification":
        return str(_read("methods.json")["notifications"][method])
    part, role = _PLACES[kind]
    return str(_read("methods.json")[part][method][role])


def methods() -> list[str]:
    """The methods that the schema describes."""
    return list(_read("methods.json")["methods"])


def server_requests() -> list[str]:
    """The requests to clients that the schema describes."""
    return list(_read("methods.json")["serverRequests"])


def definitions() -> dict[str, Any]:
    """All definitions by name."""
    found: dict[str, Any] = _read("definitions.json")["definitions"]
    return found


@cache
def _validator(name: str) -> Draft7Validator:
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions()})


@cache
def _read(name: str) -> dict[str, Any]:
    path = PROTOCOL / "schema" / name
    if not path.is_file():
        pytest.skip("the protocol's schema is not beside the checkout")
    content: dict[str, Any] = json.loads(path.read_text())
    return content
