"""What docstrings say may be raised is there: a name that was changed is changed in words, too."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.house

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("events", "actors", "projections", "adapters")
RAISES = re.compile(r"\b[Rr]aises? ([^.;:]*)")
ERROR = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_every_exception_named_in_a_docstring_exists() -> None:
    trees = {path: ast.parse(path.read_text()) for path in sources()}
    known = {*dir(builtins), *(name for tree in trees.values() for name in names(tree))}
    unknown = [
        f"{path.relative_to(ROOT)}: {error}"
        for path, tree in trees.items()
        for error in raised(tree)
        if error not in known
    ]
    assert unknown == []


def sources() -> Iterator[Path]:
    """Every source file of the layers."""
    for layer in LAYERS:
        yield from sorted((ROOT / layer).rglob("*.py"))


def names(tree: ast.Module) -> Iterator[str]:
    """What a file calls anything, its own or another's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def raised(tree: ast.Module) -> Iterator[str]:
    """The errors that a file's docstrings name."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED):
            for words in RAISES.findall(ast.get_docstring(node) or ""):
                yield from ERROR.findall(words)
