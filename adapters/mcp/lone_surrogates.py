"""Replaces invalid characters and lone surrogates in JSON: no event, view or reply holds them."""

import re

_MAY_BE_HALF = (b"\\ud", b"\\uD")
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Matches each escape of a text in turn, so that no backslash is taken for the start of another."""
_REPLACEMENT = rb"\ufffd"


def replace_lone_surrogates(json: bytes) -> bytes:
    """The same JSON with the replacement character for each invalid one."""
    if not json.isascii():
        json = json.decode("utf-8", "replace").encode()
    if not any(half in json for half in _MAY_BE_HALF):
        return json
    return _ESCAPES.sub(lambda escape: _REPLACEMENT if escape["half"] else escape[0], json)
