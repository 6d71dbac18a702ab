"""Running a row, as it is and under its mutants."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.scoreboard.board import Mode, budget
from tests.scoreboard.record import Result
from tests.scoreboard.row import Context, Counts, Enough, Row, Violation

MESSAGE_CHARS_MAX = 4000


def run_row(row: Row, mode: Mode, seed: int, only_round: int | None = None) -> Result:
    """One run of a row; what it raises is a violation."""
    context = Context(seed, budget(row, mode), only_round=only_round)
    counts: Counts = {}
    with _evidence(context):
        counts = row.run(context)
    return Result.of(row, mode, context, counts)


def run_mutants(row: Row, seed: int) -> list[Result]:
    """A run under each mutant, after one under none; bad is a mutant that is not noticed.

    If the control is red, nothing is known of the mutants: none is run.
    """
    control = Context(seed, row.hunt or row.quick, stop_at_first=True)
    with suppress(Enough), _evidence(control):
        row.run(control)
    if control.violations:
        return [Result.of(row, "control", control, {})]
    return [_run_mutant(row, name, seed) for name in row.mutants]


def _run_mutant(row: Row, name: str, seed: int) -> Result:
    context = Context(seed, row.hunt or row.quick, stop_at_first=True)
    with suppress(Enough), row.mutants[name](), _evidence(context):
        row.run(context)
    return Result.of(row, "mutant", context, {}, mutant=name)


@contextmanager
def _evidence(context: Context) -> Iterator[None]:
    try:
        yield
    except Enough:
        raise
    except Violation as violation:
        said = "\n".join((str(violation), *getattr(violation, "__notes__", ())))
        context.violations.append(f"{said[:MESSAGE_CHARS_MAX]} (round {context.round})")
    except Exception as error:  # noqa: BLE001  (whatever it is, the row is red)
        where = "".join(traceback.format_exception(error))[-MESSAGE_CHARS_MAX:]
        context.violations.append(f"{type(error).__name__} (round {context.round})\n{where}")
    finally:
        context.finish()
