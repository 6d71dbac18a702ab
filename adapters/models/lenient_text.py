"""Reads an endpoint's text wherever it puts it; counts values of an unknown form."""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from json import dumps

from threadhost.adapters.models.json_values import Object, text

DropCounts = defaultdict[str, int]
"""The unusable parts of an answer, counted by kind."""

NO_TEXT = "a value where a text belongs"
NO_OBJECT = "a value where another belongs"
TWO_TEXTS = "a text beside another"
DEPTH_MAX = 4
WORDS = ("text", "thinking", "content", "summary", "transcript", "value", "v")
"""The members of a part that may hold its text."""
PLACES_OF_WORDS = frozenset(WORDS)
JUST_TEXT = frozenset({"text"})
SEALED = ("reasoning.encrypted", "redacted_thinking")
"""Types of parts that no person can read."""
ABOUT = frozenset({"annotations", "format", "id", "index", "logprobs", "role", "signature", "type"})
"""Members beside the text that hold no text."""
NO_NEWS = ABOUT | PLACES_OF_WORDS


def nothing_skipped() -> DropCounts:
    """The count at the beginning: nothing was skipped."""
    return defaultdict(int)


def at_least(skipped: DropCounts, minimum: DropCounts) -> None:
    """Raise each count to at least this minimum."""
    for kind, times in minimum.items():
        skipped[kind] = max(skipped[kind], times)


def words(value: object, skipped: DropCounts, depth: int = DEPTH_MAX) -> str:
    """The text in a string, in a part or in a list of either."""
    if isinstance(value, str):
        return text(value)
    if value is None:
        return ""
    if depth and isinstance(value, list):
        return "".join(words(part, skipped, depth - 1) for part in value)
    if depth and isinstance(value, dict):
        return _in_part(value, skipped, depth - 1)
    skipped[NO_TEXT] += 1
    return ""


def _in_part(part: Object, skipped: DropCounts, depth: int) -> str:
    own_text = part.get("text")
    if isinstance(own_text, str) and part.keys() & PLACES_OF_WORDS == JUST_TEXT:
        return text(own_text) or _without_words(part, skipped)
    texts = [
        member_words
        for key in WORDS
        if key in part and (member_words := words(part[key], skipped, depth))
    ]
    if not texts:
        return _without_words(part, skipped)
    if any(text not in texts[0] for text in texts[1:]):
        skipped[TWO_TEXTS] += 1
    return texts[0]


def _without_words(part: Object, skipped: DropCounts) -> str:
    other_keys = part.keys() - NO_NEWS
    if other_keys and any(map(part.get, other_keys)) and part.get("type") not in SEALED:
        skipped[NO_TEXT] += 1
    return ""


def name_of(value: object, skipped: DropCounts) -> str:
    """A value that must be a string, such as a name or a signature."""
    if value is not None and not isinstance(value, str):
        skipped[NO_TEXT] += 1
    return text(value)


def arguments(value: object) -> str:
    """The arguments of a call; values other than text are encoded."""
    if isinstance(value, str):
        return text(value)
    return "" if value is None else dumps(value)


def object_of(value: object, skipped: DropCounts) -> Object:
    """An object; empty for anything else."""
    if isinstance(value, dict):
        return value
    if value is not None:
        skipped[NO_OBJECT] += 1
    return {}


def count_strange(owner: Object, known_keys: AbstractSet[str], skipped: DropCounts) -> None:
    """Count an object without any known member: its content is lost."""
    if owner and owner.keys().isdisjoint(known_keys) and any(owner.values()):
        skipped[NO_OBJECT] += 1


def objects_of(value: object, skipped: DropCounts) -> Iterator[Object]:
    """The objects of a list, or the single one in its place."""
    for part in value if isinstance(value, list) else (value,):
        if isinstance(part, dict):
            if part:
                yield part
        elif part is not None:
            skipped[NO_OBJECT] += 1
