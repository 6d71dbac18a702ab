"""The session of a client is resumed on a new host, in whatever order the host answers."""

import json
import socket
import threading
from typing import Any

import pytest

from threadhost.adapters.joining import failover
from threadhost.adapters.joining.failover import (
    Failover,
    FailoverFailed,
    host_lost_answer,
    resolved_notifications,
)
from threadhost.adapters.joining.greeting import LEFT, STOPPED
from threadhost.adapters.joining.session_state import SessionState
from threadhost.adapters.jsonrpc.envelope import (
    error_bytes,
    notification_bytes,
    request_bytes,
    result_bytes,
)

HELLO = b'{"id":0,"method":"initialize","params":{}}'
DONE = b'{"method":"initialized"}'
OURS = "threadhost/join/{}".format


def line(**message: Any) -> bytes:
    return json.dumps(message).encode()


def session_of(*threads: str, place: int = 7) -> SessionState:
    """The session of an initialized client that follows threads and knows a cursor."""
    state = SessionState()
    state.sent(HELLO)
    state.received(result_bytes(0, b"{}"))
    state.sent(DONE)
    for number, thread_id in enumerate(threads, 1):
        state.sent(line(id=number, method="thread/start", params={}))
        state.received(result_bytes(number, b'{"thread":{"id":"%s"}}' % thread_id.encode()))
    state.received(notification_bytes("thread/started", b"{}", 1, place, f"log.{place}.aa"))
    state.fold_gathered()
    return state


def failed_over(
    state: SessionState, *says: bytes
) -> tuple[list[bytes], Failover, list[dict[str, Any]]]:
    """Fail over to a host with these answers: what is repeated, the failover, what was sent."""
    ours, its = socket.socketpair()
    with ours, its:
        its.sendall(b"".join(said + b"\n" for said in says))
        reviving = Failover(ours, state)
        again = reviving.run()
        ours.shutdown(socket.SHUT_WR)
        told = its.recv(65536).splitlines()
    return again, reviving, [json.loads(each) for each in told]


def test_a_new_host_learns_a_clients_session_through_public_methods() -> None:
    said = (
        result_bytes(0, b"{}"),
        result_bytes(OURS(1), b"{}"),
        result_bytes(OURS(2), b"{}"),
        result_bytes(OURS(3), b'{"complete":true}'),
    )
    again, reviving, told = failed_over(session_of("a", "b"), *said)
    assert again == reviving.to_client == []
    assert not reviving.was_stopped
    assert [message["method"] for message in told] == [
        *("initialize", "initialized", "thread/resume", "thread/resume", "host/events/subscribe")
    ]
    resumed = [message["params"] for message in told[2:4]]
    assert resumed == [{"threadId": name, "excludeTurns": True} for name in ("a", "b")]
    assert told[-1]["params"] == {"afterCursor": "log.7.aa", "followedOnly": True}


def test_marks_of_a_new_host_during_the_failover_are_kept_and_not_sent_to_the_client() -> None:
    state = session_of("a", "b")
    said = (
        result_bytes(0, b"{}"),
        STOPPED,
        LEFT + b"b",
        *(result_bytes(OURS(number), b'{"complete":true}') for number in (1, 2, 3)),
    )
    _, reviving, _ = failed_over(state, *said)
    state.fold_gathered()
    assert (reviving.to_client, list(state.followed)) == ([], ["a"])
    assert reviving.was_stopped


def test_a_new_host_gets_only_messages_that_the_client_sent_before() -> None:
    state = SessionState()
    state.sent(HELLO)
    state.received(result_bytes(0, b"{}"))
    state.fold_gathered()
    assert [message["method"] for message in failed_over(state, result_bytes(0, b"{}"))[2]] == [
        "initialize"
    ]


def test_a_client_that_follows_all_events_resumes_all_of_them_after_a_failover() -> None:
    state = session_of()
    state.follows_all = True
    said = result_bytes(0, b"{}"), result_bytes(OURS(1), b'{"complete":true}')
    assert failed_over(state, *said)[2][-1]["params"] == {"afterCursor": "log.7.aa"}


def test_many_threads_are_resumed_in_batches_after_a_failover(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failover, "AT_A_TIME", 2)
    said = [result_bytes(OURS(number), b'{"complete":true}') for number in range(1, 7)]
    told = failed_over(session_of(*"abcde"), result_bytes(0, b"{}"), *said)[2]
    assert [message["params"].get("threadId") for message in told[2:]] == [*"abcde", None]


def test_answers_of_a_new_host_may_come_in_any_order_and_its_notifications_are_dropped() -> None:
    asked = request_bytes(4, "item/tool/call", b'{"threadId":"a"}')
    said = (
        result_bytes(0, b"{}"),
        notification_bytes("thread/status/changed", b"{}", 1, 9, "log.9.cc"),
        error_bytes(OURS(2), -32600, "no such thread"),
        asked,
        result_bytes(OURS(1), b"{}"),
        result_bytes(OURS(3), b'{"complete":true}'),
        b'{"method":"turn',
    )
    state = session_of("a", "b")
    _, reviving, _ = failed_over(state, *said)
    assert list(state.followed) == ["a"]
    assert reviving.to_client[0] == asked
    closed = json.loads(reviving.to_client[1])
    assert (closed["method"], closed["params"]) == ("thread/closed", {"threadId": "b"})
    assert (closed["position"], closed["cursor"]) == (7, "log.7.aa")
    assert reviving.rest == b'{"method":"turn\n'


