"""What goes ahead in the store: a client's command, not what its turns record by themselves."""

import asyncio
from pathlib import Path

from tests.support.hosts import Rig, message, open_rig, settle, within
from tests.support.store import META, Gate
from tests.support.store import message as fact
from threadhost.actors.origin import Origin
from threadhost.actors.thread import RenameThread
from threadhost.actors.turn import StartTurn
from threadhost.events import failpoints
from threadhost.events.causes import by_request
from threadhost.events.store.committer import StreamAppend
from threadhost.events.thread import ThreadRenamed
from threadhost.events.turn import TurnCompleted

ASKED = Origin("client:a", "c", by_request("connection", 1, "thread/name/set"))


async def waiting_more_than(rig: Rig, queued_bytes: int) -> int:
    """Until more waits to be written; how much."""
    while (now := rig.logs.durable.stats().queued_bytes) <= queued_bytes:
        await settle(1)
    return now


async def test_a_command_of_a_client_is_appended_before_the_end_of_a_turn_of_the_same_client(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        works, other = await rig.start(), await rig.start()
        content = [{"type": "text", "text": "hi"}]
        begins = StartTurn(rig.ids.new(), rig.ids.new(), content, 1)
        await within(rig.host.threads.ask(works, begins, ASKED))
        asked = await within(rig.model.asked())
        gate, log = Gate(), rig.logs.durable
        first = asyncio.ensure_future(log.append(StreamAppend("thread-x", [fact()]), meta=META))
        await gate.closed()
        held = log.stats().queued_bytes
        asked.say(*message("done")).end()
        held = await waiting_more_than(rig, held)
        named = asyncio.ensure_future(rig.host.threads.ask(other, RenameThread("n"), ASKED))
        await waiting_more_than(rig, held)
        gate.open()
        failpoints.disarm()
        await within(asyncio.gather(first, named))
        await rig.published(TurnCompleted.kind)
        facts = await log.read(0, 100)
        kinds = [type(one.event) for one in facts]
        assert kinds.index(ThreadRenamed) < kinds.index(TurnCompleted)
