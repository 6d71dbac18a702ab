"""The rules of the house that no linter knows: sizes, names, arrows of packaging, banned words."""

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.imports import circles, graph, graph_of

pytestmark = pytest.mark.house

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("events", "actors", "projections", "adapters")
EMBEDDED = Path("adapters/embedded")
LINKS = ROOT / ".typecheck" / "threadhost"

FILE_LINES_MAX = 400
FILE_LINES_MEDIAN = 150
FUNCTION_LINES_MAX = 60
ADR_LINES_MAX = 40
TEST_NAME_WORDS_MIN = 4

CLOCK = Path("adapters/clock.py")
CLOCK_CALLS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
}

NAMED_TUPLES = Path("events/named_tuple.py")
"""Makes them, and is the library's where it cannot."""
PUBLIC_ALL_THE_SAME = {"_asdict", "_exit", "_field_defaults", "_fields", "_make", "_replace"}
"""Of named tuples, and of `os`."""
PRIVATE_IS_USED_IN = {
    *map(Path, ("tests/crash/faulty.py", "tests/crash/mutants.py", "tests/limits/faults.py")),
    Path("tests/scoreboard/stepped.py"),
    Path("tests/scoreboard/rows/row_01_random_moments.py"),
    Path("tests/scoreboard/rows/row_08_two_hosts.py"),
    # What asyncio and clients of others keep to themselves.
    *map(Path, ("tests/limits/loop_meter.py", "tests/scoreboard/seeded_loop.py")),
    *map(Path, ("tests/scoreboard/soak.py", "tests/clients/test_openai_codex.py")),
    Path("tests/clients/test_openai_codex_threads.py"),
}
"""Deliberate faults, which have to be put where they would be made, and what is not ours."""
WALL_CLOCKS = {("time", "perf_counter"), ("time", "monotonic")}
OF_A_CLOCK = Path("tests/adapters/models/test_key_command.py")
"""Puts a clock of its own in the place of that one."""

LOG_CALLS = {"critical", "error", "exception", "info", "log", "warn", "warning"}
SPEAKS_TO_ITS_PROGRAM = Path("adapters/client/answering.py")
"""Of a client's library: who runs a host does not read its lines."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def written(*folders: str) -> list[Path]:
    """Python files below the folders that hold anything, as paths from the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if path.read_text().strip())


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


@cache
def nodes(path: Path) -> Sequence[ast.AST]:
    """All statements and except clauses of a file, outer ones first; of expressions none."""
    found: list[ast.AST] = [tree_of(path)]
    for node in found:
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            inner = getattr(node, field, ())
            found += inner if isinstance(inner, list) else ()
    return found


def lines_of(path: Path) -> int:
    return len((ROOT / path).read_text().splitlines())


def body_lines(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def offenders(
    paths: list[Path],
    offends: Callable[[ast.AST], bool],
    nodes: Callable[[Path], Iterable[ast.AST]] = nodes,
) -> list[str]:
    """`file:line` of every node that offends."""
    return [
        f"{path}:{getattr(node, 'lineno', 1)}"
        for path in paths
        for node in nodes(path)
        if offends(node)
    ]


def packaging() -> dict[str, Any]:
    setuptools: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "setuptools"
    ]
    return setuptools


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    paths = (Path(name) for name in listing.stdout.split("\0") if name)
    return [path for path in paths if (ROOT / path).is_file()]


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    everything = written(*LAYERS, "tests", "benchmarks")
    assert [path for path in everything if lines_of(path) > FILE_LINES_MAX] == []


def test_the_median_source_file_is_short() -> None:
    source = [path for path in written(*LAYERS) if path.name != "__init__.py"]
    assert statistics.median(lines_of(path) for path in source) < FILE_LINES_MEDIAN


def test_no_function_is_longer_than_sixty_lines() -> None:
    def long(node: ast.AST) -> bool:
        return isinstance(node, Function) and body_lines(node) > FUNCTION_LINES_MAX

    assert offenders(written(*LAYERS, "tests", "benchmarks"), long) == []


def test_every_function_has_a_name() -> None:
    def nameless(node: ast.AST) -> bool:
        return isinstance(node, Function) and node.name == "_"

    assert offenders(written(*LAYERS), nameless) == []


