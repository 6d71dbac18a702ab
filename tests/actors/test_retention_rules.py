"""The rules of retention: what is due, and that nothing goes along of which they do not hold."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from threadhost.actors.retention import DAY_MS, Rule, ThreadFacts, due
from threadhost.events.retention import Of

NOW_MS = 1_000 * DAY_MS


def fact(
    thread_id: str, days: float, parent_id: str | None = None, *, archived: bool = False
) -> ThreadFacts:
    """A thread that was active so many days ago; its tree is named by the first letter."""
    at_ms = NOW_MS - round(days * DAY_MS)
    return ThreadFacts(thread_id, parent_id, thread_id[0], at_ms, archived)


TREES = (
    fact("a", 50),
    fact("a1", 40, "a"),
    fact("a2", 3, "a"),
    fact("a11", 45, "a1"),
    fact("b", 60),
    fact("b1", 35, "b"),
)


def deleted_together(
    rule: Rule, facts: Sequence[ThreadFacts], sizes: Mapping[str, int] | None = None
) -> list[list[str]]:
    """The threads that a rule deletes, by deletion."""
    return [list(one.thread_ids) for one in due([rule], facts, NOW_MS, sizes or {})]


def idle(of: Of, days: float = 30) -> Rule:
    return Rule("r", of, idle_ms=round(days * DAY_MS))


def test_a_tree_is_due_once_all_of_its_threads_have_been_idle_for_long() -> None:
    assert deleted_together(idle("trees"), TREES) == [["b", "b1"]]
    assert deleted_together(idle("trees", 3), TREES) == [["b", "b1"], ["a", "a1", "a11", "a2"]]


def test_a_thread_is_due_together_with_its_descendants_if_they_are_due_too() -> None:
    assert deleted_together(idle("threads"), TREES) == [["a1", "a11"], ["b", "b1"]]
    assert deleted_together(idle("threads", 41), TREES) == [["a11"]]


def test_the_newest_trees_are_kept_however_old_they_are() -> None:
    rule = Rule("r", "trees", keep_newest=1)
    assert deleted_together(rule, TREES) == [["b", "b1"]]
    assert deleted_together(rule._replace(keep_newest=2), TREES) == []
    assert deleted_together(rule._replace(keep_newest=0), TREES) == [
        ["b", "b1"],
        ["a", "a1", "a11", "a2"],
    ]


def test_trees_beyond_the_size_limit_are_due_oldest_first() -> None:
    sizes = dict.fromkeys(("a", "a1", "a2", "a11", "b", "b1"), 100)
    rule = Rule("r", "trees", keep_bytes=400)
    assert deleted_together(rule, TREES, sizes) == [["b", "b1"]]
    assert deleted_together(rule._replace(keep_bytes=600), TREES, sizes) == []
    alone = Rule("r", "threads", keep_bytes=500)
    assert deleted_together(alone, [fact("b", 60), fact("b1", 61, "b")], {"b": 400, "b1": 200}) == [
        ["b1"]
    ]


def test_all_conditions_of_a_rule_have_to_hold() -> None:
    rule = Rule("r", "trees", idle_ms=30 * DAY_MS, keep_newest=2)
    assert deleted_together(rule, TREES) == []
    assert deleted_together(rule, [*TREES, fact("c", 31)]) == [["b", "b1"]]


def test_a_tree_is_archived_if_all_of_it_is() -> None:
    facts = [fact("a", 9, archived=True), fact("b", 9, archived=True), fact("b1", 9, "b")]
    assert deleted_together(Rule("r", "trees", archived=True), facts) == [["a"]]
    assert deleted_together(Rule("r", "trees", archived=False), facts) == [["b", "b1"]]


def test_the_newest_are_counted_among_those_that_a_rule_is_for() -> None:
    facts = [fact("a", 1), fact("b", 5, archived=True), fact("c", 9, archived=True)]
    assert deleted_together(Rule("r", "trees", keep_newest=1, archived=True), facts) == [["c"]]


def test_a_thread_is_due_by_one_rule_only() -> None:
    rules = [idle("threads")._replace(name="one"), idle("trees")._replace(name="two")]
    found = due(rules, TREES, NOW_MS)
    assert [(one.rule.name, one.root_id) for one in found] == [("one", "a1"), ("one", "b")]


def test_each_thread_in_memory_is_released_by_itself() -> None:
    facts = [fact("a", 40), fact("a1", 50, "a"), fact("a2", 1, "a")]
    assert deleted_together(idle("ephemeral"), facts) == [["a"], ["a1"]]


def test_each_due_thread_has_a_reason() -> None:
    rule = Rule("r", "trees", 30 * DAY_MS, 0, 10, archived=False)
    (one,) = due([rule], [fact("b", 45.04)], NOW_MS, {"b": 11})
    assert one.why == (
        "idle for 45 days, at least 30 days; not among the newest 0; beyond 10 bytes of the newest;"
        " not archived"
    )


def test_threads_in_a_cycle_of_edges_are_kept_and_do_not_stop_the_rule() -> None:
    facts = [fact("a", 40, "a2"), fact("a1", 40, "a"), fact("a2", 40, "a1"), fact("b", 40)]
    assert deleted_together(idle("threads"), facts) == [["b"]]


@st.composite
def forests(draw: st.DrawFn) -> list[ThreadFacts]:
    """Threads below earlier ones or below none, each idle for some days."""
    found: list[ThreadFacts] = []
    for number in range(draw(st.integers(0, 12))):
        parent = draw(st.sampled_from([None, *found]))
        thread_id = f"{number:02}"
        found.append(
            ThreadFacts(
                thread_id,
                parent.thread_id if parent else None,
                parent.session_id if parent else thread_id,
                NOW_MS - draw(st.integers(0, 4)) * DAY_MS,
                draw(st.booleans()),
            )
        )
    return found


RULES = st.builds(
    Rule,
    st.just("r"),
    st.sampled_from(["threads", "trees"]),
    st.none() | st.integers(0, 4 * DAY_MS),
    st.none() | st.integers(0, 5),
    st.none() | st.integers(0, 600),
    st.none() | st.booleans(),
)


@tries(300)
@given(forests(), RULES)
def test_due_threads_are_closed_under_descendants_and_all_meet_the_rule(
    facts: list[ThreadFacts], rule: Rule
) -> None:
    sizes = {one.thread_id: 100 for one in facts}
    by_id = {one.thread_id: one for one in facts}
    seen: list[str] = []
    for one in due([rule], facts, NOW_MS, sizes):
        together = set(one.thread_ids)
        seen += one.thread_ids
        assert one.thread_ids[0] == one.root_id
        assert {f.thread_id for f in facts if f.parent_id in together} <= together
        assert {by_id[t].session_id for t in together} == {one.session_id}
        newest = max(by_id[t].active_at_ms for t in together)
        assert one.active_at_ms == newest
        assert rule.idle_ms is None or NOW_MS - newest >= rule.idle_ms
        if rule.archived is not None:
            states = {by_id[t].archived for t in together}
            assert states == {rule.archived} or (rule.of == "trees" and rule.archived is False)
    assert len(seen) == len(set(seen))
