"""Items under way over repeated calls: what clients were told is never told twice."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.searching import tries
from threadhost.actors.models import (
    Message,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    TextDelta,
)
from threadhost.actors.runtime.item_assembly import ItemAssembler

MESSAGE, THOUGHT, CALL = "message", "reasoning", "call"


class Talk:
    """One item that several calls say; what clients hear of it."""

    def __init__(self) -> None:
        self.ids = map(str, count(1))
        self.streams = ItemAssembler()
        self.told: dict[str, str] = {}
        self.begun: list[Any] = []
        self.left: list[Any] = []

    def call_again(self) -> None:
        """The call broke off, and is made again."""
        self.streams = ItemAssembler(self.streams)

    def start(self, number: int = 0, kind: str = MESSAGE) -> None:
        """The model begins an item."""
        event = OutputStarted(number, kind)  # type: ignore[arg-type]
        begun = self.streams.begin(event, lambda: next(self.ids), 1)
        self.begun += [begun] if begun else []

    @property
    def heard(self) -> list[str]:
        """What clients heard of each item."""
        return list(self.told.values())

    def say(self, *pieces: str, number: int = 0) -> None:
        """The model says more of its item."""
        for piece in pieces:
            event = TextDelta(number, piece)
            self._part_ways(event)
            grown = self.streams.grow(event)
            if grown is not None:
                self._hear(grown[0].item_id, grown[1])

    def complete(self, text: str, number: int = 0) -> Any:
        """The model says its item as a whole; the item that it is."""
        done = OutputDone(number, Message(text))
        self._part_ways(done)
        return self.streams.end(number)

    def cut_off(self) -> list[str]:
        """The texts of the items that nobody completed."""
        return [item["text"] for item in (*self.left, *self.streams.incomplete(9))]

    def _part_ways(self, event: TextDelta | OutputDone) -> None:
        if self.streams.is_denied(event):
            self.left += self.streams.cut_off_by(event, 9)
            begun, pieces = self.streams.restart(event.number, lambda: next(self.ids), 1)
            self.begun.append(begun)
            for piece in pieces:
                self._hear(begun.item_id, piece.text)

    def _hear(self, item_id: str, text: str) -> None:
        self.told[item_id] = self.told.get(item_id, "") + text


def test_a_repeated_call_with_the_same_text_continues_the_item_of_the_first() -> None:
    talk = Talk()
    talk.start()
    talk.say("hel")
    talk.call_again()
    talk.start()
    talk.say("h", "ell", "o")
    assert talk.heard == ["hello"]
    assert [begun.item_id for begun in talk.begun] == ["1"]
    assert talk.complete("hello") == talk.begun[0]
    assert talk.cut_off() == []


def test_a_repeated_call_with_another_text_starts_an_item_of_its_own() -> None:
    talk = Talk()
    talk.start()
    talk.say("hel")
    talk.call_again()
    talk.start()
    talk.say("h", "i th", "ere")
    assert talk.heard == ["hel", "hi there"]
    assert talk.cut_off() == ["hel", "hi there"]
    assert talk.complete("hi there").item_id == "2"
    assert [begun.item_id for begun in talk.begun] == ["1", "2"]


@pytest.mark.parametrize(("pieces", "whole"), [(["hel"], "hel"), ([], "hi"), ([], "")])
def test_an_item_never_ends_with_another_text_than_its_streamed_beginning(
    pieces: list[str], whole: str
) -> None:
    talk = Talk()
    talk.start()
    talk.say("hello")
    talk.call_again()
    talk.start()
    talk.say(*pieces)
    assert talk.complete(whole).item_id == "2"
    assert talk.heard == ["hello", *pieces]
    assert talk.cut_off() == ["hello"]


def test_text_streamed_to_clients_counts_for_every_later_call() -> None:
    talk = Talk()
    for pieces in (["hello"], ["hi"], ["hi ", "you"], ["hi you", "!"]):
        talk.call_again()
        talk.start()
        talk.say(*pieces)
    assert talk.heard == ["hello", "hi you!"]
    assert talk.complete("hi you!").item_id == "2"
    assert talk.cut_off() == ["hello"]


def test_a_thought_parts_ways_with_all_of_its_parts() -> None:
    streams = ItemAssembler()
    streams.begin(OutputStarted(0, "reasoning"), lambda: "1", 1)
    for part, text in ((0, "a"), (1, "b")):
        streams.grow(ReasoningDelta(0, part, text))
    streams = ItemAssembler(streams)
    assert streams.begin(OutputStarted(5, "reasoning"), lambda: "2", 2) is None
    assert not streams.is_denied(ReasoningDelta(5, 0, "aa"))
    streams.grow(ReasoningDelta(5, 0, "aa"))
    assert streams.is_denied(ReasoningDelta(5, 1, "x"))
    [left] = streams.cut_off_by(ReasoningDelta(5, 1, "x"), 9)
    assert left["summary"] == ["aa", "b"]
    begun, told = streams.restart(5, lambda: "2", 2)
    assert (begun.item_id, told) == ("2", [ReasoningDelta(5, 0, "aa")])
    assert not streams.is_denied(ReasoningDelta(5, 1, "x"))


@each(
    ("item", "fits"),
    [
        (Reasoning(("ab", "b"), ("c",)), "yes"),
        (Reasoning(("ab", "b", "more"), ("cd",)), "yes"),
        (Reasoning(("x", "b"), ("c",)), "no"),
        (Reasoning(("a",), ("c",)), "no"),
        (Reasoning(("a", "b"), ()), "no"),
        (Reasoning(encrypted="e"), "no"),
    ],
)
def test_a_reasoning_item_continues_only_if_it_extends_its_streamed_parts(
    item: Reasoning, fits: str
) -> None:
    streams = ItemAssembler()
    streams.begin(OutputStarted(0, "reasoning"), lambda: "1", 1)
    for part, text, of_summary in ((0, "a", True), (1, "b", True), (0, "c", False)):
        streams.grow(ReasoningDelta(0, part, text, of_summary))
    streams = ItemAssembler(streams)
    streams.begin(OutputStarted(0, "reasoning"), lambda: "2", 2)
    assert streams.is_denied(OutputDone(0, item)) is (fits == "no")


def test_a_repeated_call_that_breaks_off_sooner_keeps_the_longer_text() -> None:
    talk = Talk()
    talk.start()
    talk.say("hello")
    talk.call_again()
    talk.start()
    talk.say("hel")
    assert talk.cut_off() == ["hello"]
    talk.call_again()
    assert talk.cut_off() == ["hello"]


def test_items_are_continued_by_kind_and_the_others_end_incomplete() -> None:
    talk = Talk()
    talk.start(0, THOUGHT)
    talk.start(1)
    talk.say("first", number=1)
    talk.start(2, CALL)
    talk.call_again()
    talk.start(0)
    talk.start(1)
    assert [(begun.item_id, begun.kind) for begun in talk.begun] == [
        ("1", THOUGHT),
        ("2", MESSAGE),
        ("3", CALL),
        ("4", MESSAGE),
    ]
    talk.say("first and", number=0)
    assert talk.streams.end(0) == talk.begun[1]
    left = talk.streams.incomplete(9)
    assert [(item["id"], item["type"]) for item in left] == [
        ("1", "reasoning"),
        ("4", "agentMessage"),
    ]
    assert all(item["incomplete"] for item in left)


def test_each_part_of_a_reasoning_item_is_continued_by_itself() -> None:
    streams = ItemAssembler()
    ids = map(str, count(1))
    heard: list[tuple[bool, int, str]] = []
    for pieces in (
        [(True, 0, "a"), (True, 1, "b"), (False, 0, "c")],
        [(True, 0, "aa"), (True, 1, "bb"), (False, 0, "cc"), (False, 1, "d")],
    ):
        streams = ItemAssembler(streams)
        streams.begin(OutputStarted(0, "reasoning"), lambda: next(ids), 1)
        for of_summary, part, text in pieces:
            grown = streams.grow(ReasoningDelta(0, part, text, of_summary))
            heard += [(of_summary, part, grown[1])] if grown else []
    assert heard == [
        (True, 0, "a"),
        (True, 1, "b"),
        (False, 0, "c"),
        (True, 0, "a"),
        (True, 1, "b"),
        (False, 0, "c"),
        (False, 1, "d"),
    ]
    [item] = streams.incomplete(9)
    assert (item["summary"], item["content"]) == (["aa", "bb"], ["cc", "d"])


def test_deltas_of_an_item_that_did_not_start_are_dropped() -> None:
    streams = ItemAssembler()
    assert streams.grow(TextDelta(7, "x")) is None
    assert streams.end(7) is None


PIECES = st.lists(st.text("ab", min_size=1, max_size=3), max_size=5)


@pytest.mark.slices
@given(st.lists(PIECES, min_size=1, max_size=4))
@tries(200)
def test_an_item_ends_with_exactly_its_streamed_text_after_any_repeated_calls(
    calls: list[list[str]],
) -> None:
    talk = Talk()
    for pieces in calls:
        talk.call_again()
        talk.start()
        talk.say(*pieces)
    said = "".join(calls[-1])
    assert talk.complete(said) == talk.begun[-1]
    ends = [*(item["text"] for item in talk.left), said]
    assert len(ends) == len(talk.begun)
    for begun, text in zip(talk.begun, ends, strict=True):
        heard = talk.told.get(begun.item_id, "")
        assert text == heard
