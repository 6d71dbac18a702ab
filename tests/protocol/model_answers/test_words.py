"""The provider's own words reach the user and the log, bounded and without the key."""

import json
from pathlib import Path

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage, staged
from tests.support.model_calls import KEY
from tests.support.responses_endpoint import answer, event_stream
from threadhost.actors.models import CallLimits

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
FAULTS = {"detail": [{"loc": ["body", "input"], "msg": "field required", "type": "missing"}]}
LIMIT = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
CONNECTION = "httpConnectionFailed"
BROKEN = "responseStreamDisconnected"
UNOPENED = "responseStreamConnectionFailed"


def refused(status: int, body: object, headers: bytes = b"") -> bytes:
    """An answer that refuses, in JSON."""
    return answer(status, json.dumps(body).encode(), headers=headers)


def streamed(event: object) -> bytes:
    """A stream of one event, as servers send it that fail late."""
    return event_stream(b"data: " + json.dumps(event).encode() + b"\n\n")


WORDS: list[tuple[bytes, str, object]] = [
    (streamed({"error": {"message": "Upstream overloaded", "code": 502}}), "Upstream", CONNECTION),
    (streamed({"error": "Upstream overloaded"}), "Upstream overloaded", "other"),
    (streamed({"error": {"type": "overloaded_error"}}), "overloaded_error", "serverOverloaded"),
    (streamed({"type": "error", "message": "no room"}), "no room", "other"),
    (streamed({"detail": "no room"}), "no room", "other"),
    (
        streamed({"type": "response.failed", "response": {"error": {"message": "no room"}}}),
        "no room",
        "other",
    ),
    (
        streamed(
            {
                "type": "response.completed",
                "response": {"status": "failed", "error": {"message": "no room"}},
            }
        ),
        "no room",
        "other",
    ),
    (refused(422, FAULTS), "body.input: field required", "badRequest"),
    (refused(400, {"detail": "no stream here"}), "no stream here", "badRequest"),
    (refused(400, {"message": "bad", "object": "error", "code": 400}), "bad", "badRequest"),
    (refused(400, {"errors": [{"message": "bad"}]}), "bad", "badRequest"),
    (refused(400, ["bad", "worse"]), "bad; worse", "badRequest"),
    (refused(400, "bad"), "bad", "badRequest"),
    (answer(400, b"in plain words", "text/plain"), "in plain words", "badRequest"),
    (answer(502, PAGE, "text/html"), "502 Bad Gateway", CONNECTION),
    (answer(520, PAGE, ""), "answered 520", "internalServerError"),
    (answer(413, b"", "text/html"), "answered 413", "badRequest"),
    (answer(200, b'{"error": {"message": "no room"}}'), "no room", "other"),
    (answer(200, b'{"object": "error", "message": "no room"}'), "no room", "other"),
    (answer(200, b'{"detail": "no room"}'), "no room", "other"),
    (answer(200, b'{"hello": "world"}'), "no output", UNOPENED),
    (answer(200, b"try again later", "text/plain"), "try again later", BROKEN),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("raw", "words", "code"), WORDS, ids=map(str, range(len(WORDS))))
async def test_a_turn_fails_with_the_message_of_the_provider(
    stage: Stage, raw: bytes, words: str, code: object
) -> None:
    stage.will_answer(raw)
    turn = await stage.turn()
    assert turn["status"] == "failed"
    info = turn["error"]["codexErrorInfo"]
    assert words in turn["error"]["message"]
    assert (next(iter(info)) if isinstance(info, dict) else info) == code
    await stage.good_turn()


async def test_the_request_id_code_and_wait_of_an_error_are_shown_beside_its_message(
    stage: Stage,
) -> None:
    headers = b"x-request-id: req_123\r\nretry-after: 37\r\n"
    stage.will_answer(refused(429, LIMIT, headers))
    turn = await stage.turn()
    error = turn["error"]
    assert (error["codexErrorInfo"], "slow down" in error["message"]) == ("rateLimitExceeded", True)
    assert error["additionalDetails"] == (
        "request id req_123; code rate_limit_exceeded; retry after 37"
    )
    params = {"threadId": stage.thread_id, "includeTurns": True}
    read = await stage.client.ok("thread/read", params)
    assert read["thread"]["turns"][0]["error"] == error


async def test_words_without_end_are_cut(stage: Stage) -> None:
    stage.will_answer(answer(400, b"no " * 100_000, "text/plain"))
    turn = await stage.turn()
    assert len(turn["error"]["message"]) <= 1_000


@pytest.mark.few(1)
@pytest.mark.parametrize("retry_after", [b"0", b"0.01"])
async def test_a_transient_refusal_is_retried_after_the_wait_of_the_provider(
    home: Path, retry_after: bytes
) -> None:
    limits = CallLimits(request_retries_max=1, retry_wait_max_ms=1_000)
    async with staged(home, limits) as stage:
        stage.will_answer(refused(429, LIMIT, b"retry-after: %b\r\n" % retry_after))
        turn = await stage.turn()
        assert turn["status"] == "completed"
        [told] = stage.told("error", turn["id"])
        assert (told["willRetry"], "slow down" in told["error"]["message"]) == (True, True)
        stage.check_requests()


async def test_a_wait_longer_than_the_limit_of_the_host_fails_the_turn(home: Path) -> None:
    async with staged(home, CallLimits(retry_wait_max_ms=1_000)) as stage:
        stage.will_answer(refused(429, LIMIT, b"retry-after: 37\r\n"))
        turn = await stage.turn()
        assert turn["status"] == "failed"
        assert "retry after 37" in turn["error"]["additionalDetails"]
        assert len(stage.endpoint.received) == 1


SPELLINGS = [KEY, KEY.upper(), KEY.title(), f"Bearer {KEY}"]


@pytest.mark.few(2)
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_the_api_key_is_neither_sent_to_clients_nor_recorded(
    stage: Stage, spelling: str
) -> None:
    body = json.dumps({"error": {"message": spelling, "code": spelling}}).encode()
    named = f"x-request-id: {spelling}\r\n".encode()
    for raw in (
        answer(200, b"", spelling),
        answer(401, body, headers=named),
        answer(400, spelling.encode(), spelling, named),
        streamed({"error": {"message": spelling, "code": spelling}}),
        streamed({"type": "response.failed", "response": {"id": spelling, "error": {}}}),
        event_stream(spelling.encode()),
    ):
        stage.will_answer(raw)
        await stage.turn()
    heard = json.dumps(stage.client.received).lower()
    stored = await stage.host.running.logs.durable.read_stream(f"thread-{stage.thread_id}")
    recorded = "".join(str(fact.event) for fact in stored).lower()
    assert KEY.lower() not in heard + recorded
    assert stage.told("error") != []


async def test_a_text_of_the_model_that_resembles_the_api_key_is_unchanged(
    stage: Stage,
) -> None:
    turn = await stage.turn(said.done(said.message(said.text(KEY[:6]))), said.DONE)
    assert turn["items"][0]["text"] == KEY[:6]
