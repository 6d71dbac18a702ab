"""Whoever joins whenever: each connection has the whole text of each live item that it hears."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, cast

import pytest

from tests.adapters.jsonrpc.test_notifier import cursor_at, end, fact, notifier, recorded_message
from tests.support.operator_lines import logged_line
from tests.support.store import META
from threadhost.actors.models import ReasoningDelta
from threadhost.adapters.jsonrpc.followers import Place
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionFailed
from threadhost.events.thread import ThreadDeleted, ThreadRenamed

PARENTS = {"b": "a", "c": "b"}
DELETED, IN_MEMORY = "cd", "e"
THREADS = f"abcd{IN_MEMORY}"
TYPES = ("agentMessage", "reasoning", "contextCompaction")
NOW_MS = 5
REQUEST = "join"
Parts = dict[tuple[bool, int], str]
"""The text of an item by part: whether it belongs to the summary, and its number."""


class Ear:
    """A connection that puts together what it hears."""

    is_gone = False

    def __init__(self, parents: Mapping[str, str]) -> None:
        self._parents = parents
        self.follows: set[str] = set()
        self.items: dict[str, Parts] = {}
        """The live items that it knows, by thread and id."""
        self.position = 0
        self.cause = ""
        """The cause of what it hears now."""
        self.named: list[str] = []
        self.faults: list[Exception] = []

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """Keep what it follows."""
        (self.follows.add if on else self.follows.remove)(thread_id)

    def hears(self, thread_id: str) -> bool:
        """Whether it follows the thread or one above it."""
        parent_id = self._parents.get(thread_id)
        return thread_id in self.follows or (parent_id is not None and self.hears(parent_id))

    def deliver(self, notice: Notice) -> None:
        """Take one notification; a hub goes on whatever comes of that."""
        try:
            self._take(notice)
        except Exception as error:
            self.faults.append(error)
            raise

    def _take(self, notice: Notice) -> None:
        message = json.loads(cast("bytes", notice.encode(10**6, cursor_at)))
        assert notice.correlation_id in (self.cause, META.correlation_id)
        assert notice.at_ms in (NOW_MS, META.recorded_at_ms)
        assert self.position <= notice.position
        self.position = notice.position
        params, method = message["params"], message["method"].removeprefix("item/")
        if method == "started":
            self._start(params["threadId"], params["item"])
        elif method == "completed":
            self._complete(params["threadId"], params["item"])
        elif method.startswith(("agentMessage", "reasoning")):
            self._grow(method, params)
        else:
            self.named.append(message["method"])

    def _start(self, thread_id: str, item: dict[str, Any]) -> None:
        if item["type"] in TYPES:
            name = f"{thread_id} {item['id']}"
            assert name not in self.items
            self.items[name] = {}

    def _grow(self, method: str, params: dict[str, Any]) -> None:
        parts = self.items[f"{params['threadId']} {params['itemId']}"]
        part = "summaryIndex" in params, params.get("summaryIndex", params.get("contentIndex", 0))
        if method == "reasoning/summaryPartAdded":
            assert part not in parts
        else:
            assert part in parts or not part[0]
        parts[part] = parts.get(part, "") + params.get("delta", "")

    def _complete(self, thread_id: str, item: dict[str, Any]) -> None:
        parts = self.items.pop(f"{thread_id} {item['id']}")
        texts = [item.get("text", ""), *item.get("summary", ()), *item.get("content", ())]
        if item["id"] != "m":  # this one was recorded, whatever was streamed
            assert sorted("".join(texts)) == sorted("".join(parts.values()))


class Stage:
    """A hub with threads, models at work and connections."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.hub = Hub(notifier(), Lineage(cast("Any", None)), 1, lambda: NOW_MS)
        self.parents = dict(PARENTS)
        for agent_id, parent_id in PARENTS.items():
            self.hub.belongs(agent_id, parent_id)
        self.ears = [Ear(self.parents) for _ in range(3)]
        for ear in self.ears:
            self.hub.followers.join(ear)
        self.live: dict[str, tuple[str, str, Parts]] = {}
        """By thread and id: the turn, the type and the text so far."""
        self.head, self.head_in_memory = 1, 0
        self.count = 0

    def thread(self) -> str:
        """One of the threads."""
        return self.random.choice(THREADS)

    def begin(self) -> None:
        """A model begins an item."""
        thread_id, type_ = self.thread(), self.random.choice(TYPES)
        self.count += 1
        id_ = "m" if f"{thread_id} m" not in self.live else f"i{self.count}"
        turn_id = self.random.choice(("t1", "t2"))
        item: dict[str, Any] = {"type": "agentMessage" if id_ == "m" else type_, "id": id_}
        texts: dict[str, dict[str, Any]] = {
            "agentMessage": {"text": ""},
            "reasoning": {"summary": [], "content": []},
        }
        item |= {**texts.get(item["type"], {}), "startedAtMs": 1, "completedAtMs": None}
        self.live[f"{thread_id} {id_}"] = turn_id, item["type"], {}
        self.hub.item_started(thread_id, turn_id, item)

    def write(self) -> None:
        """A model writes more of an item."""
        for name in self.random.sample(sorted(self.live), min(2, len(self.live))):
            (thread_id, id_), (turn_id, type_, parts) = name.split(), self.live[name]
            self.count += 1
            part = self.random.random() < 0.5, self.random.randrange(2)
            text = f"{self.count},"
            if type_ == "agentMessage":
                part = False, 0
                self.hub.text_delta(thread_id, turn_id, id_, text)
            elif type_ == "reasoning":
                delta = ReasoningDelta(0, part[1], text, part[0])
                self.hub.reasoning_delta(thread_id, turn_id, id_, delta)
            else:
                continue
            parts[part] = parts.get(part, "") + text

    def join(self) -> None:
        """A connection follows a thread; it waits for the answer to that."""
        ear, thread_id = self.random.choice(self.ears), self.thread()
        ear.cause = REQUEST
        self.hub.join_thread(ear, thread_id, REQUEST)
        ear.cause = ""

    def catch_up(self) -> None:
        """A connection that knew of no live item reaches the end of the log."""
        ear = self.random.choice(self.ears)
        ear.items.clear()
        self.hub.send_running_items(ear)

    def leave(self) -> None:
        """A connection leaves a thread."""
        ear, thread_id = self.random.choice(self.ears), self.thread()
        self.hub.followers.unfollow(ear, thread_id)
        self._forget_unheard()

    def _forget_unheard(self) -> None:
        for ear in self.ears:
            ear.items = {n: p for n, p in ear.items.items() if ear.hears(n.split()[0])}

    def commit(self) -> None:
        """Some of what the models did ends, in one append or two."""
        facts = [self._happens(self.thread()) for _ in range(self.random.randrange(1, 3))]
        for thread_id, event in facts:
            self._end(thread_id, event)
        durable = [(t, e) for t, e in facts if t != IN_MEMORY]
        start = self.head + 1
        recorded = [fact(e, n, f"thread-{t}") for n, (t, e) in enumerate(durable, start)]
        self.hub.published(recorded)
        self.head += len(durable)
        for thread_id, event in facts:
            if thread_id == IN_MEMORY:
                self.head_in_memory += 1
                fleeting = fact(event, self.head_in_memory, f"thread-{thread_id}")
                self.hub.published_in_memory([fleeting])
        for thread_id, event in facts:
            if isinstance(event, ThreadDeleted):
                assert not self.hub.followers.is_followed(thread_id)
        self._forget_unheard()

    def _happens(self, thread_id: str) -> tuple[str, Event]:
        events: list[Event] = [
            ThreadRenamed(name="n"),
            end("t1"),
            end("t2"),
            CompactionFailed(turn_id="t1", message="m", code="other"),
        ]
        if f"{thread_id} m" in self.live:
            events.append(recorded_message(self.live[f"{thread_id} m"][0]))
        if thread_id in DELETED:
            gone = ThreadDeleted(thread_id=thread_id, deletion_id="x", root_id=thread_id)
            events += [gone] * len(events)
        return thread_id, self.random.choice(events)

    def _end(self, thread_id: str, event: Event) -> None:
        def is_over(name: str, turn_id: str, type_: str) -> bool:
            if name.split(maxsplit=1)[0] != thread_id:
                return False
            if isinstance(event, CompactionFailed):
                return (turn_id, type_) == ("t1", "contextCompaction")
            if event.kind == "turn.completed.v1":
                return turn_id == event.turn_id  # type: ignore[attr-defined,no-any-return]
            return isinstance(event, ThreadDeleted) or (
                event.kind.startswith("turn.item") and name.endswith(" m")
            )

        self.live = {n: one for n, one in self.live.items() if not is_over(n, *one[:2])}
        if isinstance(event, ThreadDeleted):
            self.parents.pop(thread_id, None)

    def check(self) -> None:
        """Each connection has all text of what it hears, and nothing else."""
        for ear in self.ears:
            assert ear.faults == []
            heard = {n: parts for n, (_, _, parts) in self.live.items() if ear.hears(n.split()[0])}
            assert ear.items == heard
            assert ear.position <= self.hub.position
        assert self.hub.position == self.head
        place = Place(self.head, self.head_in_memory)
        assert self.hub.followers.notified_since(Ear({}), "x") == place
        stats = self.hub.stats()
        assert (stats.live_items, stats.untold_events) == (len(self.live), 0)


