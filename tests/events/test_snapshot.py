"""A kept state is the folded one: at any place, for any events, or it is not there."""

import inspect
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.golden import golden_events
from tests.support.store import at
from threadhost.events import part, snapshot
from threadhost.events.base import Event, Recorded
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.snapshot import decode, encode
from threadhost.events.sources import ROOT, RULES, digest_of_rules, rules_digest

EVENTS = [event for kind, event in sorted(golden_events().items()) if not kind.startswith("tree")]


def recorded(events: list[Event]) -> list[Recorded]:
    return [Recorded(n, "thread-x", n, event, at(1)) for n, event in enumerate(events, 1)]


@given(st.lists(st.sampled_from(EVENTS), max_size=40), st.integers(0, 40))
def test_folding_on_from_a_snapshot_gives_the_same_state(events: list[Event], cut: int) -> None:
    facts = recorded(events)
    kept = decode(encode(fold_thread(facts[:cut])))
    assert fold_thread(facts[cut:], kept) == fold_thread(facts)


def test_a_snapshot_of_other_rules_is_ignored() -> None:
    body = json.loads(encode(Thread(id="a")))
    assert decode(json.dumps(body).encode()) == Thread(id="a")
    assert decode(json.dumps(["of other rules", body[1]]).encode()) is None
    assert decode(json.dumps([rules_digest(), [*body[1][:3], {}]]).encode()) is None
    assert decode(b"") is None


class Mark(NamedTuple):
    """What a noun might keep of a thread."""

    said: str = ""
    times: int = 0


def test_parts_of_a_thread_state_are_in_its_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "PARTS", {})
    monkeypatch.setattr(snapshot, "PARTS", part.PARTS)
    mark = part.Part("mark", Mark())
    with pytest.raises(ValueError, match="mark is declared twice"):
        part.Part("mark", Mark())
    marked = mark.put(Thread(id="a"), Mark("x", 2))
    kept = decode(encode(marked))
    assert kept == marked
    assert (mark.of(kept), mark.of(Thread())) == (Mark("x", 2), Mark())
    monkeypatch.setattr(snapshot, "PARTS", {})
    assert decode(encode(marked)) is None


def records_in(shape: object) -> Iterator[type]:
    """The records that a type is made of, itself among them."""
    if isinstance(shape, type) and hasattr(shape, "__annotations__"):
        yield shape
    for inner in get_args(shape):
        yield from records_in(inner)
    if isinstance(shape, type) and shape.__module__.startswith("threadhost"):
        for inner in get_type_hints(shape).values():
            yield from records_in(inner)


def test_a_changed_field_of_the_state_changes_the_digest_of_the_rules(
    tmp_path: Path,
) -> None:
    """Each record of the state is declared in a file that the digest is of."""
    shutil.copytree(ROOT / RULES, tmp_path / RULES, ignore=shutil.ignore_patterns("store"))
    seen = {digest_of_rules(tmp_path)}
    files = {Path(inspect.getfile(record)).name for record in records_in(Thread)}
    assert {"thread.py", "usage.py"} <= files
    for name in files:
        with (tmp_path / RULES / name).open("a") as file:
            file.write("    more: int = 0\n")
        digest = digest_of_rules(tmp_path)
        assert digest not in seen
        seen.add(digest)