def test_a_client_is_warned_if_a_new_host_cannot_deliver_the_missed_events() -> None:
    said = result_bytes(OURS(1), b'{"complete":false,"reason":"it is of another log"}')
    _, reviving, _ = failed_over(session_of(), result_bytes(0, b"{}"), said)
    [warning] = map(json.loads, reviving.to_client)
    assert warning["method"] == "warning"
    assert warning["params"]["message"].endswith("are missing: it is of another log")


def test_a_client_that_initialized_with_positional_params_is_initialized_again() -> None:
    state = SessionState()
    hello = line(id=0, method="initialize", params=[{"name": "tests", "version": "1"}])
    state.sent(hello)
    state.received(result_bytes(0, b"{}"))
    state.fold_gathered()
    _, _, [told] = failed_over(state, result_bytes(0, b"{}"))
    assert told == json.loads(hello)


def test_an_unfinished_handshake_is_repeated_on_the_new_host() -> None:
    state = SessionState()
    state.sent(HELLO)
    state.sent(DONE)
    state.sent(line(id=1, method="thread/list"))
    state.fold_gathered()
    assert failed_over(state)[0] == [HELLO, line(id=1, method="thread/list"), DONE]


def test_a_client_that_sent_nothing_is_not_initialized_on_the_new_host() -> None:
    assert failed_over(SessionState())[::2] == ([], [])


def test_a_failover_fails_if_the_new_host_refuses_the_client() -> None:
    with pytest.raises(FailoverFailed):
        failed_over(session_of("a"), error_bytes(0, -32600, "no"))


def test_a_new_host_without_room_for_the_client_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failover, "PAUSE_S", 0)
    full = (error_bytes(OURS(number), -32001, "overloaded") for number in (1, 2, 4))
    said = (
        *(result_bytes(0, b"{}"), next(full), next(full), result_bytes(OURS(3), b"{}")),
        *(next(full), result_bytes(OURS(5), b'{"complete":true}')),
    )
    state = session_of("a")
    _, reviving, told = failed_over(state, *said)
    assert (list(state.followed), reviving.to_client) == (["a"], [])
    asked = [(message["method"], message["params"]) for message in told[2:]]
    assert asked[0] == asked[1] == asked[2]
    assert asked[3] == asked[4]
    assert [method for method, _ in asked[2:4]] == ["thread/resume", "host/events/subscribe"]


def test_a_new_host_that_dies_during_the_failover_is_a_connection_error() -> None:
    ours, its = socket.socketpair()
    its.close()
    with ours, pytest.raises(OSError, match=r"."):
        Failover(ours, session_of("a")).run()


def test_a_new_host_that_dies_after_it_read_the_session_is_a_connection_error() -> None:
    ours, its = socket.socketpair()
    its.shutdown(socket.SHUT_WR)
    with ours, its, pytest.raises(ConnectionResetError):
        Failover(ours, session_of("a")).run()


def test_a_session_that_does_not_fit_into_the_socket_at_once_is_sent_whole() -> None:
    hello = line(id=0, method="initialize", params={"more": "x" * 2_000_000})
    ours, its = socket.socketpair()
    ours.setblocking(False)
    told = bytearray()

    def listen() -> None:
        while not told.endswith(b"\n"):
            told.extend(its.recv(65536))
        its.sendall(result_bytes(0, b"{}") + b"\n")

    state = SessionState()
    state.initialize = hello
    host = threading.Timer(0.05, listen)
    host.start()
    with ours, its:
        assert Failover(ours, state).run() == []
        host.join()
    assert bytes(told) == hello + b"\n"


@pytest.mark.parametrize("patience_s", [0, 0.05])
def test_a_failover_fails_if_the_new_host_does_not_answer_in_time(
    monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    monkeypatch.setattr(failover, "AFTER_ELECTION_S", patience_s)
    with pytest.raises(FailoverFailed, match="did not answer within"):
        failed_over(session_of("a"))


def test_a_lost_request_fails_under_its_id_and_a_lost_question_of_the_host_is_resolved() -> None:
    state = session_of("a")
    state.sent(line(id="x", method="turn/start", params={"threadId": "a"}))
    state.received(request_bytes(4, "item/tool/call", b'{"threadId":"a"}'))
    state.fold_gathered()
    [error] = [json.loads(host_lost_answer(asked)) for asked in state.pop_lost()]
    assert (error["id"], error["error"]["code"]) == ("x", -32603)
    assert error["error"]["data"] == {
        "reason": "hostLost",
        "outcome": "unknown",
        "method": "turn/start",
    }
    [over] = map(json.loads, resolved_notifications(state))
    assert over["params"] == {"threadId": "a", "requestId": 4}
    assert state.open_server_requests == {}
