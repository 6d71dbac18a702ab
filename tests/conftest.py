"""Where tests keep their files, whom they trust, and how often garbage is looked for."""

import gc
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support import collecting, differences, engines, few, parts, quiet_workers, searching
from tests.support.tls import PEM, loopback_contexts
from threadhost.events import failpoints

searching.register_profiles()
engine_beneath = engines.engine_beneath
MEMORY = Path("/dev/shm")
NEW_OBJECTS = 50_000
"""A collection for each so many, not for each 700: all that tests leave in cycles is small."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Read ahead of all other files."""
    what = "only the tests of one of so many parts, as 2/4"
    parser.addoption("--part", type=parts.part, default=parts.WHOLE, metavar="K/N", help=what)


def pytest_configure(config: pytest.Config) -> None:
    """Before anybody asks for a folder; the cuts of power that tests make are made by hand."""
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
        tempfile.tempdir = str(MEMORY)
    quiet_workers.silence(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Those that the store's engine may change are tried on another, too."""
    engines.on_each(metafunc)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that would be imported for nothing."""
    is_test = collection_path.match("test_*.py")
    return (is_test and collecting.is_unread(collection_path, config.option.markexpr)) or None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """From the end by every second worker."""
    report = yield
    if isinstance(collector, pytest.Dir) and collecting.is_from_the_end(collector.config):
        report.result.reverse()
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Pages of a database are compared in vain for half a minute."""
    return differences.of_long_bytes(op, left, right)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this process, which is gone."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before those are left out that were not asked for."""
    few.leave_to_slices(items)
    items[:], others = parts.parted(items, config.getoption("part"))
    config.hook.pytest_deselected(items=others)


def pytest_collection_finish() -> None:
    """Nothing that was imported by now is garbage: no collection has to look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def nobody_outside_is_trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One certificate for those of the system, of which each context would read hundreds."""
    folder = tmp_path_factory.mktemp("trusted")
    loopback_contexts(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / PEM))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_test_steps_back() -> Iterator[None]:
    """Commands that are run in this process leave its priority to it: it has more tests to run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "nice", lambda _: 0)
        yield


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    """What a test arms is armed in no other."""
    yield
    failpoints.disarm()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What is left after one collection is no garbage: pytest's own five have little to do."""
    gc.collect()
    gc.freeze()
