"""The rules of retention: which unused threads are deleted, and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.retention import Of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NO_SIZES: Mapping[str, int] = {}


class Rule(NamedTuple):
    """Selects what to delete: threads or trees for which all the given conditions hold.

    It was inactive for `idle_ms`; it is not among the `keep_newest` most recently active; together
    with those active after it, it exceeds `keep_bytes`; its archived state is `archived`.
    `followed` includes threads that a client follows.
    """

    name: str
    of: Of
    idle_ms: int | None = None
    keep_newest: int | None = None
    keep_bytes: int | None = None
    archived: bool | None = None
    followed: bool = False

    @property
    def principal(self) -> str:
        """The principal of deletions by this rule."""
        return f"retention:{self.name}"


class RetentionPolicy(NamedTuple):
    """The rules in their order, and how often a host applies them; 0: only on request."""

    rules: Sequence[Rule]
    every_ms: int = HOUR_MS


class ThreadFacts(NamedTuple):
    """What the rules know of a thread; `active_at_ms` is in milliseconds since the Unix epoch."""

    thread_id: str
    parent_id: str | None
    session_id: str
    active_at_ms: int
    archived: bool


class DueThreads(NamedTuple):
    """Threads that one rule deletes together, the root first, and why."""

    rule: Rule
    root_id: str
    session_id: str
    thread_ids: Sequence[str]
    active_at_ms: int
    """When the most recently active of them was active."""
    why: str


class _Unit(NamedTuple):
    """The unit of a rule: a thread, or a whole tree."""

    root_id: str
    session_id: str
    active_at_ms: int
    archived: bool
    bytes: int


def due(
    rules: Sequence[Rule],
    facts: Sequence[ThreadFacts],
    now_ms: int,
    sizes: Mapping[str, int] = NO_SIZES,
) -> list[DueThreads]:
    """The threads to delete, rule by rule; no thread is selected by two rules."""
    groups: list[DueThreads] = []
    taken_ids: set[str] = set()
    for rule in rules:
        find = _trees if rule.of == "trees" else _threads
        for group in find(rule, facts, now_ms, sizes):
            if taken_ids.isdisjoint(group.thread_ids):
                taken_ids.update(group.thread_ids)
                groups.append(group)
    return groups


def _trees(
    rule: Rule, facts: Sequence[ThreadFacts], now_ms: int, sizes: Mapping[str, int]
) -> Iterable[DueThreads]:
    """Whole trees: active when the last of their threads was, archived if all threads are."""
    trees: defaultdict[str, list[ThreadFacts]] = defaultdict(list)
    for fact in facts:
        trees[fact.session_id].append(fact)
    units = [
        _Unit(
            session_id,
            session_id,
            max(fact.active_at_ms for fact in tree),
            all(fact.archived for fact in tree),
            sum(sizes.get(fact.thread_id, 0) for fact in tree),
        )
        for session_id, tree in trees.items()
    ]
    for unit in _chosen(rule, units, now_ms):
        below = sorted(f.thread_id for f in trees[unit.root_id] if f.thread_id != unit.root_id)
        yield _due(rule, unit, [unit.root_id, *below], now_ms)


def _threads(
    rule: Rule, facts: Sequence[ThreadFacts], now_ms: int, sizes: Mapping[str, int]
) -> Iterable[DueThreads]:
    """Chosen threads whose descendants are all chosen: deleting a thread deletes those, too."""
    units = {
        fact.thread_id: _Unit(
            fact.thread_id,
            fact.session_id,
            fact.active_at_ms,
            fact.archived,
            sizes.get(fact.thread_id, 0),
        )
        for fact in facts
    }
    if rule.of == "ephemeral":  # each is unloaded by itself
        parents: dict[str, str | None] = {}
    else:
        parents = {fact.thread_id: fact.parent_id for fact in facts}
    chosen = {unit.root_id for unit in _chosen(rule, list(units.values()), now_ms)}
    complete_ids = chosen - _above(units.keys() - chosen, parents)
    children: defaultdict[str, list[str]] = defaultdict(list)
    for thread_id in sorted(complete_ids):
        parent_id = parents.get(thread_id)
        if parent_id in complete_ids and parent_id is not None:
            children[parent_id].append(thread_id)
    below = {child for siblings in children.values() for child in siblings}
    for root_id in sorted(complete_ids - below):
        thread_ids = _with_children(root_id, children)
        active_at_ms = max(units[t].active_at_ms for t in thread_ids)
        yield _due(rule, units[root_id]._replace(active_at_ms=active_at_ms), thread_ids, now_ms)


def _above(thread_ids: Iterable[str], parents: Mapping[str, str | None]) -> set[str]:
    """All ancestors of these threads; ends even on a cycle."""
    ancestors: set[str] = set()
    for thread_id in thread_ids:
        parent_id = parents.get(thread_id)
        while parent_id is not None and parent_id not in ancestors:
            ancestors.add(parent_id)
            parent_id = parents.get(parent_id)
    return ancestors


def _with_children(root_id: str, children: Mapping[str, Sequence[str]]) -> list[str]:
    below = [root_id]
    for thread_id in below:
        below += children.get(thread_id, ())
    return below


def _chosen(rule: Rule, units: Sequence[_Unit], now_ms: int) -> Iterable[_Unit]:
    """The units for which all conditions of the rule hold, the oldest first."""
    pool = [unit for unit in units if rule.archived in (None, unit.archived)]
    pool.sort(key=lambda unit: (unit.active_at_ms, unit.root_id), reverse=True)
    used, chosen = 0, []
    for rank, unit in enumerate(pool):
        used += unit.bytes
        is_idle = rule.idle_ms is None or now_ms - unit.active_at_ms >= rule.idle_ms
        is_beyond = rule.keep_newest is None or rank >= rule.keep_newest
        is_over = rule.keep_bytes is None or used > rule.keep_bytes
        if is_idle and is_beyond and is_over:
            chosen.append(unit)
    return reversed(chosen)


def _due(rule: Rule, unit: _Unit, thread_ids: Sequence[str], now_ms: int) -> DueThreads:
    idle = f"idle for {_days(now_ms - unit.active_at_ms)}"
    reasons = [
        idle if rule.idle_ms is None else f"{idle}, at least {_days(rule.idle_ms)}",
        f"not among the newest {rule.keep_newest}" if rule.keep_newest is not None else "",
        f"beyond {rule.keep_bytes} bytes of the newest" if rule.keep_bytes is not None else "",
        {True: "archived", False: "not archived", None: ""}[rule.archived],
    ]
    reason = "; ".join(filter(None, reasons))
    return DueThreads(rule, unit.root_id, unit.session_id, thread_ids, unit.active_at_ms, reason)


def _days(ms: int) -> str:
    days = ms / DAY_MS
    return f"{days:.0f} days" if days >= 10 else f"{days:.1f} days"  # noqa: PLR2004
