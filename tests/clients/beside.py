"""The same session with codex and with this host, step by step, and what is comparable of it."""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import groupby
from random import Random
from typing import Any, NamedTuple

from tests.protocol.differences import SILENT

Json = dict[str, Any]
LAST_S = 30
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = (
    *("thread", "turn", "turns", "items", "item", "data", "goal", "threadId", "id", "turnId"),
    *("name", "preview", "type", "status", "objective", "ephemeral", "text", "content"),
    *("model", "cwd", "approvalPolicy", "serviceTier", "cleared", "itemsView", "reasoningEffort"),
    *("sessionId", "forkedFromId", "parentThreadId", "historyMode", "modelProvider", "source"),
    *("threadSource", "agentNickname", "agentRole", "gitInfo", "environments", "rootTurnId"),
    *("approvalsReviewer", "sandbox", "activePermissionProfile", "disabledPluginIds", "clientId"),
    *("instructionSources", "runtimeWorkspaceRoots", "multiAgentMode", "error", "phase"),
    *("extra", "section", "sectionEnteredAt", "projectId", "attachedToThreadId", "cliVersion"),
    *("daybreakEnabled", "originator", "memoryCitation", "delivery", "questions", "moderation"),
)
UNTOLD = {
    *(row.method for row in SILENT),
    *("thread/tokenUsage/updated", "item/agentMessage/delta", "thread/readState/changed"),
}
"""What one of the two does not tell, or not as often: `docs/compatibility.md` says why."""
ANNOUNCED = {
    "thread/archive": "thread/archived",
    "thread/delete": "thread/deleted",
    "thread/fork": "thread/started idle",
    "thread/goal/clear": "thread/goal/cleared",
    "thread/goal/set": "thread/goal/updated",
    "thread/name/set": "thread/name/updated",
    "thread/resume": "thread/goal/",
    "thread/revert": "thread/reverted",
    "thread/settings/update": "thread/settings/updated",
    "thread/start": "thread/started idle",
    "thread/unarchive": "thread/unarchived",
    "turn/start": "item/completed userMessage",
    "turn/steer": "item/completed userMessage",
}
"""What is told behind the answer to a request that is done."""
HANG: Json = {"hang": True}
ANSWERS: tuple[tuple[Json, ...], ...] = (
    ({"text": "an answer"},),
    ({"text": "an answer in pieces", "deltas": 4},),
    ({"calls": [{"name": "nobody_has_it", "args": {}}]}, {"text": "after it"}),
)


