"""The past of a thread as a rollout tells it: records in, events of ours out. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from threadhost.adapters.codex import items
from threadhost.adapters.codex.lines import Line
from threadhost.adapters.codex.moments import moment, of_milliseconds, of_seconds
from threadhost.adapters.codex.said import Compacted, Reverted, Said, Turn
from threadhost.adapters.codex.settings import with_context
from threadhost.adapters.jsonrpc.showing import Unshowable, item, why
from threadhost.events.base import UNFIT, Event
from threadhost.events.goal_state import Goal
from threadhost.events.imported import KeptLine
from threadhost.events.settings import ThreadSettings
from threadhost.events.thread import ThreadConfigured
from threadhost.events.turn import (
    USER_ITEM,
    ErrorRecorded,
    ItemRecorded,
    TurnCompleted,
    TurnOutcome,
    UsageRecorded,
)
from threadhost.events.usage import COUNT_MAX, Usage
from threadhost.events.words import is_identifier

CONTEXT_LOST = "<turn_aborted>"
"""How codex tells a model that a turn was cut off; a host does so by itself."""
NOT_KNOWN = "its type is not known here"
NO_ITEM = "clients of a host know no such item"
NO_SENSE = "it does not say what its type should"
Payload = Mapping[str, Any]


class Told(NamedTuple):
    """A goal as a rollout last told it."""

    goal: Goal
    objective: str


class NoPlace(Exception):
    """A record has no place in a log of ours; the message says why."""


class Past:
    """What the lines of a rollout come to, taken one by one."""

    def __init__(self, thread_id: str, settings: ThreadSettings, begun_at_ms: int) -> None:
        self.thread_id = thread_id
        self.first_settings = settings
        """Those that the thread began with."""
        self.at_ms = begun_at_ms
        """When the newest of all was said."""
        self.kept: list[KeptLine] = []
        """Lines that say nothing here."""
        self.name: str | None = None
        self.goal: Payload | None = None
        """The goal as the rollout last told it."""
        self._said = Said()
        self._settings: ThreadSettings | None = None
        self._turn: Turn | None = None
        self._turns: list[Turn] = []
        self._ids: set[str] = set()
        self._items = 0
        self._usage: tuple[Usage, Usage] | None = None

    def take(self, line: Line, *, only_shown: bool = False) -> None:
        """Take a line; `only_shown`: nothing but what a model was shown belongs to the thread."""
        if line.fault:
            return self._keep(line, line.fault)
        self.at_ms = max(self.at_ms, moment(line.timestamp) or 0)
        rule = _RECORDS.get(line.kind)
        try:
            if rule is None:
                raise NoPlace(NOT_KNOWN)
            if not only_shown or line.kind in SHOWN:
                rule(self, line, line.payload)
        except (NoPlace, Unshowable) as error:
            self._keep(line, str(error))
        except UNFIT as error:
            self._keep(line, f"{NO_SENSE} ({why(error)})")
        return None

    def end(self) -> None:
        """There are no more lines: what runs was cut off."""
        turn = self._turn
        if turn is not None and not turn.is_told:
            self._end(turn, "completed", self.at_ms)
        elif turn is not None:
            self._end(turn, "interrupted", self.at_ms, "its end cannot be read")

    def events(self, first_version: int) -> list[Event]:
        """What the thread said and did, where the first stands at this version of its stream."""
        return self._said.events(first_version)

    # -- records --

    def _context(self, line: Line, payload: Payload) -> None:
        del line
        before = self._settings or self.first_settings
        settings = with_context(before, payload)
        if self._settings is None:
            self.first_settings = settings
        elif settings != before and self._turn is not None:
            self._said.insert_before(self._turn, ThreadConfigured(settings=settings))
        elif settings != before:
            self._said.add(ThreadConfigured(settings=settings))
        self._settings = settings

    def _shown(self, line: Line, payload: Payload) -> None:
        if not isinstance(payload.get("type"), str):
            raise NoPlace(NO_SENSE)
        content = payload.get("content")
        first = content[0].get("text") if isinstance(content, list) and content else ""
        is_cut = isinstance(first, str) and first.startswith(CONTEXT_LOST)
        if is_cut and self._turn is not None:
            return
        if payload["type"] == "agent_message":  # no provider takes it under that name
            payload = {"type": "message", "role": "user", "content": content}
        if payload["type"] != "reasoning" or payload.get("encrypted_content"):
            self._said.line(payload, self._turn)

    def _compacted(self, line: Line, payload: Payload) -> None:
        given, summary = payload.get("replacement_history"), payload.get("message")
        if not isinstance(given, list):
            text = {"type": "input_text", "text": str(summary or "")}
            given = [{"type": "message", "role": "user", "content": [text]}]
        turn = self._turn
        if turn is not None:
            turn.compacts = True
        shown = [one for one in given if isinstance(one, dict)]
        self._said.add(Compacted(turn.id if turn else "", shown))

    def _event(self, line: Line, payload: Payload) -> None:
        kind = payload["type"]
        if kind in WITHOUT_PLACE:
            return
        rule = _EVENTS.get(kind)
        if rule is None:
            raise NoPlace(NOT_KNOWN)
        rule(self, line, payload)

    # -- turns --

    def _started(self, line: Line, payload: Payload) -> None:
        self._cut_off()
        at_ms = self._near(line, of_seconds(payload.get("started_at")))
        turn_id, root = payload.get("turn_id"), payload.get("root_turn_id")
        turn = Turn(self._own_id(turn_id, line), at_ms, _other(root, turn_id))
        turn.told_id = turn_id
        self._begin(turn)

    def _completed(self, line: Line, payload: Payload) -> None:
        turn = self._running(payload)
        if turn is None:
            return
        at_ms = self._ended_at(turn, line, payload)
        error = payload.get("error")
        if isinstance(error, dict):
            code, status = _code(error.get("codex_error_info"))
            message = str(error.get("message") or "the turn failed")
            self._said.add(
                ErrorRecorded(turn_id=turn.id, message=message, code=code, http_status=status)
            )
            self._end(turn, "failed", at_ms, code)
        else:
            self._end(turn, "completed", at_ms)

    def _aborted(self, line: Line, payload: Payload) -> None:
        if (turn := self._running(payload)) is not None:
            self._end(turn, "interrupted", self._ended_at(turn, line, payload), "interrupted")

    def _rolled_back(self, line: Line, payload: Payload) -> None:
        del line
        count = payload["num_turns"]
        self._cut_off()
        if type(count) is int and count > 0 and self._turns:
            first = max(0, len(self._turns) - count)
            self._said.add(Reverted(self._turns[first], first))
            del self._turns[first:]

    def _running(self, payload: Payload) -> Turn | None:
        """The turn that an end is of: another one's was ended before."""
        turn, named = self._turn, payload.get("turn_id")
        if turn is None or (turn.is_told and named not in (None, turn.told_id)):
            return None
        return turn

    def _begin(self, turn: Turn) -> None:
        self._turn = turn
        self._turns.append(turn)
        self._said.add(turn)

    def _cut_off(self) -> None:
        """What runs did not end by itself before what comes now."""
        if (turn := self._turn) is None:
            return
        if turn.is_told:
            self._end(turn, "interrupted", self.at_ms, "its end cannot be read")
        else:
            self._end(turn, "completed", self.at_ms)

    def _end(
        self, turn: Turn, outcome: TurnOutcome, at_ms: int, reason: str | None = None
    ) -> None:
        if turn.compacts and not turn.asks:
            turn.purpose = "compact"
        self._said.add(
            TurnCompleted(
                turn_id=turn.id,
                outcome=outcome,
                started_at_ms=turn.started_at_ms,
                completed_at_ms=max(at_ms, turn.started_at_ms),
                reason=reason,
                root_turn_id=turn.root_turn_id,
            )
        )
        self._said.turn_over()
        self._turn = None

    def _in_turn(self, line: Line, *, asks: bool) -> Turn:
        """The turn that something is said in: older rollouts do not say where one begins."""
        turn = self._turn
        if turn is not None and asks and not turn.is_told and turn.asks:
            self._cut_off()
            turn = None
        if turn is None:
            turn = Turn(self._own_id(None, line), self._near(line, None), None)
            turn.is_told = False
            self._begin(turn)
        turn.asks = turn.asks or asks
        return turn

    def _own_id(self, given: object, line: Line) -> str:
        """An id for a turn: the one it has, unless it is none, or another turn's."""
        is_id = isinstance(given, str) and given and is_identifier(given)
        found = str(given) if is_id and given not in self._ids else ""
        found = found or str(uuid5(NAMESPACE_OID, f"{self.thread_id}:{line.number}"))
        self._ids.add(found)
        return found

    # -- items --

    def _item_completed(self, line: Line, payload: Payload) -> None:
        told = items.item_of(payload["item"])
        if told is None:
            raise NoPlace(NO_ITEM)
        at_ms = self._near(line, None)
        began = of_milliseconds(payload.get("started_at_ms"))
        ended = of_milliseconds(payload.get("completed_at_ms"))
        self._record(line, told, began or ended or at_ms, ended or at_ms)

    def _record(self, line: Line, told: dict[str, Any], began_ms: int, ended_ms: int) -> None:
        self._items += 1
        given = told.get("id")
        item_id = given if isinstance(given, str) and given else f"item-{self._items}"
        times = {"startedAtMs": began_ms, "completedAtMs": ended_ms}
        shown = item({**told, "id": item_id, **times}).model_dump(by_alias=True)
        turn = self._in_turn(line, asks=shown["type"] == USER_ITEM)
        self._said.item(
            ItemRecorded(turn_id=turn.id, item_id=item_id, type=shown["type"], item=shown)
        )

    def _usage_told(self, line: Line, payload: Payload) -> None:
        del line
        info = payload.get("info")
        if not isinstance(info, dict) or not self._turns:
            return
        found = _usage(info["last_token_usage"]), _usage(info["total_token_usage"])
        if found != self._usage:
            self._usage = found
            last, total = found
            turn_id = self._turns[-1].id
            self._said.add(UsageRecorded(turn_id=turn_id, last=last, total=total))

    def _goal_told(self, line: Line, payload: Payload) -> None:
        del line
        if payload.get("threadId", payload.get("thread_id")) == self.thread_id:
            self.goal = payload.get("goal")

    def _named(self, line: Line, payload: Payload) -> None:
        del line
        name = payload.get("thread_name")
        self.name = name if isinstance(name, str) else self.name

    # -- inside --

    def _keep(self, line: Line, reason: str) -> None:
        text = line.text.decode("utf-8", "backslashreplace").rstrip("\r")
        self.kept.append(KeptLine(number=line.number, why=reason, text=text))

    def _near(self, line: Line, told_ms: int | None) -> int:
        """When it was: to the millisecond, where the line is of that second."""
        at_ms = moment(line.timestamp)
        if at_ms is None or (told_ms is not None and at_ms // 1000 != told_ms // 1000):
            at_ms = told_ms
        return self.at_ms if at_ms is None else at_ms

    def _ended_at(self, turn: Turn, line: Line, payload: Payload) -> int:
        """When a turn ended, as long after its start as it took."""
        told_ms = of_seconds(payload.get("completed_at"))
        took_ms = payload.get("duration_ms")
        if type(took_ms) is int and 0 <= took_ms <= COUNT_MAX:
            at_ms = turn.started_at_ms + took_ms
            if told_ms is None or at_ms // 1000 == told_ms // 1000:
                return at_ms
        return self._near(line, told_ms)


def _legacy(make: Callable[[Payload], dict[str, Any]]) -> Callable[[Past, Line, Payload], None]:
    """The rule for an event of older rollouts that says what an item does."""

    def rule(past: Past, line: Line, payload: Payload) -> None:
        at_ms = past._near(line, None)  # noqa: SLF001  (a rule of the class)
        past._record(line, make(payload), at_ms, at_ms)  # noqa: SLF001

    return rule


def _ignored(past: Past, line: Line, payload: Payload) -> None:
    """What follows from other records, or is codex's own business."""


def _other(root: object, turn_id: object) -> str | None:
    is_other = isinstance(root, str) and root != turn_id and is_identifier(root)
    return str(root) if is_other else None


def _usage(told: Payload) -> Usage:
    def count(name: str) -> int:
        value = told.get(name)
        return min(max(value, 0), COUNT_MAX) if type(value) is int else 0

    return Usage(
        input=count("input_tokens"),
        cached_input=count("cached_input_tokens"),
        output=count("output_tokens"),
        reasoning_output=count("reasoning_output_tokens"),
        total=count("total_tokens"),
    )


def _code(told: object) -> tuple[str, int | None]:
    """What a failure is called, and the status of the answer behind it."""
    status = None
    if isinstance(told, dict) and len(told) == 1:
        [(told, about)] = told.items()
        status = about.get("http_status_code") if isinstance(about, dict) else None
    name = items.to_camel(told) if isinstance(told, str) else "other"
    return name, status if type(status) is int else None


SHOWN = frozenset({"response_item", "compacted"})
"""Records of what a model was shown."""
WITHOUT_PLACE = frozenset({"thread_settings_applied"})
Rule = Callable[[Past, Line, Payload], None]
_RECORDS: Mapping[str, Rule] = {
    "session_meta": _ignored,
    "turn_context": Past._context,
    "response_item": Past._shown,
    "compacted": Past._compacted,
    "event_msg": Past._event,
    "world_state": _ignored,
    "token_usage_record": _ignored,
    "inter_agent_communication_metadata": _ignored,
}
_EVENTS: Mapping[str, Rule] = {
    "task_started": Past._started,
    "turn_started": Past._started,
    "task_complete": Past._completed,
    "turn_complete": Past._completed,
    "turn_aborted": Past._aborted,
    "thread_rolled_back": Past._rolled_back,
    "item_completed": Past._item_completed,
    "user_message": _legacy(items.user_message),
    "agent_message": _legacy(items.agent_message),
    "agent_reasoning": _legacy(items.reasoning),
    "agent_reasoning_raw_content": _legacy(items.reasoning),
    "mcp_tool_call_end": _legacy(items.tool_call_end),
    "sub_agent_activity": _legacy(items.activity),
    "context_compacted": _legacy(lambda _: {"type": "contextCompaction"}),
    "token_count": Past._usage_told,
    "thread_goal_updated": Past._goal_told,
    "thread_name_updated": Past._named,
}
