"""What code is known by: digests of its sources, the same wherever it lies and whatever runs it."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType

ROOT = Path(__file__).resolve().parents[1]
RULES = "events"
"""Where facts, folds and what models are sent of them are: what a replay gives hangs on these."""
PACKAGE = __name__.partition(".")[0] + "."


def digest_of(paths: Iterable[str], *texts: str) -> str:
    """SHA-256 over some texts and over files, by their names and what they hold."""
    digest = sha256("\n".join(texts).encode())
    for path in sorted(paths):
        with open(path, "rb") as file:  # noqa: PTH123  (every start does this, some sixty times)
            source = file.read()
        digest.update(b"%s %d\n" % (os.path.basename(path).encode(), len(source)))  # noqa: PTH119
        digest.update(source)
    return digest.hexdigest()


def digest_of_rules(root: Path) -> str:
    """The digest of the rules below some root."""
    names = os.listdir(root / RULES)  # noqa: PTH208  (as above)
    return digest_of(f"{root}/{RULES}/{name}" for name in names if name.endswith(".py"))


@cache
def rules_digest() -> str:
    """The digest of the rules that run here: what states are made of, and how they are folded."""
    return digest_of_rules(ROOT)


def files_of(functions: Iterable[Callable[..., object]]) -> frozenset[str]:
    """The files of some functions, and of those of ours that their modules use."""
    modules = {function.__module__ for function in functions}
    used = {name for module in modules for name in _used_by(module)}
    files = (sys.modules[name].__file__ for name in modules | used)
    return frozenset(file for file in files if file is not None)


def _used_by(module: str) -> Iterator[str]:
    for value in vars(sys.modules[module]).values():
        if type(value) is FunctionType and value.__module__.startswith(PACKAGE):
            yield value.__module__
