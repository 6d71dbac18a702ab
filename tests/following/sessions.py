"""Recorded sessions of the reference as facts: a line for each message, in order."""

import json
from collections.abc import Iterator
from typing import Any

WORDS = "<words>"
WORDED = {
    "warning": ("message",),
    "configWarning": ("summary", "details"),
    "deprecationNotice": ("summary", "details"),
}
"""Notifications whose sentences nobody compares."""
VERSION = "<version>"
VERSION_KEY = "cliVersion"
COMPARED_MARKS = ("blocked", "unblocked")
"""What the recorder did to the server's files, where a replay does it, too."""


def facts(transcript: dict[str, Any]) -> str:
    """A session as JSON lines, each `{WAY: MESSAGE}`; their numbers are those of the recording."""
    return "".join(f"{_compact(_fact(line))}\n" for line in transcript["lines"])


def lines(text: str) -> Iterator[dict[str, Any]]:
    """The lines of `facts`, as the recorder wrote them."""
    for line in text.splitlines():
        [(way, what), *more] = json.loads(line).items()
        if way == "mark":
            yield {"dir": way, "note": what, **dict(more)}
        elif way == "raw":
            yield {"dir": "send", "raw": what}
        else:
            yield {"dir": way, "msg": what}


def _fact(line: dict[str, Any]) -> dict[str, Any]:
    if line["dir"] == "mark":
        note = line["note"]
        return {"mark": note, **({"data": line.get("data")} if note in COMPARED_MARKS else {})}
    return {"raw": line["raw"]} if "raw" in line else {line["dir"]: _said(line["msg"])}


def _said(message: Any) -> Any:
    if isinstance(message, dict) and (worded := WORDED.get(message.get("method", ""))):
        params = message["params"]
        told = {key: WORDS for key in worded if params.get(key) is not None}
        return _unversioned({**message, "params": {**params, **told}})
    return _unversioned(message)


def _unversioned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: VERSION if k == VERSION_KEY else _unversioned(v) for k, v in value.items()}
    return [_unversioned(one) for one in value] if isinstance(value, list) else value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
