"""A rollout file after a crash: how much of it is intact, and that nothing is lost."""

import os
from pathlib import Path

import pytest

from tests.support.rollouts import born, facts, turn
from threadhost.adapters.rollouts import file
from threadhost.adapters.rollouts.lines import Context, advance_context, render_lines

FACTS = facts([*born(), *turn(1), *turn(2, "more\nlines", "é" * 50)])
WHOLE = render_lines(Context(), FACTS, is_new=True)[1]


def mended(path: Path) -> bytes:
    """The file after the rest of the stream was written to it."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        found = file.intact_prefix(descriptor)
        file.cut(descriptor, found.size)
        version = found.version or 0
        known = advance_context(
            Context(), [f for f in FACTS if f.version <= version and found.size]
        )
        rest = [f for f in FACTS if f.version > version]
        context = known if found.size else Context()
        file.add(descriptor, found.size, render_lines(context, rest, is_new=found.size == 0)[1])
    finally:
        os.close(descriptor)
    return path.read_bytes()


def test_a_file_that_was_torn_anywhere_is_made_whole(tmp_path: Path) -> None:
    path, end = tmp_path / "rollout", len(WHOLE)
    ends = [at for at in range(end) if WHOLE[at : at + 1] == b"\n"]
    near = (at + beside for at in ends for beside in (0, 1, 2))
    for size in sorted({*range(0, end, 37), *near, end} - {end + 1}):
        path.write_bytes(WHOLE[:size])
        assert mended(path) == WHOLE, size


@pytest.mark.parametrize("zeros", [1, 4096, 200_000])
def test_zeros_that_a_power_cut_left_are_cut_off(tmp_path: Path, zeros: int) -> None:
    path = tmp_path / "rollout"
    for size in (0, 100, len(WHOLE) // 2, len(WHOLE)):
        path.write_bytes(WHOLE[:size] + bytes(zeros) + b'{"timestamp"')
        assert mended(path) == WHOLE, size


def test_everything_behind_a_hole_is_cut_off_however_long_the_hole_is(tmp_path: Path) -> None:
    path, hole = tmp_path / "rollout", 200_000
    more = render_lines(
        advance_context(Context(), FACTS), facts([*born(), *turn(3, "x" * hole)]), is_new=False
    )
    for size in (0, 100, len(WHOLE) // 2, len(WHOLE)):
        path.write_bytes(WHOLE[:size])
        with path.open("r+b") as torn:
            torn.seek(size + hole)
            torn.write(more[1])
        assert mended(path) == WHOLE, size


def test_the_last_intact_line_is_detected_however_long_the_lines_are(tmp_path: Path) -> None:
    path = tmp_path / "rollout"
    long = facts([*born(), *turn(1, "x" * 300_000, "y" * 300_000)])
    path.write_bytes(render_lines(Context(), long, is_new=True)[1])
    descriptor = os.open(path, os.O_RDONLY)
    assert file.intact_prefix(descriptor) == (long[-1].version, path.stat().st_size)
    os.close(descriptor)


@pytest.mark.parametrize("left", [0, 1, len(WHOLE) - 1, len(WHOLE) + 1])
def test_a_file_that_has_another_size_than_expected_is_not_written_to(
    tmp_path: Path, left: int
) -> None:
    path = tmp_path / "rollout"
    path.write_bytes(WHOLE)
    descriptor = os.open(path, os.O_RDWR)
    with pytest.raises(file.Changed):
        file.add(descriptor, left, b"more")
    os.close(descriptor)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("text", ['{"timestamp":"a","type":"session_meta","payload":{}}\n', "a\nb"])
def test_a_file_of_another_program_is_recognized(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rollout"
    path.write_text(text)
    descriptor = os.open(path, os.O_RDONLY)
    assert file.intact_prefix(descriptor).version is None
    os.close(descriptor)
