"""Lines over logarithmic axes as SVG text: enough to see what grows and what does not."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 300, 40, 50
COLOURS = ("#1b6ca8", "#c8553d", "#2e8b57", "#8e5aa8", "#b8860b", "#4a4a4a", "#d16ba5", "#008b8b")
STYLE = "font-family: sans-serif; font-size: 12px"
Point = tuple[float, float]


class _Axes:
    """Where a value lies on the paper; both axes run over whole powers of ten."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.x_powers = _powers(xs)
        self.y_powers = _powers(ys)

    def x(self, value: float) -> float:
        """From the left, in pixels."""
        return LEFT + _share(value, self.x_powers) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """From the top, in pixels."""
        return HEIGHT - BOTTOM - _share(value, self.y_powers) * (HEIGHT - TOP - BOTTOM)


def _powers(values: Sequence[float]) -> range:
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    return range(first, max(last, first + 1) + 1)


def _share(value: float, powers: range) -> float:
    return (log10(value) - powers[0]) / (powers[-1] - powers[0])


def svg(title: str, x_label: str, y_label: str, series: Mapping[str, Sequence[Point]]) -> str:
    """A plot of named lines; all values have to be above zero."""
    points = [point for line in series.values() for point in line]
    axes = _Axes([x for x, _ in points], [y for _, y in points])
    parts = [
        _text(LEFT, TOP - 20, title, weight="bold"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label, anchor="middle"),
        _text(10, TOP - 2, y_label),
        *_grid(axes),
    ]
    for number, (name, line) in enumerate(series.items()):
        parts += _line(axes, name, line, COLOURS[number % len(COLOURS)], number)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" style="{STYLE}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def _grid(axes: _Axes) -> Iterable[str]:
    for power in axes.x_powers:
        x = axes.x(10.0**power)
        yield _stroke(x, TOP, x, HEIGHT - BOTTOM)
        yield _text(x, HEIGHT - BOTTOM + 18, f"{10.0**power:,.0f}", anchor="middle")
    for power in axes.y_powers:
        y = axes.y(10.0**power)
        yield _stroke(LEFT, y, WIDTH - RIGHT, y)
        yield _text(LEFT - 8, y + 4, f"{10.0**power:,g}", anchor="end")


def _line(axes: _Axes, name: str, line: Sequence[Point], colour: str, number: int) -> Iterable[str]:
    places = [(axes.x(x), axes.y(y)) for x, y in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    y = TOP + 10 + number * 20
    yield f'<rect x="{WIDTH - RIGHT + 20}" y="{y - 9}" width="12" height="4" fill="{colour}"/>'
    yield _text(WIDTH - RIGHT + 40, y - 3, f"{name}: {line[-1][1]:,.3g}")


def _stroke(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{escape(text)}</text>"
