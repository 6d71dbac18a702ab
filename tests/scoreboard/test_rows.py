"""The rows of the scoreboard: a slice of each in every run of the checks; that all are complete."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.scoreboard.board import all_rows
from tests.scoreboard.invariants import INVARIANTS
from tests.scoreboard.row import Budget, Context, Counts, Mutant, Row
from tests.scoreboard.running import run_mutants, run_row
from tests.support.each import each

ROWS = all_rows()
SEED = 20261122
BROKEN: list[bool] = []


@pytest.mark.slices
@pytest.mark.parametrize("number", [row.number for row in ROWS.values() if row.fast])
def test_a_slice_of_each_row_breaks_no_promise(number: int) -> None:
    result = run_row(ROWS[number], "fast", SEED)
    assert not result.violations, result.line()


@each("number", ROWS)
def test_every_row_has_a_mutant_a_title_and_described_invariants(number: int) -> None:
    row = ROWS[number]
    assert row.mutants
    assert row.invariants
    assert set(row.invariants) <= set(INVARIANTS)
    assert row.title


@pytest.mark.parametrize("number", ROWS)
def test_every_mutant_can_be_planted(number: int) -> None:
    for planted in ROWS[number].mutants.values():
        with planted():
            continue


@contextmanager
def broken() -> Iterator[None]:
    BROKEN.append(True)
    try:
        yield
    finally:
        BROKEN.clear()


def looks(context: Context) -> Counts:
    for number in context.rounds():
        context.note(op="look", number=number)
        (context.new_folder() / "evidence").write_text(str(context.random_of(number).random()))
        if BROKEN and number == 1:
            context.violates("A1", "it is broken")
    return {"looks": context.rounds_done}


def a_row(mutant: Mutant = broken) -> Row:
    return Row(0, "a row", ("A1",), Budget(3), Budget(3), looks, {"mutant": mutant})


def test_a_mutant_that_is_detected_is_not_bad() -> None:
    (result,) = run_mutants(a_row(), seed=1)
    assert (result.violations, result.is_bad) == (["A1: it is broken (round 1)"], False)


def test_a_mutant_that_stays_green_is_bad() -> None:
    (result,) = run_mutants(a_row(nullcontext), seed=1)
    assert result.is_bad
    assert result.verdict == "STAYS GREEN"


def test_no_mutant_counts_as_detected_while_its_row_fails_without_it() -> None:
    with broken():
        results = run_mutants(a_row(), seed=1)
    assert [(result.kind, result.is_bad) for result in results] == [("control", True)]


def test_a_violation_keeps_its_files_and_history_and_shows_how_to_repeat_it() -> None:
    with broken():
        result = run_row(a_row(), "quick", seed=7)
    (kept,) = result.kept
    assert sorted(path.name for path in _walk(kept)) == ["evidence", "history.jsonl"]
    assert "python -m tests.scoreboard --only 0 --seed 7" in result.line()


def test_a_round_is_the_same_for_the_same_seed() -> None:
    first, again, other = (Context(seed, Budget(1)).random_of(3).random() for seed in (1, 1, 2))
    assert first == again != other


def test_any_exception_of_a_row_makes_it_red() -> None:
    def fails(context: Context) -> Counts:
        raise ValueError(context.seed)

    row = Row(0, "a row", ("A1",), Budget(1), Budget(1), fails, {})
    assert "ValueError: 5" in run_row(row, "quick", seed=5).violations[0]


def _walk(folder: str) -> Iterator[Path]:
    return (path for path in Path(folder).rglob("*") if path.is_file())
