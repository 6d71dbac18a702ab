"""JSON with what is no letter, or a half of one alone: no event, view or reply could hold it."""

import re

_MAY_BE_HALF = (b"\\ud", b"\\uD")
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Each escape of a text in its turn, so that no backslash is taken for the begin of another."""
_REPLACEMENT = rb"\ufffd"


def replace_lone_surrogates(json: bytes) -> bytes:
    """The same, with the sign for a letter that is missing in the place of each that is none."""
    if not json.isascii():
        json = json.decode("utf-8", "replace").encode()
    if not any(half in json for half in _MAY_BE_HALF):
        return json
    return _ESCAPES.sub(lambda escape: _REPLACEMENT if escape["half"] else escape[0], json)
