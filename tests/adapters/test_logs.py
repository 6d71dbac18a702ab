"""Log lines: one each, from a level on, and nothing that a client said."""

import logging
from collections.abc import Iterator

import pytest

from threadhost.adapters.logs import configure


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (None, "threadhost")]
    before = [(item, item.level, list(item.handlers)) for item in loggers]
    yield
    for item, level, handlers in before:
        item.setLevel(level)
        item.handlers = handlers


def test_a_line_has_time_level_logger_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    logging.getLogger("threadhost.x").info("listens at %s", "here")
    line = capsys.readouterr().err
    assert line.endswith(" INFO threadhost.x listens at here\n")


def test_below_the_level_nothing_is_said_whatever_a_logger_was_set_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger("threadhost.wire.y").setLevel(logging.INFO)
    configure("warning")
    logging.getLogger("threadhost.x").info("quiet")
    logging.getLogger("threadhost.wire.y").info("quiet")
    assert capsys.readouterr().err == ""


def test_an_exception_is_one_line_with_its_place_and_without_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("warning")
    try:
        int("a client's secret")
    except ValueError:
        logging.getLogger("threadhost.x").exception("incident")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ValueError at " in said
    assert "test_logs.py" in said
    assert "secret" not in said


def test_a_message_with_newlines_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    logging.getLogger("threadhost.x").warning("one\ntwo")
    assert capsys.readouterr().err.endswith("one\\ntwo\n")


def test_a_level_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="'loud' is not one of debug, info"):
        configure("loud")
