"""Lines of the operator log that a test captured: each as text and as JSON, and complete."""

import json
import logging
import re
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from threadhost.adapters.logs import JsonFormatter, TextFormatter
from threadhost.events.operator_line import UNFIT, OperatorRecord
from threadhost.events.operator_log import LINES

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def logged_line(caplog: pytest.LogCaptureFixture, code: str) -> dict[str, Any]:
    """The first line of this code, as JSON; its text says the same."""
    record = next(record for record in _lines(caplog) if record.operator_line.code == code)
    return as_both(TextFormatter().format(record), JsonFormatter().format(record), code)


def is_logged(caplog: pytest.LogCaptureFixture, code: str) -> bool:
    """Whether there is a line of this code."""
    return any(record.operator_line.code == code for record in _lines(caplog))


def _lines(caplog: pytest.LogCaptureFixture) -> list[OperatorRecord]:
    return [record for record in caplog.records if isinstance(record, OperatorRecord)]


def as_both(text: str, document: str, code: str) -> dict[str, Any]:
    """The JSON of a line, after both forms were looked at."""
    line = LINES[code]
    found: dict[str, Any] = json.loads(document)
    assert re.fullmatch(TIME, found["time"])
    level = logging.getLevelName(line.level)
    assert (found["code"], found["level"]) == (code, level.lower())
    assert "\n" not in text + document
    head = "" if line.is_always_said else f"{TIME} {level} {re.escape(code)} "
    assert re.fullmatch(f"{head}{re.escape(found['message'])}(\\\\n.* at .*)?", text), text
    values = {name: found[to_camel(name)] for name in line.fields}
    assert UNFIT not in values.values(), values
    assert found["message"] == line.words.format(**values)
    return found
