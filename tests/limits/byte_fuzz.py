"""Fuzzing the envelope: whatever the bytes, an allowed outcome, and the one that JSON asks for."""

import json
import math
from collections import Counter
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from tests.limits.mutator import inputs
from tests.scoreboard.row import Context
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc import envelope
from threadhost.adapters.jsonrpc.envelope import MISSING, error_bytes
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, PARSE_ERROR

LIMITS: Final = Limits()
ALLOWED = (envelope.Request, envelope.Notification, envelope.Answer, envelope.Malformed, type(None))
"""Every outcome there may be; that nothing is ever raised is the list of allowed exceptions."""
CODES = (PARSE_ERROR, INVALID_REQUEST)
SHOWN_BYTES = 300
LATE_EVERY = 1024


class Unusual(ValueError):
    """What JSON's grammar does not know but Python's parser does."""


def fuzz(context: Context, count: int) -> Counter[str]:
    """Parse so many inputs, or as many as half of a round's time allows; the outcomes."""
    until = context.seconds + context.budget.seconds_max / context.budget.n / 2
    outcomes: Counter[str] = Counter()
    for number, data in enumerate(inputs(context.random_of(context.round), count)):
        if number % LATE_EVERY == 0 and context.seconds > until:
            break
        try:
            outcome = envelope.parse(data, LIMITS)
        except BaseException as error:  # noqa: BLE001  (that is what is looked for)
            outcomes["raised"] += 1
            context.violates("S1", f"parse raised {error!r} for {data[:SHOWN_BYTES]!r}")
            continue
        outcomes[type(outcome).__name__] += 1
        fault = fault_of(data, outcome)
        if fault:
            context.violates("S1", f"{fault}: {outcome!r:.300} for {data[:SHOWN_BYTES]!r}")
    return outcomes


def fault_of(data: bytes, outcome: object) -> str:
    """What is wrong with an outcome; empty if nothing is."""
    if not isinstance(outcome, ALLOWED):
        return "no outcome that is allowed"
    if outcome is None:
        return "" if not data.strip(b" \t\r\n\x0b\x0c") else "ignored, though not blank"
    if isinstance(outcome, envelope.Malformed):
        return _malformed_fault(data, outcome)
    value = value_of(data)
    if not isinstance(value, dict):
        return "taken for a message, which the standard parser does not find"
    return _message_fault(outcome, value)


def _malformed_fault(data: bytes, outcome: envelope.Malformed) -> str:
    if outcome.code not in CODES:
        return "refused with another code"
    answer = error_bytes(outcome.id, outcome.code, outcome.message)
    if not answer.startswith(b'{"error":{"code":-32') or not outcome.message:
        return "the answer to it says nothing"
    value = value_of(data)
    read = [found for found in (outcome.id, outcome.answers) if found is not None]
    if isinstance(value, dict) and read not in ([], [value.get("id")], [value.get("id")] * 2):
        return "another id was read"
    if outcome.code == PARSE_ERROR and value is not None and b"\\u" not in data:
        return "refused as no JSON, which it is"
    if isinstance(value, dict) and _is_plain_request(data, value):
        return "refused, though it is a plain request"
    return ""


def _message_fault(outcome: object, value: dict[str, Any]) -> str:
    if isinstance(outcome, envelope.Answer):
        told = {"id": outcome.id, "result": outcome.result} if outcome.error is None else {}
        return "" if all(_same(value[k], told[k]) for k in told) else "another answer was read"
    assert isinstance(outcome, (envelope.Request, envelope.Notification))
    call_id = outcome.id if isinstance(outcome, envelope.Request) else None
    if value.get("id") != call_id or value["method"] != outcome.method:
        return "another id or method was read"
    if not _same(value.get("params", MISSING), outcome.params):
        return "other params were read"
    return ""


def value_of(data: bytes) -> object:
    """What Python's own parser makes of the bytes; None where it finds no JSON."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> object:
    raise Unusual(constant)


def _same(one: object, other: object) -> bool:
    return one is other or one == other or repr(one) == repr(other)


def _is_plain_request(data: bytes, value: dict[str, Any]) -> bool:
    """A request with nothing in it that a limit or a rule could be about."""
    simple = len(data) < 300 and b"\\" not in data and data.count(b'"id"') == 1
    names = all(data.count(b'"%b"' % n) <= 1 for n in (b"method", b"params", b"result", b"error"))
    id_is_fine = isinstance(value.get("id"), (int, str)) and not isinstance(value["id"], bool)
    if not (simple and names and id_is_fine and isinstance(value.get("method"), str)):
        return False
    if isinstance(value["id"], int) and not -(2**63) <= value["id"] < 2**63:
        return False
    return data.count(b"[") + data.count(b"{") < LIMITS.json_depth_max and _is_finite(value)


def _is_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def catches_only_json_decode_errors() -> AbstractContextManager[object]:
    """The mutant: the standard parser, and `except JSONDecodeError` around it."""

    def standard(data: bytes, **_: object) -> object:
        try:
            return json.loads(data)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise RuntimeError(error) from error

    return patch.object(envelope, "from_json", standard)
