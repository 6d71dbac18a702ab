"""Figures for the table: percentiles and slopes, rounded as far as they mean anything."""

from collections.abc import Sequence

from tests.scoreboard.row import Counts


def percentiles(what: str, values_ms: Sequence[float]) -> Counts:
    """p50, p95 and the largest of times in milliseconds."""
    if not values_ms:
        return {}
    ordered = sorted(values_ms)
    last = len(ordered) - 1
    return {
        f"{what} p50 ms": round(ordered[last // 2], 1),
        f"{what} p95 ms": round(ordered[round(last * 0.95)], 1),
        f"{what} max ms": round(ordered[last], 1),
    }


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The least-squares slope of (x, y)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
