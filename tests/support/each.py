"""One test for all values of a rule so cheap that a test for each costs more than the rule."""

import inspect
import random
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import pytest

PLAIN = (str, int, float, type(None))
MARKED = type(pytest.param())


def each(
    names: str | Sequence[str],
    values: Iterable[Any],
    ids: Callable[[Any], object] | Iterable[object] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, in one test: it tries all values, and names each that fails.

    Values come in another order each time. They share what fixtures make, and the time there is:
    a test that changes it, waits or may skip is no such test. Raises ValueError without values,
    TypeError for a test that is to be awaited and for `pytest.param`.
    """
    wanted = names.split(",") if isinstance(names, str) else names
    wanted = [name.strip() for name in wanted]
    rows = _rows(wanted, values)
    cases = list(zip(_titles(rows, ids), rows, strict=True))

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        if inspect.iscoroutinefunction(test):
            raise TypeError(f"{test.__name__} would not be awaited")

        @wraps(test)
        def of_all(*args: Any, **fixtures: Any) -> None:
            failures: dict[str, Exception] = {}
            for title, row in random.sample(cases, len(cases)):
                try:
                    test(*args, **fixtures, **dict(zip(wanted, row, strict=True)))
                except pytest.skip.Exception:
                    raise RuntimeError(f"the case [{title}] would skip all others") from None
                except BaseException as error:
                    error.add_note(f"this is the case [{title}]")
                    if not isinstance(error, Exception):  # the time is up, or nothing was raised
                        raise
                    failures[f"[{title}]"] = error
            if failures:
                words = f"{len(failures)} of {len(cases)} cases fail: {', '.join(failures)}"
                raise ExceptionGroup(words, [*failures.values()])

        asked = inspect.signature(test)
        kept = [given for name, given in asked.parameters.items() if name not in wanted]
        of_all.__signature__ = asked.replace(parameters=kept)  # type: ignore[attr-defined]
        return of_all

    return decorated


def _rows(names: Sequence[str], values: Iterable[Any]) -> list[tuple[Any, ...]]:
    """What each name is in each case."""
    rows = list(values)
    if not rows:
        raise ValueError(f"no values for {', '.join(names)}")
    if any(isinstance(row, MARKED) for row in rows):
        raise TypeError(f"values for {', '.join(names)} have names or marks of their own")
    return [(row,) if len(names) == 1 else tuple(row) for row in rows]


def _titles(
    rows: Sequence[tuple[Any, ...]], ids: Callable[[Any], object] | Iterable[object] | None
) -> list[str]:
    """What each row is called: by `ids`, or by what is plain in it, and its place."""
    if ids is None or callable(ids):
        shown = ids or (lambda value: value if isinstance(value, PLAIN) else type(value).__name__)
        return [
            f"{at}: " + ", ".join(str(shown(value)) for value in row) for at, row in enumerate(rows)
        ]
    return [str(title) for title in ids]
