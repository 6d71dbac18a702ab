"""Jobs of memory: who may begin and end one, and what is dropped with what; rules alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadhost.actors.command import Command
from threadhost.actors.memory_jobs import (
    Changes,
    Claim,
    Consolidate,
    Fail,
    Forget,
    NotDue,
    NoteKeysDestroyed,
    SkipThread,
    StaleToken,
    TakeNote,
    Text,
    decide_memory,
)
from threadhost.events.base import Event
from threadhost.events.memory import (
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    TextDropped,
    TextWritten,
)
from threadhost.events.memory_state import JOBS_KEPT_MAX, Memory, evolve_memory

LEASE_MS, WAIT_MS = 1_000, 10


def after(memory: Memory, *commands: Command) -> Memory:
    """What is remembered after these commands."""
    for command in commands:
        memory = folded(memory, decide_memory(command, memory).events)
    return memory


def folded(memory: Memory, events: Sequence[Event]) -> Memory:
    for event in events:
        memory = evolve_memory(event, memory)
    return memory


def claim(thread_id: str = "a", token: str = "1", at_ms: int = 0, **more: int) -> Claim:
    return Claim(thread_id, token, at_ms, LEASE_MS, **{"source_at_ms": 5, **more})


def claim_all(token: str, at_ms: int = 0) -> Claim:
    return Claim("", token, at_ms, LEASE_MS)


def note(thread_id: str = "a", token: str = "1", text_id: str = "n", most: int = 9) -> TakeNote:
    return TakeNote(thread_id, token, text_id, Text("said"), 1, most)


def noted(*thread_ids: str) -> Memory:
    """Notes of these threads, by their names in capitals."""
    steps = ((claim(one, f"t{one}"), note(one, f"t{one}", one.upper())) for one in thread_ids)
    return after(Memory(), *(command for pair in steps for command in pair))


def consolidated(*thread_ids: str) -> Memory:
    """The memory with notes of these threads and the text `S` made of them."""
    return after(noted(*thread_ids), claim_all("c"), Consolidate("c", "S", Text("all"), 1))


CUT = Text("all", 2, is_cut=True)


def assert_texts(memory: Memory, command: Command, why: dict[str, str | None]) -> None:
    """Which texts are written, None, and which are dropped, and why."""
    texts = decide_memory(command, memory).texts
    assert {key: getattr(one, "why", None) for key, one in texts.items()} == why


def why_not(memory: Memory, command: Claim) -> str:
    with pytest.raises(NotDue) as refused:
        decide_memory(command, memory)
    return refused.value.reason


def test_a_memory_job_has_one_holder_until_its_lease_is_over() -> None:
    held = after(Memory(), claim())
    assert why_not(held, claim(token="2", at_ms=LEASE_MS - 1)) == "running"
    [lost, claimed] = decide_memory(claim(token="2", at_ms=LEASE_MS), held).events
    assert isinstance(lost, JobFailed)
    assert (lost.token, lost.reason) == ("1", "lost")
    assert isinstance(claimed, JobClaimed)
    assert (claimed.token, claimed.attempt) == ("2", 2)


def test_a_lease_of_an_earlier_host_start_delays_no_claim() -> None:
    held = after(Memory(), claim(epoch=1))
    then = after(held, claim(token="2", epoch=2))
    assert then.holds("a", "2")
    assert why_not(then, claim(token="3", epoch=2)) == "running"


@pytest.mark.parametrize(
    "late",
    [
        note(),
        SkipThread("a", "1", "empty", 1),
        note(token=""),
        note("b"),
        note("b", token=""),
    ],
)
def test_only_the_holder_of_a_memory_job_can_end_it(late: Command) -> None:
    taken_over = after(Memory(), claim(epoch=1), claim(token="2", epoch=2))
    with pytest.raises(StaleToken, match="was cancelled, or another worker has it"):
        decide_memory(late, taken_over)


def test_a_worker_with_an_expired_lease_cannot_end_its_memory_job() -> None:
    late = note().but(at_ms=LEASE_MS)
    with pytest.raises(StaleToken, match="expired"):
        decide_memory(late, after(Memory(), claim()))


def test_a_worker_that_lost_a_memory_job_cannot_fail_it_for_the_next_worker() -> None:
    taken_over = after(Memory(), claim(epoch=1), claim(token="2", epoch=2))
    assert decide_memory(Fail("a", "1", "broken", 1, WAIT_MS), taken_over).events == ()


def test_three_tries_with_longer_and_longer_waits_and_then_none() -> None:
    memory, at_ms, waits = Memory(), 0, []
    for number in range(3):
        memory = after(memory, claim(token=str(number), at_ms=at_ms))
        memory = after(memory, Fail("a", str(number), "broken", at_ms, WAIT_MS))
        waits.append(memory.job("a").retry_at_ms - at_ms)
        if number < 2:
            assert why_not(memory, claim(at_ms=at_ms)) == "backingOff"
            assert after(memory, claim(token="n", at_ms=at_ms, source_at_ms=6)).holds("a", "n")
            at_ms = memory.job("a").retry_at_ms
    assert waits[:2] == [WAIT_MS, 8 * WAIT_MS]
    assert memory.job("a").retry_at_ms == 0
    assert why_not(memory, claim(at_ms=10**9)) == "exhausted"
    newer = after(memory, claim(token="n", at_ms=10**9, source_at_ms=6))
    assert newer.job("a").attempt == 1


def test_a_thread_that_kills_its_host_is_tried_three_times() -> None:
    memory = Memory()
    for epoch in range(1, 4):
        memory = after(memory, claim(token=str(epoch), epoch=epoch))
    [lost] = decide_memory(claim(token="4", epoch=4), memory).events
    assert isinstance(lost, JobFailed)
    assert lost.gave_up
    assert why_not(folded(memory, [lost]), claim(token="5", epoch=5)) == "exhausted"


def test_a_try_that_the_end_of_the_host_cut_short_does_not_count() -> None:
    memory = Memory()
    for attempt in range(1, 4):
        for number in range(5):
            stopped = Fail("a", str(number), "stopped", 0, 9)
            memory = after(memory, claim(token=str(number), at_ms=1_000 * attempt), stopped)
        memory = after(memory, claim(token="x", at_ms=1_000 * attempt))
        assert memory.job("a").attempt == attempt
        memory = after(memory, Fail("a", "x", "broken", 0, WAIT_MS))


def test_a_noted_thread_is_up_to_date_until_it_goes_on() -> None:
    memory = noted("a")
    assert why_not(memory, claim(token="2")) == "upToDate"
    assert after(memory, claim(token="2", source_at_ms=6)).holds("a", "2")
    skipped = after(Memory(), claim(), SkipThread("a", "1", "empty", 1))
    assert why_not(skipped, claim(token="2")) == "upToDate"


def test_a_summary_is_due_only_when_it_differs_from_the_notes() -> None:
    assert why_not(Memory(), claim_all("c")) == "upToDate"
    assert why_not(consolidated("a", "b"), claim_all("d")) == "upToDate"
    more = after(consolidated("a"), claim("b", "2"), note("b", "2", "B"))
    assert after(consolidated("a"), claim("b", "2")).job("b").sources == ()
    claimed = after(more, claim_all("d"))
    assert claimed.job("").sources == ("A", "B")
    assert claimed.job("").thread_ids == ("a", "b")


def test_a_summary_that_failed_three_times_waits_for_new_notes() -> None:
    memory = noted("a")
    for number in range(3):
        at_ms = memory.job("").retry_at_ms
        memory = after(memory, claim_all(str(number), at_ms), Fail("", str(number), "late", 0, 1))
    assert why_not(memory, claim_all("x", 10**9)) == "exhausted"
    more = after(memory, claim("b", "2"), note("b", "2", "B"))
    assert after(more, claim_all("y", 10**9)).holds("", "y")


def test_forgetting_a_thread_drops_its_note_and_the_summary_made_of_it() -> None:
    changes = decide_memory(Forget("deleted", 1, ["a", "x"]), consolidated("a", "b"))
    [forgotten] = changes.events
    assert isinstance(forgotten, MemoriesForgotten)
    assert forgotten.thread_ids == ["a"]
    assert set(changes.texts) == {"A", "S"}
    then = folded(consolidated("a", "b"), changes.events)
    assert (set(then.notes), then.summary.text_id, set(then.dropped)) == ({"b"}, "", {"A", "S"})
    assert then.is_stale
    assert decide_memory(Forget("deleted", 1, ["x"]), then) == Changes()


def test_a_summary_stays_when_a_note_that_is_not_in_it_is_forgotten() -> None:
    more = after(consolidated("a"), claim("b", "2"), note("b", "2", "B"))
    assert set(decide_memory(Forget("deleted", 1, ["b"]), more).texts) == {"B"}
    assert after(more, Forget("deleted", 1, ["b"])).summary.text_id == "S"
    last = after(consolidated("a"), claim("b", "2"), note("b", "2", "B", most=1))
    assert set(decide_memory(Forget("deleted", 1, ["b"]), last).texts) == {"B", "S"}
    untold = noted("a")._replace(jobs={})
    assert set(decide_memory(Forget("deleted", 1, ["a"]), untold).texts) == {"A"}


def test_a_text_that_replaces_an_older_one_drops_it() -> None:
    again = after(noted("a", "b"), claim("a", "2", source_at_ms=6))
    assert_texts(again, note("a", "2", "A2", most=2), {"A2": None, "A": "replaced"})
    alone = after(consolidated("a"), claim("a", "2", source_at_ms=6), note("a", "2", "A2"))
    assert (alone.summary.text_id, alone.is_stale) == ("S", True)
    third = after(noted("a", "b"), claim("c", "2"))
    assert_texts(third, note("c", "2", "C", most=3), {"C": None})
    assert_texts(third, note("c", "2", "C", most=2), {"C": None, "A": "crowdedOut"})
    more = after(consolidated("a"), claim("b", "2"), note("b", "2", "B"), claim_all("d"))
    assert_texts(more, Consolidate("d", "S2", CUT, 1), {"S2": None, "S": "replaced"})
    made = decide_memory(Consolidate("d", "S2", CUT, 1), more).texts["S2"]
    assert made == TextWritten(text="all", hidden=2, is_cut=True)


def test_a_summary_made_of_a_replaced_note_is_dropped_with_its_thread() -> None:
    """The note that it was made of has been replaced meanwhile, the text has not."""
    held = after(noted("a", "b"), claim_all("c"))
    replaced = after(held, claim("a", "2", source_at_ms=6), note("a", "2", "A2"))
    made = after(replaced, Consolidate("c", "S", Text("all"), 1))
    assert made.summary.thread_ids == ("a", "b")
    assert "S" in decide_memory(Forget("deleted", 1, ["a"]), made).texts


def test_memory_jobs_that_involve_a_forgotten_thread_are_void() -> None:
    held = after(noted("a", "b"), claim_all("c"), claim("d", "2"))
    then = after(held, Forget("deleted", 1, ["a", "d"]))
    for late in (Consolidate("c", "S", Text("all"), 1), note("d", "2")):
        with pytest.raises(StaleToken):
            decide_memory(late, then)
    assert after(held, Forget("deleted", 1, ["x"])) == held
    assert after(held, Forget("deleted", 1, ["d"])).holds("", "c")


def test_a_reset_drops_all_texts_and_earlier_turns_are_not_noted_again() -> None:
    memory = after(consolidated("a", "b"), claim("d", "2"), Forget("reset", 7))
    assert (memory.notes, memory.jobs, memory.summary.text_id) == ({}, {}, "")
    assert set(memory.dropped) == {"A", "B", "S"}
    assert why_not(memory, claim(source_at_ms=7)) == "upToDate"
    assert after(memory, claim(source_at_ms=8)).holds("a", "1")


def test_a_skipped_thread_loses_its_note_and_with_the_last_note_the_summary_is_dropped() -> None:
    skip = SkipThread("a", "2", "empty", 1, tokens=7)
    again = claim("a", "2", source_at_ms=6)
    alone, both = after(consolidated("a"), again), after(consolidated("a", "b"), again)
    assert set(decide_memory(skip, alone).texts) == {"A", "S"}
    assert after(alone, skip).summary.text_id == ""
    assert set(decide_memory(skip, both).texts) == {"A"}
    assert after(both, skip).summary.text_id == "S"
    assert set(decide_memory(skip, after(noted("a"), again)).texts) == {"A"}
    [skipped] = decide_memory(skip, both).events
    assert isinstance(skipped, JobSkipped)
    assert skipped.tokens == 7


def test_no_summary_is_made_of_notes_that_were_all_dropped_meanwhile() -> None:
    held = after(noted("a"), claim_all("c"), claim("a", "2", source_at_ms=6))
    then = after(held, SkipThread("a", "2", "empty", 1))
    with pytest.raises(StaleToken, match="was cancelled"):
        decide_memory(Consolidate("c", "S", Text("all"), 1), then)
    assert why_not(then, claim_all("d")) == "upToDate"


def test_ended_memory_jobs_beyond_a_limit_are_dropped_from_the_state() -> None:
    memory = Memory()
    for number in range(JOBS_KEPT_MAX + 3):
        events = (
            JobClaimed(thread_id=f"t{number}", token="1", attempt=1, claimed_at_ms=0, lease_ms=9),
            JobSkipped(thread_id=f"t{number}", token="1", reason="empty"),
        )
        memory = folded(memory, events)
    assert len(memory.jobs) == JOBS_KEPT_MAX
    assert "t0" not in memory.jobs


THREADS = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("note"), THREADS),
    st.tuples(st.just("skip"), THREADS),
    st.tuples(st.just("forget"), THREADS),
    st.tuples(st.just("all"), st.just("")),
    st.tuples(st.just("reset"), st.just("")),
    st.tuples(st.just("erase"), st.just("")),
)


def step(memory: Memory, kind: str, thread_id: str, number: int) -> Sequence[Command]:
    """The commands of a step, the ends of jobs among them."""
    token, at_ms = f"t{number}", number
    own = Claim(thread_id, token, at_ms, LEASE_MS, source_at_ms=number)
    text_id = f"n{number}"
    commands: dict[str, Sequence[Command]] = {
        "note": (own, TakeNote(thread_id, token, text_id, Text("x"), at_ms, 2)),
        "skip": (own, SkipThread(thread_id, token, "empty", at_ms)),
        "forget": (Forget("deleted", at_ms, [thread_id]),),
        "all": (claim_all(token, at_ms), Consolidate(token, text_id, Text("x"), at_ms)),
        "reset": (Forget("reset", at_ms),),
        "erase": (NoteKeysDestroyed(memory.dropped),),
    }
    return commands[kind]


@given(st.lists(STEPS, max_size=25))
def test_texts_are_written_and_dropped_in_the_append_that_records_it(
    steps: list[tuple[str, str]],
) -> None:
    """What the streams of texts hold, and what the state says of them, is the same."""
    memory, living = Memory(), set[str]()
    for number, (kind, thread_id) in enumerate(steps, 1):
        for command in step(memory, kind, thread_id, number):
            try:
                changes = decide_memory(command, memory)
            except NotDue:
                break
            dropped = {key for key, one in changes.texts.items() if isinstance(one, TextDropped)}
            assert dropped <= living
            living = (living | set(changes.texts)) - dropped
            before = set(memory.dropped)
            memory = folded(memory, changes.events)
            assert set(memory.text_ids) == living
            assert set(memory.dropped) - before == dropped
            if kind == "forget":
                assert thread_id not in {*memory.notes, *memory.summary.thread_ids}
