"""The requests of a client that wait: large ones, cancelled ones, and those behind a start."""

from tests.adapters.jsonrpc.test_start_limiter import (
    OTHER,
    START,
    Client,
    Named,
    by_thread,
    contended,
    nothing,
)
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.start_limiter import UNDER_WAY_MAX

LARGE = Method("thread/read", Named, nothing, by_thread, large="read less")
LARGE_MAX = 4


def test_large_answers_beyond_the_limit_are_made_later_in_their_order() -> None:
    client = Client(contended())
    client.ask(OTHER, "first")
    for number in range(LARGE_MAX + 2):
        client.ask(LARGE, f"l{number}")
    client.ask(OTHER, "last")
    begun = ["first", *(f"l{number}" for number in range(LARGE_MAX))]
    assert (client.begun, len(client.backlog)) == (begun, 3)
    client.answer("first")
    assert client.begun == begun
    client.answer("l0")
    assert client.begun == [*begun, "l4"]
    client.answer("l2")
    assert client.begun == [*begun, "l4", "l5", "last"]
    for number in (1, 3, 4, 5):
        client.answer(f"l{number}")
    for number in range(LARGE_MAX + 1):
        client.ask(LARGE, f"again {number}")
    assert len(client.backlog) == 1


def test_a_waiting_request_is_removed_once_by_its_method_and_id() -> None:
    client = Client(contended())
    client.is_held = True
    for number in "abc":
        client.ask(OTHER, number)
    client.backlog.begin_some()
    assert client.begun == []
    assert client.backlog.take((LARGE.name, "b")) is None
    taken = client.backlog.take((OTHER.name, "b"))
    assert taken is not None
    assert (taken.request.id, len(client.backlog)) == ("b", 2)
    assert client.backlog.take((OTHER.name, "b")) is None
    client.is_held = False
    client.backlog.begin_some()
    assert client.begun == ["a", "c"]


def test_a_request_in_order_with_starts_waits_for_the_last_start_only() -> None:
    client = Client(contended())
    client.ask_many(UNDER_WAY_MAX)
    for number in range(3):
        client.ask(START, f"t{number}", "t")
    client.ask(START, "u", "u")
    client.ask(OTHER, "no thread")
    client.answer("s0")
    client.ask(OTHER, "stop", "t")
    client.answer("s1")
    client.ask(OTHER, "stop again", "t")
    begun = ["no thread", "t0", "t1"]
    assert client.begun[UNDER_WAY_MAX:] == begun
    for number in range(2, 6):
        client.answer(f"s{number}")
    begun += ["t2", "u", "stop", "stop again"]
    assert client.begun[UNDER_WAY_MAX:] == begun
    client.ask_many(3)
    client.ask(START, "u again", "u")
    client.ask(OTHER, "at once", "t")
    assert client.begun[-1] == "at once"


def test_a_cleared_backlog_is_empty_and_begins_no_request() -> None:
    client, other = Client(starts := contended()), Client(starts, "other")
    other.ask_many(UNDER_WAY_MAX)
    client.ask(START, "begun", "t")
    client.ask(START, "waits", "t")
    client.is_held = True
    client.ask(OTHER, "held")
    waiting = [admitted.request.id for admitted in client.backlog.clear()]
    assert (waiting, len(client.backlog)) == (["held", "waits"], 0)
    client.is_held = False
    for number in range(UNDER_WAY_MAX):
        other.answer(f"s{number}")
    client.backlog.begin_some()
    assert client.begun == ["begun"]
    client.ask(OTHER, "stop", "t")
    assert client.begun == ["begun", "stop"]
