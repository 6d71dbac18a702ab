"""Agents on the wire: a model starts, tells, awaits, closes and opens them."""

from tests.protocol.agent_talk import agent, answers, call, calls, spawn
from tests.protocol.talk import script, start, talk
from tests.support.server import Host


async def test_a_model_starts_an_agent_and_waits_for_what_it_says(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    steps = (
        calls(spawn({"text": "found it"})),
        calls(call("wait_agent", targets=["$A1"])),
        {"text": "{output}"},
    )
    await talk(client, root, script(*steps))
    child = await agent(client)
    assert answers(client, child) == ["found it"]
    status = f'{{"status":{{"{child}":{{"completed":"found it"}}}},"timed_out":false}}'
    assert answers(client, root)[0] == status
