"""The session state that a relay keeps of a client, and its requests when the host is gone."""

import json
from itertools import product
from typing import Any

import pytest

from tests.support.each import each
from threadhost.adapters.joining import session_state as module
from threadhost.adapters.joining.greeting import FOLLOWED, LEFT, MARK
from threadhost.adapters.joining.session_state import SessionState
from threadhost.adapters.jsonrpc import methods as _methods  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.envelope import (
    error_bytes,
    notification_bytes,
    request_bytes,
    result_bytes,
)
from threadhost.adapters.jsonrpc.registry import registry

THREAD = "01a22618-2a09-740b-b69f-0cfb9c905293"


def line(**message: Any) -> bytes:
    return json.dumps(message).encode()


def after(*said: bytes, heard: tuple[bytes, ...] = ()) -> SessionState:
    state = SessionState()
    for line in said:
        state.sent(line)
    for line in heard:
        state.received(line)
    state.fold_gathered()
    return state


def ids(state: SessionState) -> list[Any]:
    return [asked.id for asked in state.open.values()]


def test_an_answered_request_is_not_open() -> None:
    said = [line(id=n, method="thread/list", params={}) for n in (1, 2, 3)]
    state = after(*said, heard=(result_bytes(1, b"{}"), error_bytes(3, -32600, "no")))
    assert ids(state) == [2]


def test_a_number_and_a_text_are_two_ids() -> None:
    said = line(id=1, method="thread/list"), line(id="1", method="thread/list")
    assert ids(after(*said, heard=(result_bytes("1", b"{}"),))) == [1]


def test_requests_that_read_or_have_a_key_are_repeated_and_others_are_lost() -> None:
    key = {"threadId": THREAD, "idempotencyKey": "k"}
    state = after(
        line(id=1, method="turn/start", params={"threadId": THREAD}),
        line(id=2, method="turn/start", params=key),
        line(id=3, method="thread/read", params={"threadId": THREAD}),
        line(id=4, method="thread/delete", params={"threadId": THREAD}),
        line(id=5, method="host/events/subscribe", params={}),
        line(id=6, method="initialize", params={}),
    )
    assert [asked.id for asked in state.pop_lost()] == [1, 4]
    assert ids(state) == [2, 3, 5, 6]
    assert [asked.id for asked in state.pop_lost(everything=True)] == [2, 3, 5, 6]
    assert ids(state) == []


def test_every_method_that_is_repeated_without_a_key_changes_nothing() -> None:
    again = [method for method in registry if method.name.rpartition("/")[2] in module.READS]
    assert len(again) > 10
    assert [method.name for method in again if not method.reads] == []


def test_a_handshake_is_kept_once_the_host_accepted_it() -> None:
    hello, done = line(id=0, method="initialize", params={}), line(method="initialized")
    waiting = after(line(id=7, method="thread/list"), hello)
    assert (waiting.initialize, ids(waiting)) == (None, [7, 0])
    over = after(hello, done, heard=(result_bytes(0, b'{"userAgent":"x"}'),))
    assert (over.initialize, over.initialized) == (hello, done)
    refused = after(hello, heard=(error_bytes(0, -32600, "no"),))
    assert (refused.initialize, ids(refused)) == (None, [])


def test_a_handshake_is_kept_though_a_further_one_is_refused() -> None:
    hello, again = (line(id=n, method="initialize", params={}) for n in (0, 1))
    answers = result_bytes(0, b"{}"), error_bytes(1, -32600, "Already initialized")
    assert after(hello, again, heard=answers).initialize == hello


@each("method,shift", product(module.FOLLOWS, range(3)))
def test_a_thread_is_followed_from_its_start_or_resume_until_it_is_unsubscribed(
    method: str, shift: int
) -> None:
    more = "x" * shift + "\N{EURO SIGN}" * 3333  # it is cut within a letter
    answer = result_bytes(1, f'{{"thread":{{"id":"{THREAD}","more":"{more}"}}}}'.encode())
    followed = after(line(id=1, method=method, params={}), heard=(answer,))
    assert list(followed.followed) == [THREAD]
    followed.sent(line(id=2, method="thread/unsubscribe", params={"threadId": THREAD}))
    followed.received(result_bytes(2, b'{"status":"unsubscribed"}'))
    followed.fold_gathered()
    assert list(followed.followed) == []


def test_a_thread_that_the_host_marks_as_followed_is_followed_until_its_end_is_marked() -> None:
    state = SessionState()
    for mark in (FOLLOWED + b"a", FOLLOWED + THREAD.encode(), LEFT + b"a", LEFT + b"b"):
        state.note_mark(mark)
    state.note_mark(MARK + b"of a newer host")
    state.fold_gathered()
    assert list(state.followed) == [THREAD]
    state.sent(line(id=2, method="thread/unsubscribe", params={"threadId": THREAD}))
    state.received(result_bytes(2, b"{}"))
    state.fold_gathered()
    assert list(state.followed) == []


def test_the_cursor_is_that_of_the_newest_notification() -> None:
    state = SessionState()
    assert state.place == {}
    state.received(notification_bytes("turn/started", b'{"a":1}', 1, 7, "log.7.aa"))
    state.received(notification_bytes("warning", b"{}", 1))
    text = json.dumps({"cursor": 'no ,"cursor":"x"'}).encode()
    state.received(notification_bytes("item/completed", text, 1, 8, "log.8.bb"))
    state.received(notification_bytes("warning", b"{}", 1))
    assert module.is_notification(state.notice("warning", {}))
    assert state.place == {"position": 8, "cursor": "log.8.bb"}


