"""Who imports whom among the modules of the package, read from their text."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("events", "actors", "projections", "adapters")
EMBEDDED = ("adapters", "embedded")
Graph = Mapping[str, frozenset[str]]


def module_of(path: Path) -> str:
    """The name under which a file, given from the root of the checkout, is imported."""
    parts = path.with_suffix("").parts
    parts = parts[2:] if parts[:2] == EMBEDDED else parts
    return ".".join(("threadhost", *parts)).removesuffix(".__init__")


@cache
def modules() -> Mapping[str, Path]:
    """Each module of the package, and its file from the root of the checkout."""
    files = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
    paths = [path.relative_to(ROOT) for path in files]
    return {module_of(path): path for path in paths}


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, also those of functions and under `if TYPE_CHECKING`; no expressions."""
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for node in getattr(tree, field, ()):
            yield node
            yield from statements(node)


def imported(source: str, known: Iterable[str]) -> Iterator[str]:
    """The modules that a text imports anywhere, of those that are known."""
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            whole = [f"{package}.{alias.name}" for alias in node.names]
            yield from (name if name in known else package for name in whole)


@cache
def graph() -> Graph:
    """What each module imports of the package: at the start, late, or for its types alone."""
    return graph_of({name: (ROOT / path).read_text() for name, path in modules().items()})


def graph_of(sources: Mapping[str, str]) -> Graph:
    """The same of these modules and their texts."""
    return {
        name: frozenset(imported(text, sources)) & (sources.keys() - {name})
        for name, text in sources.items()
    }


def circles(imports: Graph) -> list[list[str]]:
    """Modules that can be reached from each other, in groups."""
    reached = {name: _reached(name, imports) for name in imports}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return [list(group) for group in sorted(groups)]


def _reached(start: str, imports: Graph) -> set[str]:
    found: set[str] = set()
    waiting = [*imports[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports[name]
    return found
