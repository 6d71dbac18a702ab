"""Commands on a home with damaged events: all others are printed, the damaged ones are marked."""

import pytest

from tests.adapters.cli.conftest import Command, Grown
from tests.support.damage import BREAK, edit, positions

EDITS = {
    "a payload": BREAK,
    "a stream": "UPDATE events SET stream = x'ff1b' WHERE position = ?",
    "a type": "UPDATE events SET type = x'1b5b' WHERE position = ?",
    "an unknown type": "UPDATE events SET type = 'thread.unheard_of.v9' WHERE position = ?",
    "a time": "UPDATE events SET recorded_at_ms = 'noon' WHERE position = ?",
    "a principal": "UPDATE events SET principal = x'ff' WHERE position = ?",
    "a blob": "UPDATE events SET blob = 'nowhere' WHERE position = ?",
}


def item_of(grown: Grown, number: int = 0) -> int:
    return positions(grown.home, grown.root, "turn.item%")[number]


@pytest.mark.few(1)
@pytest.mark.parametrize("how", list(EDITS.values()), ids=list(EDITS))
def test_the_log_is_printed_to_its_end_with_the_damaged_event_marked(
    grown: Grown, command: Command, how: str
) -> None:
    before = command("log", "show", "--limit", "1000", "--json").lines
    position = item_of(grown)
    edit(grown.home, how, position)
    shown = command("log", "show", "--limit", "1000", "--json")
    assert (shown.code, shown.err) == (0, "")
    for one, other in zip(shown.lines, before, strict=True):
        assert one == other or one["position"] == position
    [marked] = [event for event in shown.lines if event["position"] == position]
    assert marked["damaged"]
    assert marked["event"] is None
    lines = command("log", "tail", "-n", "1000").out.splitlines()
    assert len(lines) == len(before)
    [line] = [line for line in lines if "(damaged: " in line]
    assert line.split()[0] == str(position)
    assert line.isprintable()


def test_one_damaged_event_is_shown_with_its_columns(grown: Grown, command: Command) -> None:
    position = item_of(grown)
    edit(grown.home, BREAK, position)
    shown = command("log", "show", str(position), "--json").document
    assert (shown["type"], shown["damaged"]) == ("turn.item_recorded.v2", "its seal is broken")
    assert shown["stream"] == f"thread-{grown.root}"
    assert "(damaged: its seal is broken)" in command("log", "show", str(position)).out
    events = command("log", "show", "--thread", grown.root, "--json").lines
    assert [event["position"] for event in events] == list(positions(grown.home, grown.root))


def test_a_thread_is_shown_without_its_damaged_items_and_standard_error_names_them(
    grown: Grown, command: Command
) -> None:
    position = item_of(grown, 1)
    edit(grown.home, BREAK, position)
    for words in ((), ("--json",)):
        shown = command("threads", "show", grown.root, *words)
        assert '"agentMessage"' not in shown.out
        assert shown.code == 0
        assert "first [bold]words" in shown.out
        assert "omitted because it is unreadable: position" in shown.err
        assert f"position {position} (turn.item_recorded.v2" in shown.err


def test_a_time_that_no_calendar_has_is_printed_as_a_number(grown: Grown, command: Command) -> None:
    edit(grown.home, "UPDATE events SET recorded_at_ms = 9e18 WHERE position = ?", item_of(grown))
    assert "9000000000000000000" in command("log", "tail", "-n", "1000").out


@pytest.mark.few(1)
@pytest.mark.parametrize("column", ["name = x'ff'", "cwd = 5", "name = CAST(x'c328' AS TEXT)"])
def test_a_damaged_row_of_a_view_hides_no_other(
    grown: Grown, command: Command, column: str
) -> None:
    edit(grown.home, f"UPDATE thread_texts SET {column} WHERE thread_id = ?", grown.root)
    edit(grown.home, "UPDATE threads SET updated_at_ms = 'noon' WHERE id = ?", grown.child)
    for words in ("threads list", "threads list --json", "threads tree", "threads tree --json"):
        shown = command(*words.split())
        assert shown.code == 0, shown.err
        assert all(t in shown.out for t in (grown.root, grown.child, grown.alone))
    assert command("threads", "show", grown.child).code == 0


@pytest.mark.slices
def test_a_whole_log_that_is_damaged_is_printed_too(grown: Grown, command: Command) -> None:
    whole = command("log", "show", "--limit", "1000", "--json").lines
    for event in whole:
        edit(grown.home, BREAK, event["position"])
    shown = command("log", "show", "--limit", "1000", "--json").lines
    assert [event["position"] for event in shown] == [event["position"] for event in whole]
    assert [event for event in shown if not event["damaged"]] == []
    assert command("threads", "show", grown.root).code == 0


def test_a_thread_with_many_turns_is_shown_page_by_page(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threadhost.adapters.cli import threads

    whole = command("threads", "show", grown.root, "--json").document
    monkeypatch.setattr(threads, "PAGE_TURNS", 1)
    assert command("threads", "show", grown.root, "--json").document == whole
