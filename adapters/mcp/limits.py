"""Every bound that is kept on what a server says."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 8 * 1024 * 1024
"""One message of a program."""
HTTP_BYTES_MAX: Final = 4 * 1024 * 1024
"""One message of a server that is reached over HTTP: its library parses it in one go."""
DEPTH_MAX: Final = 64
"""Objects and arrays inside one another."""
CONTAINERS_MAX: Final = 50_000
VALUES_MAX: Final = 250_000
"""Objects and arrays, and values, in one message."""
TEXT_BYTES_MAX: Final = 1024 * 1024
"""The texts of one result; what is more is cut, and says so."""
BLOCKS_MAX: Final = 1_000
"""Blocks of content in one result."""
ODD_LINES_MAX: Final = 1_000
"""Lines in a row that are no message; some programs print to people."""
WORDS_BYTES_MAX: Final = 2_048
"""What is kept of what a program said last on stderr."""
PAGES_MAX: Final = 16
"""Of one list."""
TOOLS_MAX: Final = 256
"""Tools of one server that models are offered."""
RESOURCES_MAX: Final = 1_000
SCHEMA_BYTES_MAX: Final = 64 * 1024
DESCRIPTION_CHARS_MAX: Final = 8 * 1024
OFFER_BYTES_MAX: Final = 1024 * 1024
"""The definitions of one server's tools together."""
QUESTIONS_MAX: Final = 16
"""To the user, on behalf of one call."""
CALLS_MAX: Final = 64
"""Calls of one server that are under way."""
