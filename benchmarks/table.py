"""Markdown tables of measurements."""

from collections.abc import Sequence

ROUNDED_FROM = 100


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their heads; numbers with thousands apart."""
    lines = [head, ["---"] * len(head), *[[_shown(cell) for cell in row] for row in rows]]
    for line in lines:
        print(f"| {' | '.join(line)} |")
    print(flush=True)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= ROUNDED_FROM else f"{cell:.2g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
