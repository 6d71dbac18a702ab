"""The lines of the operator's log: each is caused by a test, and repeats no words of others."""

import asyncio
import gc
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import threadhost
from tests.support.each import each
from tests.support.operator_lines import as_both, logged_line
from tests.support.program import run_here, serving
from threadhost.actors.runtime.erasure import Eraser
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.jsonrpc.failures import as_rpc_error
from threadhost.adapters.logs import JsonFormatter, RateLimitFilter, TextFormatter
from threadhost.events.operator_line import (
    IDENTIFIERS,
    KINDS,
    NUMBERS,
    UNFIT,
    OperatorLine,
    fault_words,
)
from threadhost.events.operator_log import HOST_FAULT, LINES
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.faults import NO_GROWTH
from threadhost.events.store.log import Log
from threadhost.projections import all_views

TESTS = Path(__file__).resolve().parents[1]
SECRET = "what a client said\nand more \x1b[2J"
DAEMON = ("--listen", "stdio://", "--listen")


def test_each_line_of_the_operators_table_is_caused_by_a_test() -> None:
    asked = re.compile(r"""(?:logged_line\(\s*caplog|as_both\([^)]*),\s*["']([a-z_.]+)["']\)""")
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    assert {code for text in texts for code in asked.findall(text)} == set(LINES)


def test_repetitions_of_a_line_from_one_place_do_not_suppress_the_same_line_from_another() -> None:
    """A few rows of the table are logged from many places, so repetitions are counted by place."""
    logger, sparing, said = (
        logging.getLogger("threadhost"),
        RateLimitFilter(lines_max=2),
        list[str](),
    )
    keep = logging.Handler()
    keep.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    keep.addFilter(sparing)
    logger.addHandler(keep)
    try:
        for _ in range(5):
            HOST_FAULT.emit(what="one thing")
        HOST_FAULT.emit(what="another")
    finally:
        logger.removeHandler(keep)
    assert [text.partition(" failed")[0] for text in said] == ["one thing"] * 2 + ["another"]


@each("line", LINES.values(), ids=lambda line: line.code)
def test_every_line_has_values_of_known_kinds_and_one_sentence_of_words(line: OperatorLine) -> None:
    assert set(line.fields) <= set(KINDS)
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", line.code)
    assert not line.words.endswith(".")
    assert line.means.endswith(".")


@each("name", [*IDENTIFIERS, *NUMBERS, "fault"])
def test_words_of_others_are_replaced_in_identifiers_numbers_and_faults(name: str) -> None:
    value = ValueError(SECRET) if name == "fault" else SECRET
    assert KINDS[name](value) == ("ValueError" if name == "fault" else UNFIT)


def test_a_system_error_is_logged_with_its_words_and_without_its_path() -> None:
    assert fault_words(OSError(28, "No space left on device", "/a/b")) == (
        "OSError: No space left on device"
    )
    assert fault_words(OSError(27, "File too large", "/a/b")) == f"OSError: {NO_GROWTH}"
    assert fault_words(sqlite3.OperationalError(SECRET)) == "OperationalError"
    assert fault_words(StoreUnavailable("no space is left")) == "no space is left"


