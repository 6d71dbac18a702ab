"""All limits on what a server sends."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 8 * 1024 * 1024
"""One message of a program."""
HTTP_BYTES_MAX: Final = 4 * 1024 * 1024
"""One message of a server over HTTP: its library parses it in one step."""
DEPTH_MAX: Final = 64
"""Nesting of objects and arrays."""
LINE_DEPTH_MAX: Final = 900
"""The same of a short line: one tool with a deep schema does not hide the others of its list."""
CONTAINERS_MAX: Final = 50_000
VALUES_MAX: Final = 250_000
"""Objects and arrays, and values, in one message."""
TEXT_BYTES_MAX: Final = 1024 * 1024
"""The texts of one result; the rest is cut, with a note."""
BLOCKS_MAX: Final = 1_000
"""Blocks of content in one result."""
ODD_LINES_MAX: Final = 1_000
"""Consecutive lines that are no messages: some programs print text."""
WORDS_BYTES_MAX: Final = 2_048
"""How much of the end of a program's stderr is kept."""
PAGES_MAX: Final = 16
"""Pages of one list."""
TOOLS_MAX: Final = 256
"""Tools of one server that models are offered."""
RESOURCES_MAX: Final = 1_000
SCHEMA_BYTES_MAX: Final = 64 * 1024
DESCRIPTION_CHARS_MAX: Final = 8 * 1024
OFFER_BYTES_MAX: Final = 1024 * 1024
"""The definitions of one server's tools together."""
QUESTIONS_MAX: Final = 16
"""Questions to the user during one call."""
CALLS_MAX: Final = 64
"""Concurrent calls of one server."""
