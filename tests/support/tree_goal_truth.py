"""What a log says that trees spent, counted from what models used, without the rules of goals."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.store import database_of, now
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import Damaged
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

PAGE = 100_000
Facts = Sequence[Any]


class Use(NamedTuple):
    """What the response to one request of one thread took, for which goal."""

    goal_id: str
    request_version: int
    tokens: int


def faults_of(home: Path) -> list[str]:
    """Everything that is wrong with what trees are charged, in a closed home."""
    with closing(ReadOnlyLog.open(home)) as log:
        return faults(log)


def faults(log: Any) -> list[str]:
    """Everything that is wrong with what trees are charged, where nothing is under way."""
    streams: dict[str, list[Any]] = defaultdict(list)
    for fact in now(log.read(0, PAGE)):
        if not isinstance(fact.event, Damaged):
            streams[fact.stream.removeprefix("thread-")].append(fact)
    used = {thread_id: list(_used(facts)) for thread_id, facts in streams.items()}
    database = database_of(log)
    rows = database.rows(
        "SELECT thread_id, goal_id, tokens_used, tree_tokens FROM thread_goals WHERE covers_tree"
    )
    found = [f"{row} waits still" for row in database.rows("SELECT * FROM goal_spendings")]
    for thread_id, facts in streams.items():
        found += _recorded(thread_id, facts, used[thread_id])
    for root_id, *shown in rows:
        found += _charged(root_id, shown, streams[root_id], used)
    return found


def spent(home: Path) -> int:
    """All that was used for goals of trees in a closed home."""
    with closing(ReadOnlyLog.open(home)) as log:
        streams: dict[str, list[Any]] = defaultdict(list)
        for fact in now(log.read(0, PAGE)):
            streams[fact.stream].append(fact)
        return sum(use.tokens for facts in streams.values() for use in _used(facts))


def _used(facts: Facts) -> Iterator[Use]:
    """What a thread's responses took, of requests that were asked for a goal of its root."""
    goal_id, asked_for, asked = "", "", 0
    for fact in facts:
        event = fact.event
        if fact.kind == "goal.cover_set.v1":
            goal_id = event.goal_id
        elif fact.kind == "turn.model_requested.v1":
            asked, asked_for = fact.version, goal_id
        elif fact.kind == "turn.usage_recorded.v1" and asked_for:
            last = event.last
            yield Use(asked_for, asked, last.input - last.cached_input + last.output)


def _recorded(thread_id: str, facts: Facts, used: Sequence[Use]) -> Iterator[str]:
    """Each such response is recorded as spent, once."""
    recorded = Counter(
        Use(f.event.goal_id, f.event.request_version, f.event.tokens)
        for f in facts
        if f.kind == "goal.spent.v1"
    )
    if recorded != Counter(used):
        yield f"{thread_id} used {used}, recorded is {recorded}"


def _charged(
    root_id: str, shown: Sequence[Any], facts: Facts, used: Mapping[str, Sequence[Use]]
) -> Iterator[str]:
    """The root was charged all of it, once, and shows the sum."""
    goal_id, tokens_used, tree_tokens = shown
    charged: Counter[str] = Counter()
    own, newest = 0, dict[str, int]()
    for fact in facts:
        if fact.kind == "goal.charged.v1" and fact.event.goal_id == goal_id:
            own += fact.event.tokens
        elif fact.kind == "goal.tree_charged.v1" and fact.event.goal_id == goal_id:
            for one in fact.event.charges:
                charged[one.thread_id] += one.tokens
                if one.version <= newest.get(one.thread_id, 0):
                    yield f"{one} is charged again"
                newest[one.thread_id] = one.version
    due = Counter[str]()
    for thread_id, uses in used.items():
        due[thread_id] += sum(use.tokens for use in uses if use.goal_id == goal_id)
    if +due != +charged:
        yield f"{+due} was used below {root_id}, {+charged} charged"
    if (tokens_used, tree_tokens) != (own + due.total(), due.total()):
        yield f"{root_id} shows {tokens_used}, {tree_tokens}; used were {own}, {due.total()}"
