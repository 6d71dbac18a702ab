"""Each page is read from its beginning to its end, in one empty folder, with the wheel alone."""

from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.installed import Installed
from tests.support.pages import ROOT, RUN, SHOWN_ALONE, Block, blocks, typed, with_programs
from tests.support.reader import Lost, Reader

PAGES = with_programs(ROOT)
WAIT_S = 240


@pytest.mark.slices
@pytest.mark.timeout(WAIT_S)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_as_one_session_with_the_installed_program(
    page: str, installed: Installed, desk: Path
) -> None:
    text = (installed.packages / "threadhost" / page).read_text()
    with Reader(desk, installed.programs) as reader:
        reader.read(blocks(text))


@each("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_of_a_page_is_run_or_marked_as_shown_only(path: Path) -> None:
    unknown = [
        f"{path.name}:{block.line} {block.language or 'of no language'}"
        for block in blocks(path.read_text())
        if block.language not in RUN and block.language not in SHOWN_ALONE
    ]
    assert unknown == []


def lost(desk: Path, *shown: Block) -> str:
    """Why somebody who reads this is lost, with a program that is not needed."""
    with Reader(desk, Path("/nowhere")) as reader, pytest.raises(Lost) as found:
        reader.read(shown)
    return str(found.value)


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (Block("console", "$ echo one\ntwo\n", 3), "line 3: `echo one` printed:\none"),
        (Block("console", "$ echo one; false\n", 3), "line 3: `echo one; false` printed:\none"),
        (Block("console", "$ true\nthreadhost: no\n", 3), "line 3: `true` printed"),
        (Block("sh", "exit 7\n", 3), "line 3: `exit 7"),
        (Block("console", "$ echo $nobody\n", 3), "unbound variable"),
    ],
    ids=["other output", "fails", "does not fail as it is shown", "script", "a name from nowhere"],
)
def test_a_reader_is_lost_where_the_page_does_not_hold(desk: Path, block: Block, why: str) -> None:
    assert why in lost(desk, block)


def test_variables_and_files_of_a_page_are_kept_for_its_later_blocks(desk: Path) -> None:
    page = [
        Block("console", "$ one=1\n", 1),
        Block("toml", "# a.toml\nb = 1\n", 2),
        Block("console", "$ echo $one; cat a.toml\n1\n# a.toml\nb = …\n", 5),
    ]
    with Reader(desk, Path("/nowhere")) as reader:
        reader.read(page)


def test_commands_of_a_terminal_block_are_separated_from_their_output() -> None:
    found = [(line.words, line.shown) for line in typed("$ one \\\n  two\nthree\n\n$ four\n")]
    assert found == [("one two", ("three", "")), ("four", ())]
