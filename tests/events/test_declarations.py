"""What every type of event declares, and what none says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from tests.support.each import each
from tests.support.golden import golden_types
from threadhost.adapters.version import VERSION
from threadhost.events import base
from threadhost.events.base import KINDS, UPCASTERS, Cause, Event, event, names_of
from threadhost.events.ids import HOST, JOB, MEMORY, THREAD, TREE, StreamKind
from threadhost.events.memory import TextWritten
from threadhost.events.nouns import BY_NAME, NOUNS


def names_in(described: object) -> Iterator[str]:
    """The names of all members that a JSON Schema describes, also of records inside others."""
    if isinstance(described, dict):
        yield from described.get("properties", ())
        for value in described.values():
            yield from names_in(value)
    elif isinstance(described, list):
        for value in described:
            yield from names_in(value)


TYPES = each("kind", sorted(KINDS))
EVENTS = Path(base.__file__).parent
DECLARES = re.compile(r"^@(history_)?event\(", re.MULTILINE)
STREAMS: dict[StreamKind, str] = {
    "thread": THREAD,
    "tree": TREE,
    "host": HOST,
    "memory": MEMORY,
    "job": JOB,
}
LED_TO: dict[Cause, set[StreamKind]] = {
    "asked": {"thread", "tree", "host", "memory", "job"},
    "start": {"host"},
    "timer": {"thread", "host"},
    "plan": {"thread", "tree", "job"},
    "deletion": {"host"},
}
"""Of which streams the types are that have such causes; of all others threads."""


def release(version: str) -> tuple[int, ...]:
    """A version, as what versions are compared by."""
    return tuple(map(int, version.split(".")))


@TYPES
def test_every_event_type_declares_the_release_it_may_be_written_since(kind: str) -> None:
    """That one is out, or comes next; a golden line of its file shows what it wrote."""
    since = KINDS[kind].since
    assert release(since) <= release(VERSION)[:2]
    assert kind in golden_types()[since]


def test_every_golden_line_is_of_a_type_that_can_be_read() -> None:
    """Also where only older versions have that name."""
    known = set(names_of(KINDS.values()))
    assert set().union(*golden_types().values()) <= known


def test_every_older_version_has_a_golden_line() -> None:
    """Else nobody knows whether what it wrote can be read."""
    assert set(UPCASTERS) <= set().union(*golden_types().values())


@TYPES
def test_every_event_type_declares_the_kind_of_its_stream(kind: str) -> None:
    """What is sealed belongs to a thread, a job or a text: its key goes with that."""
    type_ = KINDS[kind]
    assert type_.stream in STREAMS
    assert not type_.sealed or type_.stream in ("thread", "job") or kind == TextWritten.kind


@TYPES
def test_every_event_type_declares_a_cause_that_its_stream_allows(kind: str) -> None:
    """What follows from the state of a turn is in a thread; a deletion's steps are in its tree."""
    type_ = KINDS[kind]
    assert type_.cause in get_args(Cause)
    assert type_.stream in LED_TO.get(type_.cause, {"thread"})
    assert type_.stream == "thread" or not type_.inherited


def test_every_file_that_declares_types_is_that_of_a_noun() -> None:
    """Else nobody who reads a log would know them."""
    declaring = {path.stem for path in EVENTS.glob("*.py") if DECLARES.search(path.read_text())}
    assert declaring - {noun.name for noun in NOUNS} == set()
    assert len(BY_NAME) == len(NOUNS)


def test_kinds_of_streams_are_the_prefixes_of_stream_names() -> None:
    """The declarations and the names say the same."""
    assert {kind: f"{kind}-" for kind in get_args(StreamKind)} == STREAMS


@pytest.mark.parametrize("left_out", ["since", "stream", "cause"])
def test_an_event_type_with_a_missing_declaration_is_refused(left_out: str) -> None:
    """The module that declares it cannot be imported."""
    declared = {"since": "0.1", "stream": "thread", "cause": "asked"}
    del declared[left_out]
    with pytest.raises(TypeError, match=left_out):
        event("thread.painted.v1", **declared)  # type: ignore[arg-type]


@TYPES
def test_no_event_body_has_a_log_position(kind: str) -> None:
    """A stream is as true in another log, at other positions."""
    assert not [name for name in names_in(KINDS[kind].model_json_schema()) if "position" in name]


def test_the_check_detects_a_position_inside_a_part_of_an_event() -> None:
    class Part(BaseModel):
        """A part that names a place of one log."""

        seen_position: int

    class Placed(Event):
        """An event that holds such parts."""

        parts: list[Part]

    assert "seen_position" in set(names_in(Placed.model_json_schema()))
