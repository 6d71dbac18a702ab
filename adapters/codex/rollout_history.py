"""Converts a rollout to a thread's past: records in, events of ours out. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic.alias_generators import to_camel

from threadhost.adapters.codex import items
from threadhost.adapters.codex.lines import Line
from threadhost.adapters.codex.moments import moment, of_milliseconds, of_seconds
from threadhost.adapters.codex.recording import Compacted, Recording, Turn
from threadhost.adapters.codex.settings import with_context
from threadhost.adapters.codex.turns import Turns
from threadhost.adapters.jsonrpc.item_rendering import Unrenderable, fault_of, item
from threadhost.events.base import UNFIT, Event
from threadhost.events.imported import KeptLine
from threadhost.events.settings import ThreadSettings
from threadhost.events.thread import ThreadConfigured
from threadhost.events.turn import USER_ITEM, ErrorRecorded, ItemRecorded, UsageRecorded
from threadhost.events.usage import COUNT_MAX, Usage

CONTEXT_LOST = "<turn_aborted>"
"""How codex tells a model that a turn was interrupted; a host does so itself."""
NOT_KNOWN = "its type is not known here"
NO_ITEM = "the protocol has no such item"
NO_SENSE = "it lacks a field of its type, or a field is invalid"
Payload = Mapping[str, Any]
Rule = Callable[["RolloutHistory", Line, Payload], None]


class NoPlace(Exception):
    """A record has no place in a log of ours; the message says why."""


SHOWN = frozenset({"response_item", "compacted"})
"""Records that a model was shown."""
WITHOUT_PLACE = frozenset({"thread_settings_applied"})


def _legacy(make: Callable[[Payload], dict[str, Any]]) -> Rule:
    """The rule for an event of older rollouts that replaces an item."""

    def rule(past: "RolloutHistory", line: Line, payload: Payload) -> None:
        at_ms = past.near(line, None)
        past.record(line, make(payload), at_ms, at_ms)

    return rule


def _ignored(past: "RolloutHistory", line: Line, payload: Payload) -> None:
    """Skip a record that follows from others, or concerns codex alone."""


def _unknown(past: "RolloutHistory", line: Line, payload: Payload) -> None:
    raise NoPlace(NOT_KNOWN)


class RolloutHistory:
    """Collects a thread's past from the lines of its rollout, one by one."""

    def __init__(self, thread_id: str, settings: ThreadSettings, begun_at_ms: int) -> None:
        self.thread_id = thread_id
        self.first_settings = settings
        """The settings with which the thread began."""
        self.at_ms = begun_at_ms
        """The time of the newest record."""
        self.kept: list[KeptLine] = []
        """Lines that cannot be converted."""
        self.name: str | None = None
        self.goal: Payload | None = None
        """The last goal in the rollout."""
        self._recording = Recording()
        self._settings: ThreadSettings | None = None
        self._turns = Turns(thread_id, self._recording)
        self._items = 0
        self._usage: tuple[Usage, Usage] | None = None

    def take(self, line: Line, *, only_shown: bool = False) -> None:
        """Process a line; with `only_shown`, only a record that a model was shown."""
        if line.fault:
            return self._keep(line, line.fault)
        self.at_ms = max(self.at_ms, moment(line.timestamp) or 0)
        rule = self.RECORDS.get(line.kind, _unknown)
        try:
            if not only_shown or line.kind in SHOWN:
                rule(self, line, line.payload)
        except (NoPlace, Unrenderable) as error:
            self._keep(line, str(error))
        except UNFIT as error:
            self._keep(line, f"{NO_SENSE} ({fault_of(error)})")
        return None

    def end(self) -> None:
        """End the history: a running turn was interrupted."""
        self._turns.cut_off(self.at_ms)

    def events(self, first_version: int) -> list[Event]:
        """The events of the thread; the first has this version in its stream."""
        return self._recording.events(first_version)

    # -- records --

    def _context(self, line: Line, payload: Payload) -> None:
        before = self._settings or self.first_settings
        settings = with_context(before, payload)
        if self._settings is None:
            self.first_settings = settings
        elif settings != before:
            self._recording.settle(ThreadConfigured(settings=settings), self._turns.running)
        self._settings = settings

    def _shown(self, line: Line, payload: Payload) -> None:
        if not isinstance(payload.get("type"), str):
            raise NoPlace(NO_SENSE)
        content = payload.get("content")
        first = content[0].get("text") if isinstance(content, list) and content else ""
        is_cut = isinstance(first, str) and first.startswith(CONTEXT_LOST)
        if is_cut and self._turns.running is not None:
            return
        if payload["type"] == "agent_message":  # no provider accepts it under that name
            payload = {"type": "message", "role": "user", "content": content}
        if payload["type"] != "reasoning" or payload.get("encrypted_content"):
            self._recording.line(payload, self._turns.running)

    def _compacted(self, line: Line, payload: Payload) -> None:
        history, summary = payload.get("replacement_history"), payload.get("message")
        if not isinstance(history, list):
            text = {"type": "input_text", "text": str(summary or "")}
            history = [{"type": "message", "role": "user", "content": [text]}]
        turn = self._turns.running
        if turn is not None:
            turn.compacts = True
        shown = [entry for entry in history if isinstance(entry, dict)]
        self._recording.add(Compacted(turn.id if turn else "", shown))

    def _event(self, line: Line, payload: Payload) -> None:
        kind = payload["type"]
        if kind in WITHOUT_PLACE:
            return
        self.EVENTS.get(kind, _unknown)(self, line, payload)

    # -- turns --

    def _started(self, line: Line, payload: Payload) -> None:
        self._turns.cut_off(self.at_ms)
        at_ms = self.near(line, of_seconds(payload.get("started_at")))
        turn_id, root_id = payload.get("turn_id"), payload.get("root_turn_id")
        self._turns.begin(turn_id, root_id, at_ms, line.number)

    def _completed(self, line: Line, payload: Payload) -> None:
        turn = self._turns.named(payload.get("turn_id"))
        if turn is None:
            return None
        at_ms, error = self._ended_at(turn, line, payload), payload.get("error")
        if not isinstance(error, dict):
            return self._turns.end("completed", at_ms)
        code, status = _code(error.get("codex_error_info"))
        message = str(error.get("message") or "the turn failed")
        failed = ErrorRecorded(turn_id=turn.id, message=message, code=code, http_status=status)
        self._recording.add(failed)
        return self._turns.end("failed", at_ms, code)

    def _aborted(self, line: Line, payload: Payload) -> None:
        if (turn := self._turns.named(payload.get("turn_id"))) is not None:
            self._turns.end("interrupted", self._ended_at(turn, line, payload), "interrupted")

    def _rolled_back(self, line: Line, payload: Payload) -> None:
        self._turns.take_back(payload["num_turns"], self.at_ms)

    # -- items --

    def _item_completed(self, line: Line, payload: Payload) -> None:
        foreign = items.item_of(payload["item"])
        if foreign is None:
            raise NoPlace(NO_ITEM)
        at_ms = self.near(line, None)
        began = of_milliseconds(payload.get("started_at_ms"))
        ended = of_milliseconds(payload.get("completed_at_ms"))
        self.record(line, foreign, began or ended or at_ms, ended or at_ms)

    def record(self, line: Line, foreign: dict[str, Any], began_ms: int, ended_ms: int) -> None:
        """Add an item, to the running turn or one of its own. Raises Unrenderable."""
        self._items += 1
        told_id = foreign.get("id")
        item_id = told_id if isinstance(told_id, str) and told_id else f"item-{self._items}"
        times = {"startedAtMs": began_ms, "completedAtMs": ended_ms}
        shown = item({**foreign, "id": item_id, **times}).model_dump(by_alias=True)
        turn = self._turns.of_item(began_ms, line.number, asks=shown["type"] == USER_ITEM)
        self._recording.item(
            ItemRecorded(turn_id=turn.id, item_id=item_id, type=shown["type"], item=shown)
        )

    def _usage_counted(self, line: Line, payload: Payload) -> None:
        info, turn = payload.get("info"), self._turns.newest
        if not isinstance(info, dict) or turn is None:
            return
        usages = _usage(info["last_token_usage"]), _usage(info["total_token_usage"])
        if usages != self._usage:
            self._usage = usages
            last, total = usages
            self._recording.add(UsageRecorded(turn_id=turn.id, last=last, total=total))

    def _goal_updated(self, line: Line, payload: Payload) -> None:
        if payload.get("threadId", payload.get("thread_id")) == self.thread_id:
            self.goal = payload.get("goal")

    def _named(self, line: Line, payload: Payload) -> None:
        name = payload.get("thread_name")
        self.name = name if isinstance(name, str) else self.name

    # -- inside --

    def _keep(self, line: Line, reason: str) -> None:
        text = line.text.decode("utf-8", "backslashreplace").rstrip("\r")
        self.kept.append(KeptLine(number=line.number, why=reason, text=text))

    def near(self, line: Line, told_ms: int | None) -> int:
        """The time of a record: the line's milliseconds, if both are in the same second."""
        at_ms = moment(line.timestamp)
        if at_ms is None or (told_ms is not None and at_ms // 1000 != told_ms // 1000):
            at_ms = told_ms
        return self.at_ms if at_ms is None else at_ms

    def _ended_at(self, turn: Turn, line: Line, payload: Payload) -> int:
        """When a turn ended, by its duration if it has one."""
        told_ms = of_seconds(payload.get("completed_at"))
        took_ms = payload.get("duration_ms")
        if type(took_ms) is int and 0 <= took_ms <= COUNT_MAX:
            at_ms = turn.started_at_ms + took_ms
            if told_ms is None or at_ms // 1000 == told_ms // 1000:
                return at_ms
        return self.near(line, told_ms)

    RECORDS: ClassVar[Mapping[str, Rule]] = {
        "session_meta": _ignored,
        "turn_context": _context,
        "response_item": _shown,
        "compacted": _compacted,
        "event_msg": _event,
        "world_state": _ignored,
        "token_usage_record": _ignored,
        "inter_agent_communication_metadata": _ignored,
    }
    EVENTS: ClassVar[Mapping[str, Rule]] = {
        "task_started": _started,
        "turn_started": _started,
        "task_complete": _completed,
        "turn_complete": _completed,
        "turn_aborted": _aborted,
        "thread_rolled_back": _rolled_back,
        "item_completed": _item_completed,
        "user_message": _legacy(items.user_message),
        "agent_message": _legacy(items.agent_message),
        "agent_reasoning": _legacy(items.reasoning),
        "agent_reasoning_raw_content": _legacy(items.reasoning),
        "mcp_tool_call_end": _legacy(items.tool_call_end),
        "sub_agent_activity": _legacy(items.activity),
        "context_compacted": _legacy(lambda _: {"type": "contextCompaction"}),
        "token_count": _usage_counted,
        "thread_goal_updated": _goal_updated,
        "thread_name_updated": _named,
    }


def _usage(counts: Payload) -> Usage:
    def count(name: str) -> int:
        value = counts.get(name)
        return min(max(value, 0), COUNT_MAX) if type(value) is int else 0

    return Usage(
        input=count("input_tokens"),
        cached_input=count("cached_input_tokens"),
        output=count("output_tokens"),
        reasoning_output=count("reasoning_output_tokens"),
        total=count("total_tokens"),
    )


def _code(info: object) -> tuple[str, int | None]:
    """The code of a failure, and the HTTP status of the answer."""
    status = None
    if isinstance(info, dict) and len(info) == 1:
        [(info, about)] = info.items()
        status = about.get("http_status_code") if isinstance(about, dict) else None
    name = to_camel(info) if isinstance(info, str) else "other"
    return name, status if type(status) is int else None
