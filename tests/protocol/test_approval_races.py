"""Approvals and questions against whatever may end them, at once and in any order."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import begin, script, start
from tests.protocol.test_tool_approvals import DROP, box
from tests.protocol.tool_talk import ASK, CALL, DONE, QUESTIONS, USER_INPUT, named, open_requests
from tests.support.client import Client, Message
from tests.support.mcp import ELICITATION, SERVER, Notes, calls, table
from tests.support.server import Host
from threadhost.events.elicitation import ElicitationAnswered, ElicitationAsked
from threadhost.events.ids import thread_stream

STEPS = {"change": calls("change"), "ask": calls("ask"), "drop": DROP, "question": QUESTIONS}
ANSWERS: dict[str, Any] = {
    ELICITATION: {"action": "accept", "content": {"colour": "blue"}},
    USER_INPUT: {"answers": {}},
    CALL: {"contentItems": [], "success": True},
}
ENDS = ("interrupt", "delete", "archive", "disconnect", "resume", "steer", "restart")


def is_asked(message: Message) -> bool:
    """Whether this is anything that a client is asked."""
    return message.get("method") in ANSWERS and "id" in message


class Race:
    """One thread, whose call is asked about, and two clients that do things at once."""

    def __init__(self, host: Host, first: Client, second: Client) -> None:
        self.host, self.first, self.second = host, first, second
        self.thread_id = self.turn_id = ""

    async def begin(self, what: str) -> Message:
        """Let the model call; the request that a client gets."""
        tools = {"dynamicTools": box({"readOnlyHint": False}), "config": ASK}
        self.thread_id = await start(self.first, approvalPolicy="untrusted", **tools)
        await self.second.ok("thread/resume", {"threadId": self.thread_id})
        self.turn_id = await begin(self.first, self.thread_id, script(STEPS[what], DONE))
        return await self.first.until(is_asked)

    async def answer(self, request: Message) -> None:
        """The first client answers."""
        await self.first.reply(request, ANSWERS[request["method"]])

    async def end(self, how: str) -> None:
        """The second does this meanwhile; it may be refused."""
        thread = {"threadId": self.thread_id}
        turn = {**thread, "turnId": self.turn_id}
        steer = {
            **thread,
            "expectedTurnId": self.turn_id,
            "input": [{"type": "text", "text": "more"}],
        }
        methods: dict[str, tuple[str, Any]] = {
            "interrupt": ("turn/interrupt", turn),
            "delete": ("thread/delete", thread),
            "archive": ("thread/archive", thread),
            "resume": ("thread/resume", thread),
            "steer": ("turn/steer", steer),
        }
        if how == "disconnect":
            await self.second.close()
        elif how == "restart":
            await self.host.restart()
        else:
            await self.second.ask(*methods[how])

    async def settle(self) -> None:
        """Answer all that is asked now, and end the turn."""
        client = await named(self.host, "third")
        thread = {"threadId": self.thread_id}
        await client.ask("thread/resume", thread)
        await client.ask("turn/interrupt", {**thread, "turnId": self.turn_id})
        read = await client.ask("thread/read", {**thread, "includeTurns": True})
        if "result" in read:
            found = read["result"]["thread"]
            assert found["status"]["type"] in ("idle", "notLoaded"), found["status"]
            assert [turn["status"] for turn in found["turns"]] != ["inProgress"]
            for item in found["turns"][-1]["items"]:
                assert item.get("status") != "inProgress", item


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(40))
async def test_an_approval_or_question_ends_once_whatever_ends_it(home: Path, seed: int) -> None:
    dice = random.Random(seed)
    notes = Notes(home)
    (home / "config.toml").write_text(table("tiny", SERVER, str(notes.path)))
    timeout_ms = dice.choice((0, 60))
    async with Host(home, settings={"tool_timeout_ms": timeout_ms}) as host:
        race = Race(host, await named(host, "first"), await named(host, "second"))
        what, how = list(STEPS)[seed % len(STEPS)], ENDS[seed % len(ENDS)]
        request = await race.begin(what)
        work = [race.answer(request), race.end(how)]
        dice.shuffle(work)
        await asyncio.gather(*work)
        await race.settle()
        assert open_requests(host) == 0
        facts = await host.running.logs.durable.read_stream(thread_stream(race.thread_id))
        events = [fact.event for fact in facts]
        asked = [e.elicitation_id for e in events if isinstance(e, ElicitationAsked)]
        over = [e.elicitation_id for e in events if isinstance(e, ElicitationAnswered)]
        if how != "delete":  # what was said in a thread that is deleted cannot be read
            assert over == asked
        outcomes = [e.outcome for e in events if isinstance(e, ElicitationAnswered)]
        if what == "change" and outcomes and how != "delete":
            assert ("called change" in notes.lines) <= ("accept" in outcomes)
