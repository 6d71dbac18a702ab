"""Playing a recorded session to a host of ours and comparing all that comes."""

import json
import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.protocol import agent_scenarios, other_scenarios, scenarios
from tests.protocol.differences import DROPPED, LATER, SILENT, WORDS
from tests.protocol.kinds_of_difference import ANY, Added, Instead
from tests.protocol.matching import Mismatch, Names
from tests.protocol.transcript import Step, steps
from tests.support.server import Host

if TYPE_CHECKING:
    from tests.support.client import Client

QUIET = {row.method for row in SILENT}
NO_ITEMS = {row.item for row in DROPPED}
DELAY = re.compile(r"(delay_ms\W+)(\d+)")
DELTA = "item/agentMessage/delta"
RESOLVED = "serverRequest/resolved"
OURS = {"position", "cursor"}
"""What stands beside a notification here."""
OURS_IN_PARAMS = {"nextTurnAtMs", "treeTokensUsed"}
OURS_IN_RESULTS = {"logId", "hostEpoch", "treeTokensUsed"}
OURS_IN_ERRORS = {"reason", "field"}


def _without(found: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in keys}


class Replay:
    """One scenario against one host."""

    def __init__(self, scenario: str, host: Host, cwd: Path) -> None:
        self._scenario = scenario
        self._host = host
        self._names = Names(str(cwd), str(host.home))
        self._seen = 0
        self._played = 0
        self._asked: dict[Any, Any] = {}
        """The ids of requests of the host by those that the reference gave."""
        self._client: Client

    async def run(self) -> int:
        """Play it; how many requests were compared. Raises Mismatch."""
        self._client = await self._host.connect()
        for step in steps(self._scenario):
            try:
                await self._step(step)
            except AssertionError as error:
                raise Mismatch(f"{self._scenario}, line {step.line}: {error}") from error
        if any(step.is_start_of_a_process for step in steps(self._scenario)):
            await self._nothing_more()
        return self._played

    async def _step(self, step: Step) -> None:
        here = (self._scenario, step.line)
        if step.mark is not None:
            scenarios.carry_out(step, self._host, self._names)
            return
        if step.is_start_of_a_process and self._played:
            await self._restart()
        if not self._is_skipped(step):
            await self._play(step)
            self._played += 1
        for added in scenarios.ADDED:
            if (added.scenario, added.line) == here:
                await self._add(added)

    def _is_skipped(self, step: Step) -> bool:
        if any(step.line in r.lines for r in scenarios.SKIPPED if r.scenario == self._scenario):
            return True
        return step.method in LATER and self._instead(step) is None

    def _instead(self, step: Step) -> Instead | None:
        rows = (r for r in scenarios.INSTEAD if (r.scenario, r.line) == (self._scenario, step.line))
        return next(rows, None)

    async def _restart(self) -> None:
        await self._nothing_more()
        await self._host.restart()
        self._client = await self._host.connect()
        self._seen = 0

    async def _play(self, step: Step) -> None:
        expected = scenarios.as_started(self._scenario, self._expected(step))
        instead = self._instead(step)
        if instead is not None:
            if instead.sent is None:
                await self._restart()
                await self._client.initialize()
                self._seen = await self._client.level()
                return
            number = step.message["id"]
            step = Step(step.line, {"id": number, **instead.sent})
            expected = instead.expected or [
                m if "method" in m else {"id": number, "result": ANY} for m in expected
            ]
        elif step.method == "thread/start":
            step = self._with_parent(step, expected)
        await self._send(step)
        await self._compare(expected)

    async def _compare(self, expected: list[Any]) -> None:
        if self._scenario in scenarios.TOGETHER:
            await self._compare_together(expected)
            return
        for unloading, group in groupby(expected, _is_unloading):
            wanted = list(group)
            found = [await self._next() for _ in wanted]
            if unloading:  # threads stop together, in any order
                wanted.sort(key=lambda m: str(self._names.fill(m["params"]["threadId"])))
                found.sort(key=lambda m: str(m.get("params", {}).get("threadId")))
            for one, other in zip(wanted, found, strict=True):
                self._match(self._as_said_here(one), other)

    def _as_said_here(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if self._scenario not in other_scenarios.COUNTED_ANEW:
            return wanted
        found: dict[str, Any] = _in_the_words_of_the_echo(wanted, {})
        return found

    async def _compare_together(self, expected: list[Any]) -> None:
        """Each thread's news in their order, whatever comes of other threads in between."""
        expected = [message for message in expected if not _is_passing(message)]
        came: list[dict[str, Any]] = []
        while len(waiting := _last_answers(came)) < len(expected):
            message = await self._next()
            came += [] if _is_passing(message) else [message]
        for wanted in expected:
            whose = _thread_of(wanted)
            known = self._names.known(whose) if whose else None
            mine = [
                found
                for found in waiting
                if whose is None or _thread_of(found) == known or not self._is_known(found, known)
            ]
            found = next((m for m in mine if _kind(m) == _kind(wanted)), None)
            if found is None:
                kinds = [(_kind(m), _thread_of(m)) for m in waiting]
                raise Mismatch(f"{_kind(wanted)} of {whose} ({known}) is not among {kinds}")
            waiting.remove(found)
            said = agent_scenarios.said_in(self._scenario, _turn_of(wanted))
            self._match(_by_thread(_in_the_words_of_the_echo(wanted, said)), found)

    def _is_known(self, found: dict[str, Any], known: str | None) -> bool:
        """Whether this is news of a thread that the recording has named by now, or cannot be."""
        return known is not None or self._names.is_bound(_thread_of(found))

    def _with_parent(self, step: Step, expected: list[Any]) -> Step:
        started = expected[0].get("result", {}).get("thread", {})
        parent = scenarios.parent_of(self._scenario, started.get("id"))
        if parent is None:
            return step
        params = {**step.message["params"], "parentThreadId": parent}
        return Step(step.line, {**step.message, "params": params})

    async def _add(self, added: Added) -> None:
        thread_id = self._names.fill(added.thread)
        if added.child is not None:
            child = {"cwd": self._names.fill("<cwd>"), "parentThreadId": thread_id}
            thread_id = (await self._client.ok("thread/start", child))["thread"]["id"]
            self._names.bind(added.child, thread_id)
        params = {"threadId": thread_id, "input": [{"type": "text", "text": added.text}]}
        turn = (await self._client.ok("turn/start", params))["turn"]
        if added.turn is not None:
            self._names.bind(added.turn, turn["id"])
        await self._client.notice("turn/completed", after=self._seen, threadId=thread_id)
        self._seen = len(self._client.received)

    async def _send(self, step: Step) -> None:
        if step.raw is None:
            message = self._names.fill(self._sooner(step.message))
            if isinstance(message, dict) and "result" in message:
                message = {**message, "id": self._asked.get(message["id"], message["id"])}
            await self._client.send_raw(json.dumps(message).encode())
            return
        for line in step.raw.split("\n"):
            await self._client.send_raw(line.encode())

    def _sooner(self, value: Any) -> Any:
        """What agents are to do, in a fifth of the time that they took when it was recorded."""
        if self._scenario not in agent_scenarios.OF_AGENTS:
            return value
        text = json.dumps(value)
        return json.loads(DELAY.sub(lambda hit: f"{hit[1]}{int(hit[2]) // 5}", text))

    def _expected(self, step: Step) -> list[Any]:
        here = (self._scenario, step.line)
        answers = [row.expected for row in scenarios.ANSWERS if (row.scenario, row.line) == here]
        given = scenarios.in_our_order(*here, answers[0] if answers else step.came)
        given = agent_scenarios.with_ends(*here, given)
        came = [m for m in given if self._is_ours(m)]
        replies = [m for m in came if "method" not in m]
        if step.method == "turn/start":
            came = [*replies, *(m for m in came if "method" in m)]
        return [_in_our_words(m, step.method) for m in came]

    def _is_ours(self, message: dict[str, Any]) -> bool:
        if message.get("method") in QUIET or self._is_varying(message):
            return False
        item = message.get("params", {}).get("item", {})
        return item.get("type") not in NO_ITEMS

    def _is_varying(self, message: dict[str, Any]) -> bool:
        method = message.get("method")
        if method in scenarios.LEFT_OUT.get(self._scenario, ()):
            return True
        return method == DELTA and self._scenario in scenarios.CUT_SHORT

    async def _next(self) -> dict[str, Any]:
        while True:
            message = await self._client.until(lambda _: True, self._seen)
            self._seen += 1
            if not self._is_varying(message):
                return message

    def _match(self, wanted: dict[str, Any], found: dict[str, Any]) -> None:
        found = _without(found, OURS)
        if "method" in wanted and "id" in wanted:
            self._asked[wanted["id"]] = found["id"]
            found = {**found, "id": wanted["id"]}
        elif wanted.get("method") == RESOLVED:
            request_id = self._asked[wanted["params"]["requestId"]]
            wanted = {**wanted, "params": {**wanted["params"], "requestId": request_id}}
        if isinstance(found.get("params"), dict):
            found["params"] = _without(found["params"], OURS_IN_PARAMS)
        if isinstance(found.get("result"), dict):
            found["result"] = _without(found["result"], OURS_IN_RESULTS)
        if "error" in wanted and "error" in found:
            found["error"] = _without_our_data(found["error"], wanted["error"].get("data") or {})
            start = self._names.fill(wanted["error"]["message"])
            if start is not ANY and found["error"]["message"].startswith(start):
                # What was expected may be said in addition.
                found = {**found, "error": {**found["error"], "message": start}}
        self._names.match(wanted, found)

    async def _nothing_more(self) -> None:
        before = self._seen
        await self._client.level()
        left = [m for m in self._client.received[before:-1] if not self._is_varying(m)]
        if left:
            raise Mismatch(f"more came than was recorded: {left}")


def _without_our_data(error: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    left = _without(error["data"], OURS_IN_ERRORS - theirs.keys())
    return {**_without(error, {"data"}), **({"data": left} if left else {})}


def _thread_of(message: dict[str, Any]) -> str | None:
    found = message.get("params", {}).get("threadId")
    return found if isinstance(found, str) else None


def _turn_of(message: dict[str, Any]) -> str | None:
    params = message.get("params", {})
    turn = params.get("turn")
    found = turn.get("id") if isinstance(turn, dict) else params.get("turnId")
    return found if isinstance(found, str) else None


def _by_thread(message: dict[str, Any]) -> dict[str, Any]:
    """The same, its call as one of its thread: the recorder counted them anew in each."""
    whose = re.fullmatch(r"<thread:(\d+)>", _thread_of(message) or "")
    item = agent_scenarios.item_of(message)
    if whose is None or not str(item.get("id")).startswith("call-"):
        return message
    call = str(item["id"]).replace("call-", f"call-{whose[1]}00")
    return {**message, "params": {**message["params"], "item": {**item, "id": call}}}


def _in_the_words_of_the_echo(value: Any, said: Mapping[str, str]) -> Any:
    """The same in our words, without the ids of messages, which the recorder counted by thread."""
    if isinstance(value, list):
        return [_in_the_words_of_the_echo(one, said) for one in value]
    if not isinstance(value, dict):
        return value
    value = {key: _in_the_words_of_the_echo(one, said) for key, one in value.items()}
    for key in ("text", "message"):
        if value.get(key) in said:
            value[key] = said[value[key]]
    return {**value, "id": ANY} if value.get("type") == "agentMessage" else value


def _is_passing(message: dict[str, Any]) -> bool:
    """Whether it tells only of what is under way, or how often a model was asked."""
    method, params = message.get("method"), message.get("params", {})
    is_begun = method == "item/started" and params["item"]["type"] == "agentMessage"
    return is_begun or method in (DELTA, "thread/tokenUsage/updated")


def _last_answers(came: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the answers that others follow in their turns: an agent that ended asked for them."""
    found: list[dict[str, Any]] = []
    for message in came:
        turn_id, kind = message.get("params", {}).get("turnId"), _kind(message)
        if kind[0] == "item/completed" and kind[2] == "agentMessage":
            found = [
                one for one in found if _kind(one) != kind or one["params"]["turnId"] != turn_id
            ]
        found.append(message)
    return found


def _kind(message: dict[str, Any]) -> tuple[object, ...]:
    """What tells messages of one thread apart whose order is left open."""
    params = message.get("params", {})
    item, status = params.get("item", {}), params.get("status", {})
    of_item = item.get("type"), item.get("kind")
    return message.get("method"), message.get("id"), *of_item, status.get("type")


def _is_unloading(message: dict[str, Any]) -> bool:
    return bool(message.get("params", {}).get("status") == {"type": "notLoaded"})


def _in_our_words(message: dict[str, Any], method: str) -> dict[str, Any]:
    if "error" not in message:
        return message
    text = message["error"]["message"]
    if text is ANY:
        return message
    for row in WORDS:
        if row.method == method and text.startswith(row.theirs):
            text = row.ours + text.removeprefix(row.theirs)
    if text.startswith("Invalid request: unknown variant `no/such"):
        text = text.partition("expected one of")[0]  # the methods there are, which differ
    return {**message, "error": {**message["error"], "message": text}}