@pytest.mark.parametrize("form", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_an_exception_in_the_arguments_of_any_log_record_is_logged_by_its_type(
    form: logging.Formatter,
) -> None:
    record = logging.LogRecord("x", 30, __file__, 7, "no %s", (ValueError(SECRET),), None)
    assert "no ValueError" in form.format(record)
    assert "client" not in form.format(record)


async def test_an_exception_that_asyncio_never_retrieved_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed = asyncio.get_running_loop().create_future()
    failed.set_exception(ValueError(SECRET))
    del failed
    gc.collect()
    [record] = [one for one in caplog.records if one.name == "asyncio"]
    assert "client" in record.getMessage()
    for form in (TextFormatter(), JsonFormatter()):
        assert "Future exception was never retrieved" in form.format(record)
        assert "client" not in form.format(record)


def test_other_lines_are_json_too_with_their_logger_and_where_an_exception_was() -> None:
    info = None
    try:
        int(SECRET)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    document = JsonFormatter().format(logging.LogRecord("a.b", 40, __file__, 7, "x\x1b", (), info))
    assert '"level":"error","logger":"a.b","message":"x\\u001b","error":"ValueError at ' in document
    assert "client" not in document


def test_an_incident_has_its_number_and_its_place(caplog: pytest.LogCaptureFixture) -> None:
    error = as_rpc_error(ZeroDivisionError(SECRET), "thread/start")
    line = logged_line(caplog, "host.incident")
    assert line["incident"] in error.message
    assert line["error"].startswith("ZeroDivisionError at ")


async def test_unused_keys_of_the_configuration_file_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.toml").write_text("approval_policy = 'never'\n")
    async with threadhost.open(tmp_path):
        pass
    assert logged_line(caplog, "config.unused")["names"] == "approval_policy"


@contextmanager
def config_file(holds: str, mode: int, folder: int) -> Iterator[Path]:
    """A configuration file in a folder, both with these permissions."""
    with TemporaryDirectory(dir="/tmp") as path:  # those of pytest are closed to others
        file = Path(path, "a.toml")
        file.write_text(f"[model_providers.work]\nbase_url = 'https://a.example'\n{holds}\n")
        file.chmod(mode)
        file.parent.chmod(folder)
        yield file


OPEN, CLOSED, OWN = 0o755, 0o700, 0o600
KEY, ADDRESS = "experimental_bearer_token = 'a-key'", "name = 'work'"


@pytest.mark.parametrize(
    ("holds", "mode", "folder", "names"),
    [
        (KEY, OPEN, OPEN, "model_providers.work.experimental_bearer_token"),
        (KEY, OWN, OPEN, None),
        (KEY, OPEN, CLOSED, None),
        (ADDRESS, OPEN, OPEN, None),
    ],
)
async def test_a_configuration_file_with_a_key_is_named_if_other_users_can_read_it(
    caplog: pytest.LogCaptureFixture, holds: str, mode: int, folder: int, names: str | None
) -> None:
    with config_file(holds, mode, folder) as file:
        async with threadhost.open(config=file):
            pass
        if names is None:
            assert "other users can read" not in caplog.text
        else:
            line = logged_line(caplog, "config.readable")
            assert (line["file"], line["names"]) == (str(file), names)
    assert "a-key" not in caplog.text


async def test_an_erasure_that_cannot_be_confirmed_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log.in_memory(all_views())

    async def fail() -> None:
        raise StoreUnavailable("no space is left")

    monkeypatch.setattr(log, "checkpoint", fail)
    eraser = Eraser(log, SystemClock(), "h")
    eraser.deleted("d1", "event:tree-a@1")
    await eraser.close()
    assert logged_line(caplog, "erasure.waits")["fault"] == "no space is left"
    await log.close()


@pytest.mark.slices
def test_a_host_logs_its_home_its_addresses_and_the_reason_of_its_end(tmp_path: Path) -> None:
    said = {}
    for form in ("text", "json"):
        words = *DAEMON, f"unix://{tmp_path}/s", "--log-format", form
        with serving(tmp_path / form, *words) as host:
            host.initialize()
            host.end_input()
        said[form] = host.errors
    text, document = said["text"], said["json"]
    assert [json.loads(line)["code"] for line in document[:2]] == ["home.made", "host.started"]
    assert [line.split()[2] for line in text[:2]] == ["home.made", "host.started"]
    assert as_both(text[2], document[2], "host.listens")["address"] == f"unix://{tmp_path}/s"
    assert as_both(text[3], document[3], "host.drains")["why"] == "stdio ended"
    assert as_both(text[4], document[4], "host.stopped")["exitCode"] == 0
    assert len(text) == len(document) == 5


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_host_that_cannot_start_logs_the_reason_in_one_line(tmp_path: Path, form: str) -> None:
    file = tmp_path / "file"
    file.touch()
    done = run_here("serve", "--home", str(file), "--log-format", form)
    [line] = done.stderr.splitlines()
    words = f"{file}: is a file; a home is a folder"
    if form == "text":
        assert line == f"threadhost: {words}"
    else:
        found = as_both(f"threadhost: {words}", line, "host.did_not_start")
        assert (found["what"], found["exitCode"], done.returncode) == (words, 1, 1)


@pytest.mark.parametrize(
    ("words", "count"),
    [((), 0), (("--log-level", "info"), 4), (("--listen", "stdio://"), 0)],
    ids=["at its own stdio", "asked for", "named"],
)
@pytest.mark.slices
def test_a_host_on_stdio_alone_logs_only_warnings(
    tmp_path: Path, words: tuple[str, ...], count: int
) -> None:
    with serving(tmp_path / "h", *words) as host:
        host.initialize()
        host.end_input()
    assert len(host.errors) == count
