"""The cache of values made of lines: made once, limited, and dropped with their thread."""

import asyncio
import threading

import pytest

from tests.support.chat_endpoint import ChatEndpoint
from tests.support.model_calls import WAIT_S, client_of, collect, user
from threadhost.actors.models import ModelRequest
from threadhost.adapters.models import chat
from threadhost.adapters.models.http_client import BODY_BYTES_INLINE
from threadhost.adapters.models.line_cache import LineCache, forget, held_bytes, making
from threadhost.adapters.models.provider import Provider


def test_values_made_of_lines_are_kept_within_a_limit_and_made_once() -> None:
    made: list[bytes] = []

    def make(line: bytes) -> int:
        made.append(line)
        return len(line)

    kept = LineCache(make, bytes_max=10)
    for line in [b"aaaa", b"bbbb", b"aaaa", b"cccc", b"aaaa"]:
        assert kept(line) == 4
    assert made == [b"aaaa", b"bbbb", b"cccc"]

    for n in range(100):
        kept(b"%04d" % n)
    assert len(kept) <= 4


def test_a_value_that_two_threads_make_of_one_line_counts_once() -> None:
    others = [b"line"]

    def make(line: bytes) -> str:
        if others:
            kept(others.pop())
        return line.decode()

    kept = LineCache(make, bytes_max=10)
    assert kept(b"line") == "line"
    assert kept.held_bytes == len(b"line")
    kept.drop(b"line")
    assert kept.held_bytes == 0


def test_a_line_that_is_forgotten_while_a_request_is_made_is_not_kept_afterwards() -> None:
    kept = LineCache(bytes.decode)
    with making():
        assert kept(b"a secret") == "a secret"
        forget([b"a secret"])
        assert kept(b"a secret") == "a secret"
        assert kept(b"of another") == "of another"
    assert (len(kept), kept.held_bytes) == (1, len(b"of another"))


@pytest.mark.slices
async def test_a_long_request_keeps_no_lines_of_a_thread_that_is_deleted_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, goes_on, made = threading.Event(), threading.Event(), chat.body
    history = [user("a secret" * BODY_BYTES_INLINE), user("another")]

    def slowly(call: ModelRequest, provider: Provider) -> bytes:
        begun.set()
        goes_on.wait(WAIT_S)
        return made(call, provider)

    monkeypatch.setattr(chat, "body", slowly)
    async with ChatEndpoint() as endpoint:
        client, before = client_of(endpoint.base_url, wire="chat"), held_bytes()
        answer = asyncio.create_task(collect(client, *history))
        assert await asyncio.to_thread(begun.wait, WAIT_S)
        forget(history)
        goes_on.set()
        assert await answer
        await client.close()
    assert held_bytes() <= before
