"""Input files of jobs: missing, not regular, or changed while they are read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.tables import opened, pages, place, rows_of, written
from threadhost.actors.job_ports import FilePlace, InputChanged, InputRefused

ROWS = 50_000
SMALL = (10, 1 << 20)


def table(rows: int = ROWS) -> str:
    return "id,text\n" + "".join(f"{n},some words of row {n}\n" for n in range(rows))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Path.exists, "No such file or directory"),
        (Path.mkdir, "it is a folder"),
        (os.mkfifo, "it is a pipe"),
        (lambda path: path.symlink_to("/dev/null"), "in.csv is a symbolic link; give the path"),
    ],
    ids=["nothing", "folder", "pipe", "link"],
)
def test_only_a_regular_file_is_read(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    make(tmp_path / "in.csv")
    with pytest.raises(InputRefused) as refused:
        opened(place(tmp_path / "in.csv"))
    assert str(refused.value).startswith(f"failed to read csv input in.csv: {why}")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", "/dev"])
def test_a_device_is_not_read_even_where_any_file_may_be(path: str) -> None:
    with pytest.raises(InputRefused, match=r"it is a (device|folder)"):
        opened(FilePlace("/", path, is_confined=False))


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/dev/fd").iterdir()))


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write("1,more\n")


def shrink(path: Path) -> None:
    os.truncate(path, 20)


def rewrite(path: Path) -> None:
    path.write_text(path.read_text().replace("words", "wards"))
    os.utime(path, ns=(1, 1))


CHANGES = pytest.mark.parametrize(
    ("change", "what"),
    [(grow, "it grew from"), (shrink, "it shrank from"), (rewrite, "it was written to")],
)


@pytest.mark.few(1)
@CHANGES
def test_a_file_that_changes_while_rows_are_read_is_refused(
    tmp_path: Path, change: Callable[[Path], None], what: str
) -> None:
    found = pages(written(tmp_path / "in.csv", table()), sizes=SMALL)
    next(found)
    change(tmp_path / "in.csv")
    with pytest.raises(
        InputChanged, match=rf"^failed to read csv input in.csv: {what}.*while it was"
    ):
        list(found)


@CHANGES
def test_a_file_that_changed_since_a_position_is_not_read_on(
    tmp_path: Path, change: Callable[[Path], None], what: str
) -> None:
    where = written(tmp_path / "in.csv", table(100))
    position = next(pages(where, sizes=SMALL)).position
    change(tmp_path / "in.csv")
    with pytest.raises(InputChanged, match=f"{what}.* since its first rows were read$"):
        opened(where, after=position)


def test_another_file_of_the_same_size_and_time_is_detected_by_its_digest(tmp_path: Path) -> None:
    where = written(tmp_path / "in.csv", table(100))
    position = next(pages(where, sizes=SMALL)).position
    written(tmp_path / "in.csv", table(100).replace("row 3\n", "row X\n"))
    os.utime(tmp_path / "in.csv", ns=(position.modified_ns, position.modified_ns))
    with pytest.raises(InputChanged, match="it is not the file whose first rows were read"):
        opened(where, after=position)


@pytest.mark.parametrize("id_column", [None, "id"])
def test_reading_resumes_at_any_position_with_the_same_rows(
    tmp_path: Path, id_column: str | None
) -> None:
    rows = "".join(f'{n % 7},"a\n\n{n}"\r\n\n,\n' for n in range(60))
    where = written(tmp_path / "in.csv", "id,text\n" + rows)
    whole = list(pages(where, id_column, sizes=(7, 1 << 20)))
    assert len(whole) == 9
    for number, page in enumerate(whole):
        rest = list(pages(where, id_column, page.position, (7, 1 << 20)))
        nothing = page._replace(item_ids=[], source_ids=[], rows=[])
        assert rest == (whole[number + 1 :] or [nothing])


def test_a_page_of_rows_ends_at_its_limit_of_bytes(tmp_path: Path) -> None:
    where = written(tmp_path / "in.csv", table(100))
    sizes = [len(page.rows) for page in pages(where, sizes=(1000, 100))]
    assert set(sizes[:-1]) == {5}
    assert sum(sizes) == 100
    tiny = [len(page.rows) for page in pages(where, sizes=(1000, 1)) if not page.is_last]
    assert set(tiny) == {1}


def test_a_file_that_was_read_to_its_end_is_not_held_open(tmp_path: Path) -> None:
    before = descriptors()
    rows_of(written(tmp_path / "in.csv", table(10)))
    with pytest.raises(InputRefused):
        rows_of(written(tmp_path / "bad.csv", "a,a\n"))
    with pytest.raises(InputRefused):
        opened(written(tmp_path / "in.csv", "a\n1\n"), "id")
    assert descriptors() == before
