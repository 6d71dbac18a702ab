"""Work of a client's size that the loop does not do, or does not do again."""

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.hashing import counted_digests

LONG = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x" * 9999}]}


async def test_a_turn_on_a_long_thread_digests_only_what_is_new(client: Client) -> None:
    with counted_digests() as hashed:
        thread_id = await start(client)
        for items in ([LONG] * 100, [{**LONG, "role": "developer"}]):
            await client.ok("thread/inject_items", {"threadId": thread_id, "items": items})
        await talk(client, thread_id, "the first may digest all")
        for letter in "abc":
            hashed.clear()
            await talk(client, thread_id, letter)
            assert sum(hashed) < 5000
