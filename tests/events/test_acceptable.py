"""What holds between the items of a request: pairs, ids, reasoning, now and as it grows."""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import strict
from tests.support.each import each
from tests.support.hashing import counted_digests
from tests.support.searching import tries
from threadhost.events.acceptable import UNANSWERED, Rendering, noteworthy
from threadhost.events.input_items import Line, line_of


def call(call_id: str = "c", name: str = "look") -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"}


def output(call_id: str = "c", said: str = "seen") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": said}


def says(role: str = "user", text: str = "hi") -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def thought(encrypted: str = "e") -> dict[str, Any]:
    return {"type": "reasoning", "summary": [], "encrypted_content": encrypted}


def lines(*items: dict[str, Any], provider: str = "p") -> list[Line]:
    return [line_of(item, provider) for item in items]


def sent(*items: dict[str, Any], provider: str = "p") -> list[str]:
    """A request in short: kinds, ids of calls, words."""
    rendered = Rendering(provider, lines(*items)).result()
    return [_short(json.loads(line)) for line in rendered.lines]


def _short(item: dict[str, Any]) -> str:
    if item["type"] == "message":
        return str(item["role"])
    short = {"function_call": "call", "function_call_output": "output"}
    said = f" {item['output']}" if item.get("output") == UNANSWERED else ""
    return f"{short.get(item['type'], item['type'])} {item.get('call_id', '')}{said}".strip()


def mended(*items: dict[str, Any], provider: str = "p") -> dict[str, int]:
    return dict(Rendering(provider, lines(*items)).result().mended)


ABORTED = f"output c {UNANSWERED}"
PAIRS: list[tuple[Sequence[dict[str, Any]], list[str], dict[str, int]]] = [
    ([call(), output()], ["call c", "output c"], {}),
    ([call(), says(), output()], ["call c", "user", "output c"], {}),
    (
        [call("a"), call("b"), output("b"), output("a")],
        ["call a", "call b", "output b", "output a"],
        {},
    ),
    ([call()], ["call c", ABORTED], {"calls without an output": 1}),
    ([call(), says()], ["call c", ABORTED, "user"], {"calls without an output": 1}),
    (
        [call("b"), call(), output("b")],
        ["call b", "call c", ABORTED, "output b"],
        {"calls without an output": 1},
    ),
    ([output()], [], {"outputs without a call": 1}),
    (
        [output(), call()],
        ["call c", ABORTED],
        {"outputs without a call": 1, "calls without an output": 1},
    ),
    ([call(), output(), output()], ["call c", "output c"], {"outputs without a call": 1}),
    (
        [call(), output(), call(), output()],
        ["call c", "output c", "call c-2", "output c-2"],
        {"ids of calls that stood there before": 1},
    ),
    (
        [call(), call(), output(said="1"), output(said="2")],
        ["call c", "call c-2", "output c", "output c-2"],
        {"ids of calls that stood there before": 1},
    ),
    (
        [call("c-2"), output("c-2"), call(), output(), call(), output()],
        ["call c-2", "output c-2", "call c", "output c", "call c-3", "output c-3"],
        {"ids of calls that stood there before": 1},
    ),
    (
        [call(), output(), call(), output(), call("c-2"), output("c-2")],
        ["call c", "output c", "call c-2", "output c-2", "call c-2-2", "output c-2-2"],
        {"ids of calls that stood there before": 2},
    ),
]


@each(("items", "request_", "rules"), PAIRS, ids=map(str, range(len(PAIRS))))
def test_every_call_in_a_request_has_a_unique_id_and_one_output_after_it(
    items: Sequence[dict[str, Any]], request_: list[str], rules: dict[str, int]
) -> None:
    assert sent(*items) == request_
    assert mended(*items) == rules


def test_a_long_call_id_that_is_used_twice_stays_within_the_limit() -> None:
    long = "x" * 64
    _, _, second, _ = sent(call(long), output(long), call(long), output(long))
    assert second == f"call {'x' * 56}-2"


FOREIGN, ALONE = "reasoning of another provider", "reasoning without what came of it"
THOUGHTS: list[tuple[Sequence[dict[str, Any]], list[str], dict[str, int]]] = [
    ([thought(), says("assistant")], ["reasoning", "assistant"], {}),
    ([thought(), call(), output()], ["reasoning", "call c", "output c"], {}),
    ([thought("a"), thought("b"), says("assistant")], ["reasoning", "reasoning", "assistant"], {}),
    ([thought(), says()], ["user"], {ALONE: 1}),
    ([thought()], [], {ALONE: 1}),
    ([says(), thought("a"), thought("b")], ["user"], {ALONE: 2}),
    ([thought(), says("assistant", "")], [], {ALONE: 1, "messages without text": 1}),
    ([thought(), output()], [], {ALONE: 1, "outputs without a call": 1}),
]


@each(("items", "request_", "rules"), THOUGHTS, ids=map(str, range(len(THOUGHTS))))
def test_reasoning_is_sent_with_the_item_that_follows_from_it(
    items: Sequence[dict[str, Any]], request_: list[str], rules: dict[str, int]
) -> None:
    assert sent(*items) == request_
    assert mended(*items) == rules


