"""Every call that a model makes gets exactly one answer, whatever happens in which order."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from tests.support.hosts import ORIGIN, Call, Rig, message, open_rig, settle, within
from tests.support.searching import tries
from tests.support.tools import OFFERING, QUESTION, PuppetTools, unanswered
from tests.support.turns import history
from threadhost.actors.errors import Refusal
from threadhost.actors.models import FunctionCall, OutputDone, OutputStarted
from threadhost.actors.turn import InterruptTurn

ARGUMENTS = {
    "look": '{"q": 1}',
    "request_user_input": json.dumps({"questions": [QUESTION]}),
    "rm": "{}",
    "open": "{",
}


class Stage:
    """A thread, its model and its tools, and what may happen to them."""

    def __init__(self, rig: Rig, tools: PuppetTools, thread_id: str) -> None:
        self.rig = rig
        self.tools = tools
        self.thread_id = thread_id
        self.calls = 0

    @property
    def model(self) -> Call | None:
        """The model's latest call, while it runs."""
        calls = self.rig.model.calls
        return calls[-1] if calls and not calls[-1].closed.is_set() else None

    async def turn(self) -> None:
        """Begin a turn, or add to the one that runs."""
        await within(self.rig.turn(self.thread_id))

    async def call(self, name: str) -> None:
        """The model calls something."""
        if self.model is not None:
            self.calls += 1
            made = FunctionCall(name, ARGUMENTS[name])
            self.model.say(OutputStarted(self.calls, "call"), OutputDone(self.calls, made))

    async def speak(self) -> None:
        """The model says something: what it said before is recorded."""
        if self.model is not None:
            self.calls += 1
            self.model.say(*message("so", self.calls))

    async def end(self) -> None:
        """The model's response ends well."""
        if self.model is not None:
            self.model.end()

    async def fail(self) -> None:
        """The model's stream breaks off."""
        if self.model is not None:
            self.model.break_off()

    async def answer(self, at: int) -> None:
        """Somebody answers the oldest call, or the newest."""
        open_ = [asked for asked in self.tools.calls if not asked.result.done()]
        if open_:
            open_[at].answer("yes")

    async def break_tool(self) -> None:
        """Whoever was asked breaks."""
        for asked in self.tools.calls:
            if not asked.result.done():
                asked.result.set_exception(RuntimeError("broken"))
                return

    async def interrupt(self) -> None:
        """Somebody ends the turn."""
        with suppress(Refusal):
            await within(self.rig.host.threads.ask(self.thread_id, InterruptTurn("", 9), ORIGIN))

    async def unload(self) -> None:
        """The thread is let go, to be taken up from the log."""
        await within(self.rig.host.life.unload([self.thread_id], "test", ORIGIN))

    def check(self) -> None:
        """What holds at any time of what a model was sent, and at rest of what is recorded."""
        for call in self.rig.model.calls:
            assert unanswered(call.request.history) == {}
        state = self.rig.host.threads.loaded(self.thread_id)
        if state is None or state.turn is None:
            lines = history(self.rig, self.thread_id)
            assert unanswered(lines) == {}
            kinds = Counter(str(from_json(line)["type"]) for line in lines)
            assert kinds["function_call"] == kinds["function_call_output"]


Act = Callable[[Stage], Awaitable[None]]
ACTS: dict[str, Act] = {
    "turn": Stage.turn,
    "look": lambda stage: stage.call("look"),
    "ask": lambda stage: stage.call("request_user_input"),
    "unknown": lambda stage: stage.call("rm"),
    "nonsense": lambda stage: stage.call("open"),
    "speak": Stage.speak,
    "end": Stage.end,
    "fail": Stage.fail,
    "first answer": lambda stage: stage.answer(0),
    "last answer": lambda stage: stage.answer(-1),
    "break": Stage.break_tool,
    "interrupt": Stage.interrupt,
    "unload": Stage.unload,
    "wait": lambda _: settle(),
}
LIKELY = ["look", "ask", "end", "first answer", "last answer", "turn"]
acts = st.lists(st.sampled_from([*ACTS, *LIKELY]), min_size=4, max_size=24)


async def play(names: list[str]) -> None:
    tools = PuppetTools()
    async with open_rig(tools=tools) as rig:
        stage = Stage(rig, tools, await rig.start(settings=OFFERING))
        await stage.turn()
        for name in names:
            await ACTS[name](stage)
            await settle(4)
            stage.check()
        await stage.interrupt()
        stage.check()


@pytest.mark.slices
@given(acts)
@tries(40)
def test_every_call_is_answered_once_in_any_interleaving(names: list[str]) -> None:
    asyncio.run(play(names))