ACTS: list[Callable[[Stage], None]] = [
    *(Stage.begin, Stage.begin, Stage.write, Stage.write, Stage.write, Stage.join, Stage.join),
    *(Stage.catch_up, Stage.leave, Stage.commit),
]


@pytest.mark.parametrize("seed", range(25))
def test_each_connection_gets_the_whole_text_of_the_live_items_that_it_follows(seed: int) -> None:
    stage = Stage(seed)
    for act in stage.random.choices(ACTS, k=60):
        act(stage)
        stage.check()


def idle_hub() -> Hub:
    """A hub at position 7."""
    return Hub(notifier(), Lineage(cast("Any", None)), 7, lambda: NOW_MS)


def test_notices_of_a_thread_go_to_its_followers_and_other_notices_to_all() -> None:
    hub, follows, other = idle_hub(), Ear({}), Ear({})
    for ear in (follows, other):
        hub.followers.join(ear)
    hub.join_thread(follows, "a", REQUEST)
    for ear in (follows, other):
        ear.cause = REQUEST
    hub.say(WarningNotification(message="m"), "a", REQUEST)
    assert (follows.named, other.named) == (["warning"], [])
    hub.say(WarningNotification(message="m"), correlation_id=REQUEST)
    assert (follows.named, other.named) == (["warning"] * 2, ["warning"])
    one = hub.notice(WarningNotification(message="m"), "a")
    assert (one.position, one.at_ms, one.is_fleeting) == (7, NOW_MS, False)


def test_a_connection_that_joins_gets_no_live_item_that_cannot_be_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub, ear = idle_hub(), Ear({})
    whole = {"type": "agentMessage", "id": "i", "text": "", "startedAtMs": 1, "completedAtMs": None}
    hub.item_started("a", "t1", {"type": "agentMessage", "id": "m"})
    hub.item_started("a", "t1", whole)
    hub.join_thread(ear, "a", "")
    assert ear.items == {"a i": {}}
    assert logged_line(caplog, "host.goes_without")["fault"] == "clients cannot read its text"


async def test_a_hub_reads_what_an_event_needs_and_the_ancestors_of_a_new_agent_first() -> None:
    hub, renamed = idle_hub(), fact(ThreadRenamed(name="n"), 8)
    assert hub.ready([renamed])
    assert not hub.ready([renamed, fact(end(), 9)])
    hub.may_belong("x")
    assert not hub.ready([renamed])
    await hub.prepare([renamed])
    assert hub.ready([renamed])
