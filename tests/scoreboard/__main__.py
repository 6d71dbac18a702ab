"""`python -m tests.scoreboard`: run rows, show and keep what they counted, fail if one broke."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from random import SystemRandom

from tests.scoreboard.board import Mode, all_rows
from tests.scoreboard.record import Result, load, save, write_document
from tests.scoreboard.row import Row
from tests.scoreboard.running import run_mutants, run_row


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the long form of each row")
    parser.add_argument("--fast", action="store_true", help="the slice of the fast suite")
    parser.add_argument("--mutants", action="store_true", help="each row with each of its mutants")
    parser.add_argument("--only", metavar="N,...", help="these rows")
    parser.add_argument("--seed", type=int, help="the seed of a run that is to be repeated")
    parser.add_argument("--round", type=int, metavar="N", help="this round alone")
    return parser.parse_args(given)


def chosen(only: str | None) -> list[Row]:
    rows = all_rows()
    wanted = [int(number) for number in only.split(",")] if only else list(rows)
    return [rows[number] for number in wanted]


def main() -> int:
    """0 if nothing broke, 1 otherwise."""
    wanted = arguments()
    seed = wanted.seed if wanted.seed is not None else SystemRandom().randrange(10**9)
    mode: Mode = "long" if wanted.long else "fast" if wanted.fast else "quick"
    os.nice(5)
    logging.disable()  # what a row wants to know it asks for
    results: list[Result] = []
    for row in chosen(wanted.only):
        if wanted.mutants:
            found = run_mutants(row, seed)
        else:
            found = [run_row(row, mode, seed, wanted.round)]
        for result in found:
            print(result.line(), flush=True)  # noqa: T201
        results += found
    if wanted.round is None and not wanted.fast:
        save([*load(), *results])
        write_document(load())
    return 1 if any(result.is_bad for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
