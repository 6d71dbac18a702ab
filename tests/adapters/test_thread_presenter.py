"""Threads as clients are shown them: their rows and their current states."""

from pathlib import Path
from typing import Any

import pytest

from threadhost.adapters.thread_presenter import ThreadPresenter
from threadhost.projections.listing import ThreadRow

MADE_AT_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""
VALUES: dict[str, Any] = {
    **dict.fromkeys(ThreadRow._fields),
    **dict.fromkeys(("id", "session_id"), "01999999-0000-7000-8000-000000000001"),
    **dict.fromkeys(("created_at_ms", "updated_at_ms", "recency_at_ms"), MADE_AT_MS),
    **dict.fromkeys(("ephemeral", "archived"), False),
    "depth": 0,
}


def row(**values: Any) -> ThreadRow:
    return ThreadRow(**{**VALUES, **values})


def test_a_thread_is_shown_with_its_current_state() -> None:
    states = {"idle": "idle", "busy": "active"}
    shown = ThreadPresenter(lambda thread_id: states[thread_id], None)
    idle, busy = row(id="idle"), row(id="busy")
    assert shown.after_start(idle).status.type == "idle"
    assert [shown.thread(one).status.type for one in (idle, busy, idle)] == [
        "idle",
        "active",
        "idle",
    ]
    states["idle"] = "systemError"
    assert shown.thread(idle).status.type == "systemError"
    assert shown.thread(row(id="idle", name="a name")).name == "a name"


def test_a_new_thread_is_rendered_once_for_all_its_notifications() -> None:
    shown, began = ThreadPresenter(lambda _: "idle", None), row()
    assert shown.after_start(began) is shown.thread(began)


@pytest.mark.parametrize("home", ["/home/someone", "/"])
@pytest.mark.parametrize(
    ("archived", "folder"), [(False, "sessions/2026/09/21"), (True, "archived_sessions")]
)
def test_the_rollout_file_of_a_thread_has_a_place_in_the_home(
    home: str, folder: str, *, archived: bool
) -> None:
    shown = ThreadPresenter(lambda _: "idle", Path(home)).thread(row(archived=archived))
    name = f"rollout-2026-09-21T14-13-20-{VALUES['id']}.jsonl"
    assert shown.path == str(Path(home) / folder / name)
    assert ThreadPresenter(lambda _: "idle", None).thread(row()).path is None