def test_every_module_has_a_docstring() -> None:
    everything = written(*LAYERS, "tests", "benchmarks")
    assert [path for path in everything if not ast.get_docstring(tree_of(path))] == []


def test_no_except_clause_is_bare() -> None:
    def bare(node: ast.AST) -> bool:
        return isinstance(node, ast.ExceptHandler) and node.type is None

    assert offenders(written(*LAYERS, "tests"), bare) == []


def test_only_the_clock_module_reads_the_time_of_day() -> None:
    def reads_clock(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.module == "time" and any(
                ("time", alias.name) in CLOCK_CALLS for alias in node.names
            )
        if not isinstance(node, ast.Attribute):
            return False
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value
        name = owner.id if isinstance(owner, ast.Name) else owner
        return (name, node.attr) in CLOCK_CALLS

    source = [path for path in written(*LAYERS) if path != CLOCK]
    assert offenders(source, reads_clock, lambda path: ast.walk(tree_of(path))) == []


def test_lines_for_operators_come_from_the_operator_log_only() -> None:
    """What is for who looks for a fault of a client is said at `debug`."""

    def speaks(node: ast.AST) -> bool:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return False
        owner = ast.unparse(node.func.value).lower()
        return node.func.attr in LOG_CALLS and bool(re.search(r"logg|\b_?log$", owner))

    others = [path for path in written(*LAYERS) if path != SPEAKS_TO_ITS_PROGRAM]
    assert offenders(others, speaks, lambda path: ast.walk(tree_of(path))) == []


def test_the_layers_are_imported_under_the_projects_own_name() -> None:
    def bare(node: ast.AST) -> bool:
        if isinstance(node, ast.Import):
            return any(alias.name.split(".")[0] in LAYERS for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            return node.level == 0 and (node.module or "").split(".")[0] in LAYERS
        return False

    assert offenders(written(*LAYERS, "tests", "benchmarks"), bare) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Not for their types alone either: who reads one of them has to read all."""
    assert circles(graph()) == []


def test_an_import_cycle_is_detected_wherever_its_import_stands() -> None:
    typed = "if TYPE_CHECKING:\n    from threadhost.b import B"
    late = "def first():\n    from threadhost import c"
    sources = {
        "threadhost.a": typed,
        "threadhost.b": late,
        "threadhost.c": "import threadhost.a",
        "threadhost.d": "from threadhost.a import A",
    }
    assert circles(graph_of(sources)) == [["threadhost.a", "threadhost.b", "threadhost.c"]]


def test_named_tuples_come_from_our_own_module() -> None:
    librarys = offenders(
        [path for path in written(*LAYERS) if path != NAMED_TUPLES],
        lambda node: (
            isinstance(node, ast.ImportFrom)
            and node.module in {"typing", "collections"}
            and any(name.name in {"NamedTuple", "namedtuple"} for name in node.names)
        ),
    )
    assert librarys == []


def test_a_database_that_a_test_opens_is_closed_before_it_goes_on() -> None:
    """`with sqlite3.connect(...)` ends a transaction alone: tests.support.databases closes, too."""

    def is_left_open(node: ast.AST) -> bool:
        return isinstance(node, ast.With) and any(
            ast.unparse(item.context_expr).startswith("sqlite3.connect(") for item in node.items
        )

    tests = written("tests")
    assert offenders(tests, is_left_open, lambda path: ast.walk(tree_of(path))) == []


def test_no_statement_numbers_its_places() -> None:
    """The driver of Python 3.12.0 to 3.12.3 warns of each that it binds in its order."""

    def is_numbered(node: ast.AST) -> bool:
        text = node.value if isinstance(node, ast.Constant) else None
        return isinstance(text, str) and re.search(r"[ (=<>]\?\d", text) is not None

    assert offenders(written(*LAYERS), is_numbered, lambda path: ast.walk(tree_of(path))) == []


def test_pyproject_lists_exactly_the_packages_on_disk() -> None:
    folders = {
        path.parent.relative_to(ROOT) for layer in LAYERS for path in (ROOT / layer).rglob("*.py")
    }
    on_disk = {
        "threadhost" if folder == EMBEDDED else ".".join(("threadhost", *folder.parts)): str(folder)
        for folder in folders
    }
    assert packaging()["package-dir"] == on_disk
    assert sorted(packaging()["packages"]) == sorted(on_disk)


def test_every_package_folder_has_an_init_file() -> None:
    folders = {path.parent for layer in LAYERS for path in (ROOT / layer).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_links_for_type_checkers_mirror_the_installed_package() -> None:
    at_the_root = [
        path.relative_to(ROOT)
        for path in (ROOT / EMBEDDED).iterdir()
        if path.suffix in {".py", ".typed"}
    ]
    expected = {path.name: path for path in (*map(Path, LAYERS), *at_the_root)}
    assert {link.name for link in LINKS.iterdir()} == set(expected)
    for name, target in expected.items():
        link = LINKS / name
        assert link.is_symlink()
        assert not link.readlink().is_absolute()
        assert link.resolve() == ROOT / target


def test_the_installed_root_package_is_marked_as_typed() -> None:
    assert (ROOT / EMBEDDED / "py.typed").exists()


def banned_words() -> list[str]:
    """Patterns put together from halves, so that this file does not hold what it bans."""
    halves = [
        (r"(?<![\w.-])/wo", "rk/"),
        (r"/tmp", "/w/"),
        (r"/root/", r"\.pyenv"),
        (r"/opt/", "pypi"),
        ("far", r"m-\w"),
        ("`duplic", "ates`"),
        ("`iss", "ues`"),
        (r"\bissues ", r"(show|list|close)\b"),
        ("pypi", r"\.org"),
        ("pythonhosted", r"\.org"),
        ("registry", r"\.npmjs"),
        ("deb", r"\.debian\.org"),
    ]
    return ["".join(pair) for pair in halves]


def test_no_tracked_file_names_a_machine_or_a_workshop_tool() -> None:
    banned = re.compile("|".join(banned_words()))
    found = {
        str(path): match.group()
        for path in tracked()
        if (match := banned.search((ROOT / path).read_text(errors="replace")))
    }
    assert found == {}


def test_only_the_script_for_test_data_reads_outside_the_checkout() -> None:
    beside = re.compile(r"\.\./sha" + r"red\b|/ \"sha" + "red")
    found = [
        str(path) for path in tracked() if beside.search((ROOT / path).read_text(errors="replace"))
    ]
    assert found == ["tests/following/data.py"]


def test_every_decision_record_fits_on_a_page_and_has_three_parts() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert records
    for record in records:
        text = record.read_text()
        assert len(text.splitlines()) <= ADR_LINES_MAX, record
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequence",
        ], record


def test_every_decision_record_has_a_number_of_its_own() -> None:
    """Numbers are given out before the work is done, so that one may come before another."""
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    numbers = [int(name.split("-")[0]) for name in names]
    assert all(after > before for before, after in pairwise(numbers))


def test_the_name_of_every_test_is_a_sentence() -> None:
    def terse(node: ast.AST) -> bool:
        return (
            isinstance(node, Function)
            and node.name.startswith("test_")
            and len(node.name.removeprefix("test_").split("_")) < TEST_NAME_WORDS_MIN
        )

    tests = [path for path in written("tests") if path.name.startswith("test_")]
    assert offenders(tests, terse) == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text().splitlines()


def test_tests_use_no_private_names_of_the_host() -> None:
    """Numbers are in `stats()`, and steps that tests stand between are named by `step`."""

    def pries(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return any(re.match("_[a-z]", alias.name) for alias in node.names)
        if not isinstance(node, ast.Attribute) or not re.match("_[a-z]", node.attr):
            return False
        is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        return not is_own and node.attr not in PUBLIC_ALL_THE_SAME

    tests = [path for path in written("tests") if path not in PRIVATE_IS_USED_IN]
    assert offenders(tests, pries, lambda path: ast.walk(tree_of(path))) == []


def test_no_test_looks_at_the_clock_on_the_wall() -> None:
    """What is measured is counted, or is processor time, which other programs do not add to."""

    def looks(node: ast.AST) -> bool:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return False
        return (node.value.id, node.attr) in WALL_CLOCKS

    tests = [path for path in written("tests") if path.name.startswith("test_")]
    others = [path for path in tests if path != OF_A_CLOCK]
    assert offenders(others, looks, lambda path: ast.walk(tree_of(path))) == []
