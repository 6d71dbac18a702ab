"""Turns in tests: their ends, what a model was shown of them, and what it said."""

from hashlib import sha256
from typing import Any

from pydantic_core import from_json

from tests.support.hosts import Call, Rig, settle
from tests.support.store import now
from threadhost.actors.model_settings import DIGEST_CHARS
from threadhost.actors.models import ModelRequest
from threadhost.events.history import BY_THE_USER, CUT_OFF, History
from threadhost.events.ids import thread_stream
from threadhost.events.turn import ErrorRecorded, ItemRecorded, TurnCompleted

ABORTED = "user: <aborted>"
"""A turn that the user interrupted, as a model is told of it."""
BROKEN = "user: <broken>"
"""A turn that was cut off otherwise."""
MARKS = {f"user: {BY_THE_USER}": ABORTED, f"user: {CUT_OFF}": BROKEN}


async def first_turn_end(rig: Rig, thread_id: str) -> TurnCompleted:
    """The end of a thread's first turn."""
    fact = await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    assert isinstance(fact.event, TurnCompleted)
    await settle()
    return fact.event


def seen_by(call: Call) -> list[str]:
    """The history of a request, in short."""
    return [in_short(line) for line in call.request.history]


def in_short(line: bytes) -> str:
    """An input item: who says what, or of which type it is."""
    item = from_json(line)
    if item["type"] != "message":
        return str(item["type"])
    texts = (part.get("text", part["type"]) for part in item["content"])
    said = f"{item['role']}: {''.join(texts)}"
    return MARKS.get(said, said)


def digest_of(request: ModelRequest) -> str:
    """What is recorded of the bytes that were sent."""
    said = sha256(b"".join(request.history)).hexdigest()
    tools = sha256(b"\0".join(request.tools)).hexdigest()[:DIGEST_CHARS] if request.tools else ""
    return sha256(f"{said}\n{tools}".encode()).hexdigest()


def history(rig: Rig, thread_id: str, provider: str = "puppet") -> list[bytes]:
    """What the next request would hold, by the log alone."""
    stored = now(rig.logs.of(thread_id).read_stream(thread_stream(thread_id)))
    return History(stored).request(provider).lines


def items(rig: Rig, thread_id: str, *types: str) -> list[dict[str, Any]]:
    """The items that are recorded, of these types or of all."""
    recorded = [e for e in rig.events(thread_id) if isinstance(e, ItemRecorded)]
    return [e.item for e in recorded if not types or e.type in types]


def outcomes(rig: Rig, thread_id: str) -> list[str]:
    """How a thread's turns ended."""
    return [e.outcome for e in rig.events(thread_id) if isinstance(e, TurnCompleted)]


def errors(rig: Rig, thread_id: str) -> list[tuple[str, str]]:
    """What failed in a thread's turns: words and code."""
    recorded = [e for e in rig.events(thread_id) if isinstance(e, ErrorRecorded)]
    return [(e.message, e.code) for e in recorded]
