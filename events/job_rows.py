"""Rows of a job as text: the instruction for a worker, and the cells of a file."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

INSTRUCTION_CHARS_MAX = 1_000_000
NAME_CHARS = 8
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_BRACES = {"{{": "{", "}}": "}"}


def render(instruction: str, row: Mapping[str, Any]) -> str:
    """Return the instruction with each `{column}` filled in; `{{` and `}}` are braces.

    Values are inserted unchanged, braces included; a `{name}` that is no column stays as it is.
    Raises ValueError if the result has more than INSTRUCTION_CHARS_MAX letters.
    """
    parts: list[str] = []
    chars = 0
    for part in _parts(instruction, row):
        chars += len(part)
        if chars > INSTRUCTION_CHARS_MAX:
            chars_max = INSTRUCTION_CHARS_MAX
            raise ValueError(f"the instruction for this row has more than {chars_max} letters")
        parts.append(part)
    return "".join(parts)


def _parts(instruction: str, row: Mapping[str, Any]) -> Iterator[str]:
    end = 0
    for place in _PLACE.finditer(instruction):
        yield instruction[end : place.start()]
        end = place.end()
        name = place[1]
        if name is None:
            yield _BRACES[place[0]]
        else:
            yield cell(row[name]) if name in row else place[0]
    yield instruction[end:]


def cell(value: object) -> str:
    """A JSON value as the text of a cell: null is empty, a text is itself, all else is JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else compact(value)


def compact(value: object) -> str:
    """A value as JSON on one line, without spaces."""
    return _ENCODER.encode(value)


def job_name(job_id: str) -> str:
    """Return a name for a job that was given none, from the random end of its id."""
    return f"agent-job-{job_id[-NAME_CHARS:]}"


def default_output(input_path: str, job_id: str) -> str:
    """Return the default path of a job's output: beside its input."""
    path = PurePath(input_path)
    return str(path.with_name(f"{path.stem or path.name}.{job_name(job_id)}.csv"))