def test_a_question_of_the_host_stays_open_until_the_client_answers() -> None:
    asked = [request_bytes(n, "item/tool/call", b'{"threadId":"t"}') for n in (4, 5)]
    state = after(heard=(*asked,))
    state.sent(line(id=4, result={}))
    state.fold_gathered()
    assert (state.open_server_requests, state.newest_asked) == ({5: "t"}, 5)


def test_a_subscription_to_all_events_is_kept_until_it_is_ended() -> None:
    subscribe = line(id=1, method="host/events/subscribe", params={"afterPosition": 0})
    complete = result_bytes(1, b'{"position":1,"oldestPosition":1,"complete":true,"reason":null}')
    state = after(subscribe, heard=(complete,))
    state.sent(line(id=2, method="thread/list"))
    state.received(result_bytes(2, b"{}"))
    state.fold_gathered()
    assert state.follows_all
    state.sent(line(id=3, method="host/events/unsubscribe"))
    state.received(result_bytes(3, b"{}"))
    state.fold_gathered()
    assert not state.follows_all


@each(
    ("first", "then", "follows_all"),
    [
        ({"afterPosition": 5, "followedOnly": True}, b'{"complete":true}', False),
        ({"afterPosition": 5}, b'{"complete":false}', False),
        ({"afterPosition": 5}, b'{"complete":true}', True),
    ],
)
def test_a_subscription_takes_effect_only_if_the_host_completed_it(
    first: dict[str, Any], then: bytes, *, follows_all: bool
) -> None:
    state = after(
        line(id=1, method="host/events/subscribe", params=first), heard=(result_bytes(1, then),)
    )
    assert state.follows_all == follows_all
    whole = line(id=2, method="host/events/subscribe", params={"afterPosition": 0})
    state.sent(whole)
    state.received(result_bytes(2, b'{"complete":true}'))
    state.sent(line(id=3, method="host/events/subscribe", params=first))
    state.received(result_bytes(3, then))
    state.fold_gathered()
    assert state.follows_all


@each("params", [{"afterPosition": 2, "followedOnly": True}, [2, None, True]])
def test_params_of_a_subscription_are_read_by_name_and_by_position(params: Any) -> None:
    asked = line(id=1, method="host/events/subscribe", params=params)
    state = after(asked, heard=(result_bytes(1, b'{"complete":true}'),))
    assert not state.follows_all
    assert state.resume_params["afterPosition"] == 2


def test_a_session_resumes_at_the_newest_cursor_or_position_that_it_knows() -> None:
    state = SessionState()
    assert state.resume_params == {}
    for mark in (b"a log.3.aa", b"b log.4.bb"):
        state.note_mark(FOLLOWED + mark)
    state.fold_gathered()
    assert state.resume_params == {"afterCursor": "log.3.aa"}
    state.received(notification_bytes("turn/started", b"{}", 1, 7, "log.7.cc"))
    assert state.resume_params == {"afterCursor": "log.7.cc"}
    state.sent(line(id=1, method="host/events/subscribe", params={"afterPosition": 2}))
    state.received(result_bytes(1, b'{"complete":true}'))
    state.fold_gathered()
    assert state.resume_params == {"afterPosition": 2}
    state.received(notification_bytes("turn/started", b"{}", 1, 3, "log.3.aa"))
    assert state.resume_params == {"afterCursor": "log.3.aa"}


@each(
    "said",
    [
        b"{",
        b"[]",
        b"7",
        b"\xff",
        b'{"id":null,"method":"x"}',
        b'{"id":1.5,"method":"x"}',
        b"{}",
        b'{"id":[],"result":1}',
        b'{"error":{},"id":7}',
        b'{"id":true,"method":[]}',
        b'{"method":{}}',
        b'{"method":"turn/started","params":[]}',
        b"[" * 99999,
    ],
)
def test_no_malformed_line_breaks_the_session_state(said: bytes) -> None:
    state = after(said, heard=(said, b'{"id":' + said, b'{"method":"' + said))
    assert ids(state) == []


def test_many_lines_are_folded_into_the_session_state_as_they_arrive() -> None:
    state = SessionState()
    for number in range(10 * module.LINES_MAX):
        state.sent(line(id=number, method="thread/list"))
        state.received(result_bytes(number, b"{}"))
        assert state.gathered_lines < module.LINES_MAX
    state.fold_gathered()
    assert state.kept_bytes == 0


def test_a_few_large_lines_are_folded_as_soon_as_they_exceed_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = [line(id=n, method="thread/list", params={"more": "x" * 60}) for n in range(3)]
    monkeypatch.setattr(module, "GATHERED_BYTES_MAX", len(asked[0]) + 1)
    state = SessionState()
    seen = []
    for said in asked:
        state.sent(said)
        seen.append(state.gathered_lines)
    assert seen == [1, 0, 1]


def test_of_two_requests_under_one_id_the_later_is_kept() -> None:
    asked = [line(id=1, method=method) for method in ("thread/list", "thread/loaded/list")]
    state = after(*asked)
    assert ids(state) == [1]
    assert state.kept_bytes == len(asked[1])


def test_an_answer_that_fits_another_request_under_its_id_breaks_nothing() -> None:
    said = [
        line(id=1, method="host/events/subscribe", params=params)
        for params in ({"afterPosition": 0}, "no params")
    ]
    state = after(*said, heard=(result_bytes(1, b'{"complete":true}'),))
    assert state.resume_params == {}


def test_of_requests_that_are_too_large_to_keep_only_the_methods_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES_MAX", 200)
    params = {"threadId": THREAD, "idempotencyKey": "k" * 50}
    state = after(*(line(id=n, method="turn/start", params=params) for n in (1, 2)))
    assert [asked.id for asked in state.pop_lost()] == [2]
