"""Messages that are none, on a connection to a real host that lives on."""

import pytest

from tests.adapters.jsonrpc.malformed import MALFORMED, OVERSIZE_WORDS
from tests.support.server import Host
from threadhost.adapters.config import Limits

OVERSIZE = b" " * (Limits().frame_bytes_max + 1)


async def test_each_malformed_message_is_answered_on_a_connection_that_lives_on(
    each_host: Host,
) -> None:
    client, bystander = await each_host.client(), await each_host.client()
    assert len(MALFORMED) >= 60
    for case in MALFORMED:
        before = len(client.received)
        await client.send_raw(case.data)
        await bystander.ok("thread/loaded/list")
        answer = await client.answer(case.id, before)
        assert answer["error"]["code"] == case.code, case.name
        assert case.words in answer["error"]["message"], case.name
        assert len(client.received) == before + 1, case.name
    assert await client.ok("thread/loaded/list") == {"data": [], "nextCursor": None}


async def test_a_message_over_the_size_limit_is_answered_and_the_connection_lives_on(
    each_host: Host,
) -> None:
    client = await each_host.client()
    await client.send_raw(OVERSIZE)
    answer = await client.answer(None)
    assert answer["error"]["message"].endswith(OVERSIZE_WORDS)
    await client.level()


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "message",
    [b"", b"   ", b'{"method":"thread/delete","params":{}}', b'{"id":1,"result":{}}'],
    ids=["nothing", "blanks", "an unknown notification", "an answer to nothing"],
)
async def test_a_message_that_needs_no_answer_gets_none(message: bytes, host: Host) -> None:
    client = await host.client()
    before = await client.level()
    await client.send_raw(message)
    assert await client.level() == before + 1


async def test_a_malformed_message_before_the_handshake_is_answered(each_host: Host) -> None:
    client = await each_host.connect()
    await client.send_raw(b"not json")
    assert (await client.answer(None))["error"]["code"] == -32700
    await client.initialize()
