"""What views make of events that nobody can read, and of those that did not happen to a thread."""

import pytest

from tests.projections.test_handlers import PLACE, written
from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.job_writes import Named
from tests.support.store import META
from threadhost.events.base import KINDS, Damaged, Meta
from threadhost.events.causes import by_event
from threadhost.events.imported import IMPORT
from threadhost.projections.holds import HoldRow

UNKNOWN = {"turn_id": "", "item_id": "", "type": ""}
CUT_OFF = {"status": "interrupted", "completed_at_ms": META.recorded_at_ms, "end_position": 7}
LEFT: dict[str, list[Named]] = {
    "turn.item_recorded.v1": [("turns.INSERT_ITEM", {**PLACE, **UNKNOWN})],
    "turn.item_recorded.v2": [("turns.INSERT_ITEM", {**PLACE, **UNKNOWN})],
    "turn.completed.v1": [("turns.CUT_OFF", {"thread_id": "A", **CUT_OFF})],
}


@each("kind", sorted(KINDS))
def test_of_a_damaged_event_only_a_turn_end_or_the_place_of_an_item_is_shown(
    kind: str,
) -> None:
    assert written(Damaged(kind, "torn")) == LEFT.get(kind, [])
    assert written(Damaged(kind, "torn"), "tree-A") == []


def test_a_hold_row_with_any_content_is_read() -> None:
    sound = HoldRow("m", "t", "s", True, "by", 5, 6)
    assert HoldRow.of(["m", "t", "s", 1, "by", 5, 6]) == sound
    torn = HoldRow.of([None, 7, b"\xff", "x", 1.5, "5", None])
    assert all(type(text) is str for text in (*torn[:3], torn.set_by))
    assert torn[5:] == (0, 0)


COPIED = META._replace(causation_id=by_event("thread-B", 3))
IMPORTED = META._replace(principal=f"{IMPORT}codex")
CHANGES = ("threads.TOUCH", "threads.BEGIN_TURN")


@pytest.mark.slices
@each(
    ("kind", "meta"),
    [
        ("thread.configured.v1", IMPORTED),
        ("goal.set.v1", IMPORTED),
        *((kind, COPIED) for kind, type_ in KINDS.items() if type_.inherited),
    ],
)
def test_copied_and_imported_events_do_not_count_as_changes_of_a_thread(
    kind: str, meta: Meta
) -> None:
    event = golden_events().get(kind)
    writes = written(event, meta=meta) if event else []
    assert not [name for name, _ in writes if name in CHANGES]
