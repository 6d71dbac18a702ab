"""No field that stays readable for ever takes anybody's words."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.support.any_events import built
from tests.support.clear_fields import clear_texts
from tests.support.each import each
from tests.support.golden import golden_events
from threadhost.actors.lifecycle import DRAINED
from threadhost.actors.runtime.passivation import IDLE
from threadhost.events.base import KINDS, Event
from threadhost.events.turn import TurnCompleted
from threadhost.events.words import ENDS, STOPS, EndReason, Id, Line, OneOf, SystemLine, first_names

ROOT = Path(__file__).parents[2]
CUT = re.compile(r"\{[^{}]*\[:(?:\d{2,}|[A-Z][A-Z_]+)\](?:![ra])?\}")
"""A part of a message that is cut without a sign."""
SEARCHED_FOR_SECRETS = "adapters/models/failures.py"
"""A secret at the end of its texts is known by its beginning, which no sign may follow."""
CANARY = "CANARY the whole story"
STRUCTURAL = sorted(kind for kind, type_ in KINDS.items() if not type_.sealed)
OF_THE_SYSTEM = {
    ("tree.deletion_halted.v1", "reason"),
    ("host.started.v2", "platform"),
    ("client.refused.v1", "reason"),
    ("request.refused.v1", "method"),
}
"""What the operating system, or the host, says; `method` is one of those that the host has."""
NAMES = {
    *(("client.connected.v1", field) for field in ("peer", "name", "version", "subject")),
    ("client.refused.v1", "peer"),
}
"""What a client calls itself and where it is, in 64 characters."""


def test_every_text_in_a_structural_event_is_an_identifier_or_of_a_closed_set() -> None:
    """A new field that could hold words is found here."""
    lines = {(text.kind, text.path) for text in clear_texts() if isinstance(text.mark, Line)}
    assert lines == OF_THE_SYSTEM | NAMES


def test_the_check_detects_a_field_that_accepts_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the declarations sees a bare text, also inside a list."""

    class Worded(Event):
        """An event with room for a story."""

        sealed: ClassVar[bool] = False
        notes: list[str]

    monkeypatch.setitem(KINDS, "test.worded.v1", Worded)
    with pytest.raises(TypeError, match=r"test\.worded\.v1: notes may hold anything"):
        list(clear_texts())


def _told(value: Any) -> Any:
    """The value with each text in it replaced by the canary, names of members too."""
    if isinstance(value, str):
        return CANARY
    if isinstance(value, list):
        return [_told(one) for one in value] or [CANARY]
    return value


@each("kind", STRUCTURAL)
def test_no_structural_event_keeps_a_sentence(kind: str) -> None:
    """Field by field: it is refused, or another word stands in its place."""
    body = golden_events()[kind].model_dump(mode="json")
    for name, value in body.items():
        if (kind, name) in OF_THE_SYSTEM | NAMES:
            continue
        told = dict.fromkeys(value, CANARY) if isinstance(value, dict) else _told(value)
        try:
            kept = KINDS[kind].model_validate({**body, name: told})
        except ValidationError:
            continue
        assert CANARY not in json.dumps(kept.model_dump(mode="json"))


@given(st.data())
def test_no_text_of_a_structural_event_is_long(data: st.DataObject) -> None:
    """No text of it is longer than an identifier or a line may be."""
    kind = data.draw(st.sampled_from(STRUCTURAL))
    kept = data.draw(built(KINDS[kind])).model_dump(mode="json")
    for text in _texts(kept):
        assert len(text) <= 300


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*map(str, value), *(t for one in value.values() for t in _texts(one))]
    return [t for one in value for t in _texts(one)] if isinstance(value, list) else []


def test_an_unknown_reason_is_recorded_as_other() -> None:
    """Known words stay."""
    words = TypeAdapter(EndReason)
    assert words.validate_python("host restarted") == "host restarted"
    assert words.validate_python("rateLimitExceeded") == "rateLimitExceeded"
    assert words.validate_python(CANARY) == "other"


def test_an_event_of_an_earlier_log_with_another_reason_is_still_read() -> None:
    """What was written before the set was closed is no damage."""
    body = golden_events()[TurnCompleted.kind].model_dump(mode="json")
    read = TurnCompleted.model_validate({**body, "reason": "because of the weather"})
    assert read.reason == "other"


@each("text", ["two words", "tab\t", "line\n", "é", "x" * 129, "\u202e"])
def test_an_identifier_has_no_room_for_words(text: str) -> None:
    """Refused with the pattern."""
    with pytest.raises(ValidationError):
        TypeAdapter(Id).validate_python(text)


def test_identifiers_of_the_host_are_accepted() -> None:
    """Ids, versions and the names of exceptions."""
    for text in ("0193a1b2-0000-7000-8000-00000000000a", "0.1.0+dev.3", "KeyError", ""):
        assert TypeAdapter(Id).validate_python(text) == text


def test_every_reason_that_the_host_gives_is_known() -> None:
    """Else it would be recorded as another."""
    source = "\n".join(path.read_text() for path in (ROOT / "actors").rglob("*.py"))
    given = set(re.findall(r'Recover\w+\(\s*"([^"]+)"|Stopped\(reason="([^"]+)"\)', source))
    assert {word for pair in given for word in pair if word} <= STOPS | ENDS
    assert {IDLE, DRAINED} <= STOPS


def test_a_line_of_the_system_is_cut_and_has_no_control_characters() -> None:
    """Whatever a file is called."""
    line = TypeAdapter(SystemLine).validate_python("a\x1b[2J\n" + "x" * 400)
    assert len(line) == 300
    assert line.isprintable()


def test_a_closed_set_lists_its_words_for_the_documentation() -> None:
    """For the documentation."""
    texts = [text for text in clear_texts() if isinstance(text.mark, OneOf)]
    assert any("`host restarted`" in text.in_words for text in texts)


@each(
    ("names", "said"),
    [((), ""), (("a",), "a"), (("a", "b"), "a, b"), (("a", "b", "c"), "a, b, ...")],
)
def test_of_many_names_the_first_are_listed_with_an_ellipsis(
    names: tuple[str, ...], said: str
) -> None:
    assert first_names(names, 2) == said


def test_no_message_is_cut_without_a_mark() -> None:
    """By `truncate` or `first_names`; digests are known to be cut."""
    layers = ("events", "actors", "projections", "adapters")
    cuts = {
        f"{path.relative_to(ROOT)}: {cut}"
        for layer in layers
        for path in (ROOT / layer).rglob("*.py")
        for cut in CUT.findall(path.read_text())
        if "hex" not in cut
    }
    assert {cut for cut in cuts if not cut.startswith(SEARCHED_FOR_SECRETS)} == set()
