"""Which rows there are, and how much of each a run does."""

import importlib
from pathlib import Path
from typing import Literal

from tests.scoreboard.row import Budget, Row

Mode = Literal["fast", "quick", "long"]
FOLDER = Path(__file__).parent / "rows"


def all_rows() -> dict[int, Row]:
    """The rows by number. Raises ValueError if two have the same."""
    rows: dict[int, Row] = {}
    for path in sorted(FOLDER.glob("row_*.py")):
        row: Row = importlib.import_module(f"tests.scoreboard.rows.{path.stem}").ROW
        if row.number in rows:
            raise ValueError(f"row {row.number} is there twice")
        rows[row.number] = row
    return dict(sorted(rows.items()))


def budget(row: Row, mode: Mode) -> Budget:
    """How much of a row to do."""
    return {"fast": row.fast or row.quick, "quick": row.quick, "long": row.long}[mode]
