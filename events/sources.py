"""Digests of source code: the same for every place of the files and every interpreter."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType

ROOT = Path(__file__).resolve().parents[1]
RULES = "events"
"""The folder with the events, the folds and the conversion for models: replays depend on it."""
PACKAGE = __name__.partition(".")[0] + "."


def digest_of(paths: Iterable[str], *texts: str) -> str:
    """Return the SHA-256 over some texts, and over files by name and contents."""
    digest = sha256("\n".join(texts).encode())
    for path in sorted(paths):
        with open(path, "rb") as file:  # noqa: PTH123  (every start does this, some sixty times)
            source = file.read()
        digest.update(b"%s %d\n" % (os.path.basename(path).encode(), len(source)))  # noqa: PTH119
        digest.update(source)
    return digest.hexdigest()


def digest_of_rules(root: Path) -> str:
    """Return the digest of the rules below a root."""
    names = os.listdir(root / RULES)  # noqa: PTH208  (as above)
    return digest_of(f"{root}/{RULES}/{name}" for name in names if name.endswith(".py"))


@cache
def rules_digest() -> str:
    """Return the digest of the running rules: what states consist of, and how they are folded."""
    return digest_of_rules(ROOT)


def files_of(functions: Iterable[Callable[..., object]]) -> frozenset[str]:
    """Return the files of some functions, and of our functions that their modules use."""
    modules = {function.__module__ for function in functions}
    used = {name for module in modules for name in _used_by(module)}
    files = (sys.modules[name].__file__ for name in modules | used)
    return frozenset(file for file in files if file is not None)


def _used_by(module: str) -> Iterator[str]:
    for value in vars(sys.modules[module]).values():
        if type(value) is FunctionType and value.__module__.startswith(PACKAGE):
            yield value.__module__
