"""A program with a deliberate fault: `python -m tests.scoreboard.bootstrap MODULE ARGUMENT...`.

Runs MODULE as `python -m` would, after the mutant that the environment names.
"""

import importlib
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

VARIABLE = "THREADHOST_TEST_MUTANT"


def in_children(module: str, function: str) -> Callable[[], AbstractContextManager[None]]:
    """A mutant of processes that are started: `function` of `module` puts the fault in place."""

    @contextmanager
    def named() -> Iterator[None]:
        os.environ[VARIABLE] = f"{module}:{function}"
        try:
            yield
        finally:
            del os.environ[VARIABLE]

    return named


def main() -> None:
    """Put the fault in place, if there is one; then run the module."""
    named = os.environ.get(VARIABLE)
    if named:
        module, _, function = named.partition(":")
        getattr(importlib.import_module(module), function)()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
