"""The protocol's JSON Schema in `tests/data`, as a judge of what we send."""

from functools import cache
from typing import Any, Literal

from jsonschema import Draft7Validator

from tests.following.data import SCHEMA
from tests.following.published import Published, read

Kind = Literal["params", "result", "notification", "request", "answer"]
"""Of a method of ours, its params or result; of a request to clients, its params or answer."""
_ROLES = {"params": "params", "result": "response", "request": "params", "answer": "response"}
_OF_CLIENTS = ("request", "answer")
NOTHING = "None"
"""What the schema calls params and results that hold nothing."""


def validate(kind: Kind, method: str, payload: object) -> None:
    """Fail the test when `payload` does not fit what the schema says of `method`.

    `payload` is JSON as Python holds it: a request's params, its result, or the params of a
    notification. A method that the schema does not know fails too.
    """
    if name_of(kind, method) == NOTHING:
        assert payload == {}, f"{kind} of {method} says something: {payload}"
        return
    faults = sorted(_validator(name_of(kind, method)).iter_errors(payload), key=str)
    lines = [f"{fault.json_path}: {fault.message[:200]}" for fault in faults]
    assert not lines, f"{kind} of {method} breaks the schema:\n" + "\n".join(lines)


def knows(kind: Kind, method: str) -> bool:
    """Whether the schema describes this; our own extensions it does not."""
    if kind == "notification":
        return method in published().notifications
    return method in (published().requests if kind in _OF_CLIENTS else published().methods)


OUT_OF_SCOPE = {"item/reasoning/summaryPartAdded"}
"""Notifications that clients know, and the schema at hand leaves out."""


def name_of(kind: Kind, method: str) -> str:
    """The definition that describes this; KeyError when there is none."""
    if kind == "notification":
        return published().notifications[method]
    calls = published().requests if kind in _OF_CLIENTS else published().methods
    return str(calls[method][_ROLES[kind]])


def methods() -> list[str]:
    """The methods that the schema describes."""
    return list(published().methods)


def server_requests() -> list[str]:
    """The requests to clients that the schema describes."""
    return list(published().requests)


def definitions() -> dict[str, Any]:
    """All definitions by name."""
    return published().definitions


@cache
def _validator(name: str) -> Draft7Validator:
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions()})


@cache
def published() -> Published:
    """The version of the protocol that this host follows."""
    return read(SCHEMA)
