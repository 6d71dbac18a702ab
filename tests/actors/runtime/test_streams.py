"""Items under way over repeated calls: what clients were told is never told twice."""

from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from threadhost.actors.models import OutputStarted, ReasoningDelta, TextDelta
from threadhost.actors.runtime.streams import Streams

MESSAGE, THOUGHT, CALL = "message", "reasoning", "call"


class Talk:
    """One item that several calls say; what clients hear of it."""

    def __init__(self) -> None:
        self.ids = map(str, count(1))
        self.streams = Streams()
        self.heard = ""
        self.begun: list[Any] = []

    def call_again(self) -> None:
        """The call broke off, and is made again."""
        self.streams = Streams(self.streams)

    def start(self, number: int = 0, kind: str = MESSAGE) -> None:
        """The model begins an item."""
        event = OutputStarted(number, kind)  # type: ignore[arg-type]
        begun = self.streams.begin(event, lambda: next(self.ids), 1)
        self.begun += [begun] if begun else []

    def say(self, *pieces: str, number: int = 0) -> None:
        """The model says more of its item."""
        for piece in pieces:
            grown = self.streams.grow(TextDelta(number, piece))
            self.heard += grown[1] if grown else ""

    def cut_off(self) -> list[str]:
        """The texts of the items that nobody completed."""
        return [item["text"] for item in self.streams.incomplete(9)]


def test_a_call_that_says_the_same_again_goes_on_where_the_first_broke_off() -> None:
    talk = Talk()
    talk.start()
    talk.say("hel")
    talk.call_again()
    talk.start()
    talk.say("h", "ell", "o")
    assert talk.heard == "hello"
    assert [begun.item_id for begun in talk.begun] == ["1"]
    assert talk.streams.end(0) == talk.begun[0]
    assert talk.cut_off() == []


def test_a_call_that_says_something_else_is_told_nothing_of_before_it_is_whole() -> None:
    talk = Talk()
    talk.start()
    talk.say("hel")
    talk.call_again()
    talk.start()
    talk.say("h", "i there")
    assert talk.heard == "hel"
    assert talk.cut_off() == ["hi there"]


def test_what_clients_heard_counts_for_a_third_call_whatever_the_second_said() -> None:
    talk = Talk()
    talk.start()
    talk.say("hello")
    talk.call_again()
    talk.start()
    talk.say("hi")
    talk.call_again()
    talk.start()
    talk.say("hello ", "you")
    assert talk.heard == "hello you"
    talk.call_again()
    talk.start()
    talk.say("hi there")
    assert talk.heard == "hello you"
    assert talk.cut_off() == ["hi there"]


def test_a_call_that_breaks_off_sooner_leaves_what_the_first_said() -> None:
    talk = Talk()
    talk.start()
    talk.say("hello")
    talk.call_again()
    talk.start()
    talk.say("hel")
    assert talk.cut_off() == ["hello"]
    talk.call_again()
    assert talk.cut_off() == ["hello"]


def test_items_go_on_by_their_kind_and_those_that_do_not_end_as_far_as_they_came() -> None:
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


def test_each_part_of_a_thought_goes_on_by_itself() -> None:
    streams = Streams()
    ids = map(str, count(1))
    heard: list[tuple[bool, int, str]] = []
    for pieces in (
        [(True, 0, "a"), (True, 1, "b"), (False, 0, "c")],
        [(True, 0, "aa"), (True, 1, "bb"), (False, 0, "cc"), (False, 1, "d")],
    ):
        streams = Streams(streams)
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


def test_pieces_of_nothing_that_began_are_heard_by_nobody() -> None:
    streams = Streams()
    assert streams.grow(TextDelta(7, "x")) is None
    assert streams.end(7) is None


PIECES = st.lists(st.text("ab", min_size=1, max_size=3), max_size=5)


@given(st.lists(PIECES, min_size=1, max_size=4))
@tries(200)
def test_whatever_repeated_calls_say_what_is_heard_only_grows_and_ends_as_one_of_them(
    calls: list[list[str]],
) -> None:
    talk = Talk()
    for pieces in calls:
        talk.call_again()
        talk.start()
        before = talk.heard
        talk.say(*pieces)
        said = "".join(pieces)
        assert talk.heard.startswith(before)
        assert talk.heard in (before, said)
    assert len(talk.begun) == 1
    texts = ["".join(pieces) for pieces in calls]
    assert talk.cut_off()[0] in texts
