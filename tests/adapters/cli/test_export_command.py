"""`export codex`: threads of a home as files that codex reads."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command, Grown
from tests.support.damage import BREAK, edit, positions
from tests.support.databases import changed
from tests.support.rollouts import said_in
from tests.support.scarce import files_no_larger_than
from threadhost.events.store.faults import NO_GROWTH


def files_in(folder: Path) -> dict[str, Path]:
    """The rollout files in a folder, by thread."""
    return {p.stem[-36:]: p for p in folder.rglob("rollout-*.jsonl")}


def test_export_writes_threads_to_the_places_that_codex_reads(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    done = command("export", "codex", "--to", str(folder), "--json")
    assert (done.code, done.document) == (0, {"written": 3, "empty": 0, "left": []})
    files = files_in(folder)
    assert set(files) == {grown.root, grown.child, grown.alone}
    assert said_in(files[grown.child]) == ["second words", "second words"]
    assert files[grown.child].relative_to(folder).parts[0] == "sessions"


def test_export_writes_only_the_thread_or_tree_that_the_options_name(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    assert command("export", "codex", "--to", str(tmp_path), "--thread", grown.root).code == 0
    assert set(files_in(tmp_path)) == {grown.root}
    assert command("export", "codex", "--to", str(tmp_path), "--tree", grown.root).code == 0
    assert set(files_in(tmp_path)) == {grown.root, grown.child}


@pytest.mark.slices
def test_export_at_the_limit_of_file_sizes_names_the_limit_and_succeeds_without_it(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    with files_no_larger_than(200):
        done = command("export", "codex", "--to", str(tmp_path), "--thread", grown.root)
    assert (done.code, done.err.strip()) == (
        1,
        f"threadhost: thread {grown.root} cannot be written: {NO_GROWTH}",
    )
    assert command("export", "codex", "--to", str(tmp_path), "--thread", grown.root).code == 0
    assert said_in(files_in(tmp_path)[grown.root])


def test_an_export_goes_on_where_an_earlier_one_was_cut_off(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    command("export", "codex", "--to", str(tmp_path))
    whole = {path: path.read_bytes() for path in files_in(tmp_path).values()}
    path = files_in(tmp_path)[grown.root]
    path.write_bytes(whole[path][:-300])
    files_in(tmp_path)[grown.alone].unlink()
    assert command("export", "codex", "--to", str(tmp_path)).code == 0
    assert {path: path.read_bytes() for path in files_in(tmp_path).values()} == whole


def test_export_leaves_a_file_of_another_program_unchanged_and_names_the_file(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    command("export", "codex", "--to", str(tmp_path))
    path = files_in(tmp_path)[grown.root]
    path.write_text('{"timestamp":"now","type":"session_meta","payload":{}}\n')
    done = command("export", "codex", "--to", str(tmp_path))
    assert done.code == 1
    assert f"not written: {grown.root}: {path} is of another program" in done.err
    assert len(path.read_text().splitlines()) == 1


def test_export_skips_a_thread_whose_key_is_missing_until_the_key_is_restored(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    """A file with the readable part alone would be taken for the whole thread ever after."""
    keys = grown.home / "keys.db"
    whole = keys.read_bytes()
    with changed(grown.home / "threadhost.db") as database:
        query = "SELECT key_id FROM stream_state WHERE stream = ?"
        (key_id,) = database.execute(query, (f"thread-{grown.alone}",)).fetchone()
    with changed(keys) as database:
        database.execute("DELETE FROM keys WHERE id = ?", (key_id,))
    done = command("export", "codex", "--to", str(tmp_path / "to"))
    assert done.code == 1
    assert f"not written: {grown.alone}: its key {key_id} is missing, though it was not" in done.err
    assert set(files_in(tmp_path / "to")) == {grown.root, grown.child}
    keys.write_bytes(whole)
    assert command("export", "codex", "--to", str(tmp_path / "to")).code == 0
    assert said_in(files_in(tmp_path / "to")[grown.alone]) == ["third words", "third words"]


def test_export_omits_and_names_a_damaged_item_and_writes_the_rest_of_its_thread(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    [position, *_] = positions(grown.home, grown.alone, "turn.item_recorded%")
    edit(grown.home, BREAK, position)
    done = command("export", "codex", "--to", str(tmp_path))
    assert done.code == 0
    assert f"omitted because it is unreadable: position {position} (turn.item_recorded" in done.err
    assert said_in(files_in(tmp_path)[grown.alone]) == ["third words"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--to", "/dev/null"), "/dev/null is not a folder"),
        (("--to", "/nowhere/below"), "/nowhere/below cannot be made (No such file"),
        (("--to", "HOME"), "--to is in the home itself"),
        (("--to", "BELOW"), "--to is in the home itself"),
        (("--to", "NEW", "--thread", "nosuch"), "has no thread nosuch"),
    ],
)
def test_export_refuses_targets_and_threads_that_make_no_sense_and_writes_nothing(
    grown: Grown, command: Command, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    named = {"HOME": str(grown.home), "BELOW": str(grown.home / "restoring")}
    named["NEW"] = str(tmp_path / "new")
    done = command("export", "codex", *(named.get(word, word) for word in words))
    assert done.code == 1
    assert fault in done.err
    assert not (tmp_path / "new").exists()
    assert files_in(tmp_path) == {}
    assert not (grown.home / "restoring").exists()