def test_reasoning_is_sent_only_to_the_provider_that_produced_it() -> None:
    theirs = lines(thought(), says("assistant"), provider="theirs")
    unknown = lines(thought(), says("assistant"), provider="")
    assert len(Rendering("theirs", theirs).result().lines) == 2
    elsewhere = Rendering("ours", theirs).result()
    assert (len(elsewhere.lines), dict(elsewhere.mended)) == (1, {FOREIGN: 1})
    for provider in ("", "ours"):
        assert len(Rendering(provider, unknown).result().lines) == 2
    assert len(Rendering("", theirs).result().lines) == 2


def test_only_unexpected_repairs_of_a_request_are_noteworthy() -> None:
    rules = mended(thought(), says("user", ""), call(), {"type": "hologram"})
    assert noteworthy(rules) == {"calls without an output": 1, "items of unknown types": 1}


def test_the_digest_is_that_of_the_lines() -> None:
    for items in ([says(), call(), output()], [says(), call()], []):
        rendered = Rendering("p", lines(*items)).result()
        assert rendered.digest == sha256(b"".join(rendered.lines)).hexdigest()


OPENINGS = [[says()], [call(), says()], [call(), call("d"), output(), says()]]


@pytest.mark.parametrize("opening", OPENINGS, ids=["whole", "unanswered", "half answered"])
def test_a_digest_after_one_more_line_hashes_that_line_only(
    opening: list[dict[str, Any]],
) -> None:
    with counted_digests() as hashed:
        kept = Rendering("p", lines(*opening, *(says("user", f"{n}") for n in range(500))))
        kept.result()
        hashed.clear()
        for more in ("a", "b", "c"):
            kept = kept.fork()
            for line in lines(says("user", more)):
                kept.take(line)
            found = kept.result()
            assert found.digest == sha256(b"".join(found.lines)).hexdigest()
        assert sum(hashed) < 6 * 200


def test_histories_that_part_have_digests_of_their_own() -> None:
    first = Rendering("p", lines(call(), says()))
    first.result()
    second = first.fork()
    for rendering, text in ((first, "a"), (second, "b"), (first, "c"), (second, "c")):
        for line in lines(says("user", text)):
            rendering.take(line)
        found = rendering.result()
        assert found.digest == sha256(b"".join(found.lines)).hexdigest()


class Looked(set[str]):
    """Counts how often it is asked for a name."""

    times = 0

    def __contains__(self, name: object) -> bool:
        self.times += 1
        return super().__contains__(name)


@pytest.mark.slices
def test_a_further_call_of_one_id_is_not_compared_with_all_before() -> None:
    rendering, used = Rendering("p"), Looked()
    rendering.used_ids = used
    for line in lines(*[call()] * 1000):
        rendering.take(line)
    ids = {json.loads(line)["call_id"] for line in rendering.result().lines}
    assert len(ids) == 1000
    assert used.times < 3 * 1000


ITEMS = st.lists(
    st.one_of(
        st.builds(
            call, st.sampled_from(["a", "b", "a-2", "x" * 64]), st.sampled_from(["look", "a b"])
        ),
        st.builds(output, st.sampled_from(["a", "b", "a-2", "x" * 64])),
        st.builds(
            says, st.sampled_from(["user", "assistant", "developer"]), st.sampled_from(["hi", ""])
        ),
        st.builds(thought, st.sampled_from(["e", ""])),
        st.just({"type": "web_search_call"}),
    ),
    max_size=14,
)
PROVIDERS = st.sampled_from(["", "p", "q"])


@pytest.mark.slices
@given(st.lists(st.tuples(ITEMS, PROVIDERS), max_size=4), PROVIDERS)
@tries(150)
def test_a_strict_provider_accepts_the_request_of_any_recorded_history(
    parts: list[tuple[list[dict[str, Any]], str]], provider: str
) -> None:
    all_lines = [line for items, theirs in parts for line in lines(*items, provider=theirs)]
    rendered = Rendering(provider, all_lines).result()
    body = b'{"input":[' + b",".join(rendered.lines) + b"]}"
    assert strict.faults(body) == []


@pytest.mark.slices
@given(ITEMS, st.integers(0, 14))
@tries(150)
def test_a_growing_rendering_equals_a_fresh_one_at_any_time(
    items: list[dict[str, Any]], fork_at: int
) -> None:
    growing, all_lines = Rendering("p"), lines(*items)
    other = lines(call("a"), call("a"), output("b"), thought(), says("user"), call("a-2"))
    for at, line in enumerate(all_lines):
        if at == fork_at:  # what one of both takes from here on is none of the other's
            fork = growing.fork()
            for one in other:
                fork.take(one)
            assert fork.result() == Rendering("p", [*all_lines[:at], *other]).result()
        growing.take(line)
        assert growing.result() == Rendering("p", all_lines[: at + 1]).result()


@given(ITEMS)
@tries(60)
def test_no_item_that_can_be_sent_is_lost(items: list[dict[str, Any]]) -> None:
    request = sent(*items)
    said = Counter(item["role"] for item in items if "role" in item and item["content"][0]["text"])
    kept = Counter(one for one in request if one in ("user", "assistant", "developer"))
    assert kept == said
    calls = sum(item["type"] == "function_call" for item in items)
    assert sum(one.startswith("call ") for one in request) == calls
