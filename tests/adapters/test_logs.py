"""Log lines: one for each record, from a level on, without the words of clients."""

import logging
from collections.abc import Iterator

import pytest

from threadhost.adapters.logs import RateLimitFilter, configure


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


def test_records_below_the_level_are_not_logged_though_their_logger_has_a_lower_level(
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


def lines(count: int, created: float, sparing: RateLimitFilter, text: str = "line %d") -> list[str]:
    """The lines logged for this many records of one place at one moment."""
    said = []
    for number in range(count):
        record = logging.LogRecord("x", logging.ERROR, __file__, 7, text, (number,), None)
        record.created = created
        if sparing.filter(record):
            said.append(record.getMessage())
    return said


def test_one_place_logs_a_limited_number_of_lines_a_minute_and_then_the_number_left_out() -> None:
    sparing = RateLimitFilter(lines_max=3)
    assert lines(1000, 100.0, sparing) == ["line 0", "line 1", "line 2"]
    assert lines(2, 159.9, sparing) == []
    first, second = lines(2, 160.0, sparing)
    assert (first, second) == ("line 0 (999 more like this were left out)", "line 1")
    assert lines(2, 500.0, sparing) == ["line 0", "line 1"]


def test_a_clock_that_is_set_back_does_not_suppress_log_lines() -> None:
    sparing = RateLimitFilter(lines_max=1)
    assert lines(2, 5000.0, sparing) == ["line 0"]
    assert lines(2, 10.0, sparing) == ["line 0 (1 more like this were left out)"]


def test_the_line_limit_of_one_place_in_the_code_does_not_affect_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("warning")
    for _ in range(1000):
        logging.getLogger("threadhost.x").warning("again and again")
    logging.getLogger("threadhost.x").warning("once")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 61
    assert said[-1].endswith(" once")


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'loud' is not one of debug, info"):
        configure("loud")
