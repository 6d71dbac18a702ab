"""Thread ids as clients write them: the four spellings of a UUID, and the faults of others."""

import re

_GROUP_LENGTHS = (8, 4, 4, 4, 12)
_HYPHENATED = "-".join(f"[0-9a-fA-F]{{{length}}}" for length in _GROUP_LENGTHS)
_UUID = re.compile(rf"[0-9a-fA-F]{{32}}|(?:urn:uuid:)?{_HYPHENATED}|\{{{_HYPHENATED}\}}")
_CANONICAL = re.compile("-".join(f"[0-9a-f]{{{length}}}" for length in _GROUP_LENGTHS))
_NOT_DIGITS = re.compile(r"[^0-9a-fA-F-]")
_URN = "urn:uuid:"


def thread_id(text: str) -> str:
    """The canonical spelling of a UUID: lower case, with hyphens.

    Accepts 32 hex digits, groups with hyphens, these in braces, or these after `urn:uuid:`. Raises
    ValueError with the fault, in the text that clients expect.
    """
    if _CANONICAL.fullmatch(text) is not None:
        return text
    if _UUID.fullmatch(text) is None:
        raise ValueError(_fault(text))
    digits = re.sub("[^0-9a-f]", "", text.removeprefix(_URN).lower())
    ends = (8, 12, 16, 20, 32)
    return "-".join(digits[end - n : end] for end, n in zip(ends, _GROUP_LENGTHS, strict=True))


def _fault(text: str) -> str:
    body, prefix_length, bare = _body(text)
    if stranger := _NOT_DIGITS.search(body):
        at = prefix_length + stranger.start() + 1
        character = stranger.group().encode("utf-8", "backslashreplace").decode()
        return (
            "invalid character: expected an optional prefix of `urn:uuid:` "
            f"followed by [0-9a-fA-F-], found `{character}` at {at}"
        )
    groups = body.split("-")
    if len(groups) == 1 and bare:
        return f"invalid length: expected length 32 for simple format, found {len(text)}"
    if len(groups) != len(_GROUP_LENGTHS):
        return f"invalid group count: expected 5, found {len(groups)}"
    sizes = zip(_GROUP_LENGTHS, map(len, groups), strict=True)
    number, size = next((n, size) for n, size in enumerate(sizes) if size[0] != size[1])
    return f"invalid group length in group {number}: expected {size[0]}, found {size[1]}"


def _body(text: str) -> tuple[str, int, bool]:
    if text.startswith("{") and text.endswith("}"):
        return text[1:-1], 1, False
    if text.startswith(_URN):
        return text.removeprefix(_URN), len(_URN), False
    return text, 0, True