class Program:
    """One of the two, over its input and output; names stand for the ids that it gave."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._number = 0
        self._ids: dict[str, str] = {}
        self._told: list[str] = []
        self._running: set[str] = set()
        self._ended: set[str] = set()
        self._is_done = False

    async def do(self, method: str, params: Json, name: str, *, ends: bool) -> tuple[Any, Any]:
        """The answer and what is told with it; with `ends`, until no turn runs any more."""
        self._told = []
        answer = await self._ask(method, params)
        result = answer.get("result", {})
        if name and (made := result.get("thread") or result.get("turn")):
            self._ids[name] = made["id"]
        begun = {result["turn"]["id"]} if "turn" in result else set()
        self._is_done = "result" in answer
        while (ends and begun - self._ended) or self._hears(method, result):
            await self._hear()
        while ends and method == "turn/interrupt" and self._running:
            await self._hear()
        told = [*self._told, *await self._rest()]
        said = self._said(answer)
        if method == "thread/revert":  # which codex does by loading the thread anew
            told = [one for one in told if not one.startswith("thread/status")]
        if method == "thread/list" and "data" in said:  # once for each revert, and where it was
            said = sorted({one["id"] for one in said["data"]})
        return said, [one for one, _ in groupby(told)]

    def _hears(self, method: str, result: Json) -> bool:
        """Whether what follows the answer has yet to be told."""
        wanted = ANNOUNCED.get(method, "")
        is_due = bool(wanted) and self._is_done and result.get("cleared") is not False
        return is_due and not any(one.startswith(wanted) for one in self._told)

    async def _rest(self) -> list[str]:
        """What still comes ahead of another answer."""
        before = len(self._told)
        await self._ask("thread/loaded/list", {})
        return self._told[before:]

    async def _ask(self, method: str, params: Json) -> Json:
        self._number += 1
        sent = json.dumps({"id": self._number, "method": method, "params": params})
        for name, value in self._ids.items():
            sent = sent.replace(f'"${name}"', f'"{value}"')
        assert self._process.stdin is not None
        self._process.stdin.write(re.sub(r'"\$\w+"', '"nobody"', sent).encode() + b"\n")
        while (answer := await self._hear()).get("id") != self._number:
            pass
        return answer

    async def _hear(self) -> Json:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), LAST_S)
        assert line, "it hung up"
        message: Json = json.loads(line)
        method, params = message.get("method"), message.get("params", {})
        if method is not None and method not in UNTOLD:
            whose = next((params[key] for key in ("item", "thread") if key in params), params)
            kind = whose.get("type") or whose.get("status", {}).get("type")
            self._told.append(f"{method} {kind}" if kind else method)
        if method == "turn/started":
            self._running.add(params["turn"]["id"])
        elif method == "turn/completed":
            self._running.discard(params["turn"]["id"])
            self._ended.add(params["turn"]["id"])
        return message

    def _said(self, answer: Json) -> Any:
        text = json.dumps(_shown(answer.get("result", answer.get("error"))))
        # What codex makes of no tier where it loads a thread whose turns were taken back.
        text = text.replace('"serviceTier": "default"', '"serviceTier": null')
        for name, value in self._ids.items():
            text = text.replace(value, name)
        return json.loads(UUID.sub("", text))


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "code" in value:
        return value["message"]
    made = {key: _shown(value[key]) for key in SHOWN if key in value}
    return (
        {**made, "id": ""} if str(made.get("type", "")).endswith(("Message", "ToolCall")) else made
    )


class Act(NamedTuple):
    """A request, a name for what it makes, and whether turns come to an end before the next."""

    method: str
    params: Json
    name: str = ""
    ends: bool = True


def said(*script: Json) -> list[Json]:
    """An input that has the model answer so."""
    return [{"type": "text", "text": f"please\n@@mock {json.dumps({'steps': script})}"}]


class Session:
    """Makes requests from a seed, none of those that `docs/compatibility.md` names."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._threads: dict[str, list[str]] = {}
        """The turns of each thread that is there, by their names."""
        self._efforts: dict[str, str] = {}
        self._named = 0
        self._sources: set[str] = set()

    def acts(self, count: int) -> Iterator[Act]:
        """So many things that a client does, each a request or some."""
        kinds = [getattr(self, name) for name in sorted(vars(Session)) if name.startswith("do_")]
        for _ in range(count):
            if not self._threads or self._random.random() < 0.1:
                yield from self._start()
                continue
            thread = self._random.choice(sorted(self._threads))
            kind = self.do_turn if self._random.random() < 0.25 else self._random.choice(kinds)
            yield from kind(thread, {"threadId": f"${thread}"})

    def _name(self, kind: str) -> str:
        self._named += 1
        return f"{kind}{self._named}"

    def _turn(self, thread: str) -> str:
        self._threads[thread].append(self._name("U"))
        return self._threads[thread][-1]

    def _start(self) -> Iterator[Act]:
        thread = self._name("T")
        self._threads[thread] = []
        yield Act("thread/start", {"cwd": "/tmp"}, thread)
        yield from self.do_turn(thread, {"threadId": f"${thread}"})

    def do_turn(self, thread: str, about: Json) -> Iterator[Act]:
        """A turn to its end."""
        params = {**about, "input": said(*self._random.choice(ANSWERS))}
        root = self._random.choice(({}, {"rootTurnId": "root"}, {"rootTurnId": ""}))
        yield Act("turn/start", {**params, **root}, self._turn(thread))

    def do_interrupt(self, thread: str, about: Json) -> Iterator[Act]:
        """A turn that hangs, some more input for it, and no more of it."""
        turn = self._turn(thread)
        yield Act("turn/start", {**about, "input": said(HANG)}, turn, ends=False)
        if self._random.random() < 0.5:
            more = {"expectedTurnId": f"${turn}", "input": said(HANG)}
            yield Act("turn/steer", {**about, **more}, ends=False)
        yield Act("turn/interrupt", {**about, "turnId": f"${turn}"})

    def do_fork(self, thread: str, about: Json) -> Iterator[Act]:
        """A fork up to some turn."""
        turns = self._threads[thread]
        at, fork = self._random.randrange(len(turns)), self._name("T")
        self._sources.add(thread)
        self._threads[fork] = turns[: at + 1]
        asked: Json = {"lastTurnId": f"${turns[at]}", "excludeTurns": self._random.random() < 0.5}
        if effort := self._efforts.get(thread):  # which codex does not take over
            self._efforts[fork] = effort
            asked["config"] = {"model_reasoning_effort": effort}
        yield Act("thread/fork", {**about, **asked}, fork)

    def do_revert(self, thread: str, about: Json) -> Iterator[Act]:
        """Some turns taken back, but for the first."""
        turns = self._threads[thread]
        if len(turns) > 1:
            at = self._random.randrange(1, len(turns))
            yield Act("thread/revert", {**about, "beforeTurnId": f"${turns[at]}"})
            del turns[at:]

    def do_name(self, thread: str, about: Json) -> Iterator[Act]:
        """A name, which may be none, and a fork of who has it."""
        yield Act("thread/name/set", {**about, "name": self._random.choice(("a", " b ", " "))})
        yield from self.do_fork(thread, about)

    def do_archive(self, thread: str, about: Json) -> Iterator[Act]:
        """A thread put away and taken out again."""
        yield Act("thread/archive", about)
        yield Act("thread/list", {"archived": True})
        yield Act("thread/unarchive", about)
        yield Act("thread/resume", about)

    def do_goal(self, thread: str, about: Json) -> Iterator[Act]:
        """A goal that waits, or none."""
        objective = self._random.choice(("a goal", ""))
        yield Act("thread/goal/set", {**about, "objective": objective, "status": "paused"})
        yield Act(self._random.choice(("thread/goal/get", "thread/goal/clear")), about)

    def do_metadata(self, thread: str, about: Json) -> Iterator[Act]:
        """What is known of a repository, or not any more."""
        git: Json = self._random.choice(({"sha": "a", "branch": "b"}, {"branch": None}))
        yield Act("thread/metadata/update", {**about, "gitInfo": git})
        yield Act("thread/read", about)

    def do_settings(self, thread: str, about: Json) -> Iterator[Act]:
        """An effort that nobody chose before."""
        self._efforts[thread] = self._name("e")
        yield Act("thread/settings/update", {**about, "effort": self._efforts[thread]})

    def do_badly(self, thread: str, about: Json) -> Iterator[Act]:
        """Something that cannot be."""
        ids: Json = self._random.choice(
            ({}, {"threadId": None}, {"threadId": "x"}, {"threadId": 7})
        )
        method = self._random.choice(("thread/read", "thread/fork", "turn/start"))
        yield Act(method, {"input": [], **ids})

    def do_read(self, thread: str, about: Json) -> Iterator[Act]:
        """Pages of one thread, and of all."""
        limit = {"limit": self._random.choice((1, 2, 50))}
        yield Act("thread/read", {**about, "includeTurns": True})
        yield Act("thread/turns/list", {**about, **limit})
        yield Act("thread/items/list", {**about, **limit})
        yield Act("thread/list", {"limit": 100})

    def do_delete(self, thread: str, about: Json) -> Iterator[Act]:
        """A thread that no other needs, away."""
        if thread not in self._sources:
            del self._threads[thread]
            yield Act("thread/delete", about)
            yield Act("thread/read", about)
