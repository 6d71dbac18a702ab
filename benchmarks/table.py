"""Markdown tables of measurements."""

from collections.abc import Sequence

ROUNDED_FROM = 100


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their heads; numbers with thousands apart."""
    print(f"{markdown(head, rows)}\n", flush=True)


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table as text, without a newline at its end."""
    lines = [head, ["---"] * len(head), *[[_shown(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= ROUNDED_FROM else f"{cell:.2g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
