"""The protocol's JSON Schema in `tests/data`, as a judge of what we send."""

from functools import cache
from typing import Any, Literal

from jsonschema_rs import Draft7Validator, Registry

from tests.following.data import SCHEMA
from tests.following.published import Published, read
from tests.support.left_out import with_left_out

Kind = Literal["params", "result", "notification", "request", "answer"]
"""Of a method of ours, its params or result; of a request to clients, its params or answer."""
_ROLES = {"params": "params", "result": "response", "request": "params", "answer": "response"}
_OF_CLIENTS = ("request", "answer")
DOCUMENT = "urn:protocol"
DRAFT = 7
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
    lines = faults(_validator(name_of(kind, method)), payload)
    assert not lines, f"{kind} of {method} breaks the schema:\n" + "\n".join(lines)


def registry(definitions: dict[str, Any]) -> Registry:
    """A document with these definitions, read once for all judges by it."""
    return Registry([(DOCUMENT, {"definitions": definitions})], draft=DRAFT)


def validator(document: Registry, reference: str) -> Draft7Validator:
    """A judge by what a `reference` into a document names."""
    schema = {"$ref": DOCUMENT + reference}
    # Formats such as `uint32` are the protocol's own notes, which are no part of the dialect.
    return Draft7Validator(schema, registry=document, validate_formats=False, offline=True)


def faults(judge: Draft7Validator, value: object) -> list[str]:
    """What is wrong with a value, each with its place; empty for one that fits."""
    try:
        if judge.is_valid(value):
            return []
    except UnicodeEncodeError as half:  # where one of some words has to stand
        return [f"$: {half}"]
    return sorted(
        f"{'.'.join(['$', *map(str, fault.instance_path)])}: {fault.message[:200]}"
        for fault in judge.iter_errors(value)
    )


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
    return validator(_document(), f"#/definitions/{name}")


@cache
def _document() -> Registry:
    return registry(definitions())


@cache
def published() -> Published:
    """The version of the protocol that this host follows."""
    return with_left_out(read(SCHEMA))
