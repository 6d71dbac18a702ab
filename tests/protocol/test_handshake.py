"""The start of a session."""

from tests.support.server import Host


async def test_a_session_starts_over_each_transport(each_host: Host) -> None:
    client = await each_host.client()
    started = await client.ok("thread/start", {"cwd": "/"})
    thread_id = started["thread"]["id"]
    await client.ok("turn/start", {"threadId": thread_id, "input": [{"type": "text", "text": "a"}]})
    await client.notice("turn/completed", threadId=thread_id)
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("thread/deleted", threadId=thread_id)
