"""The version of this distribution, and the version of its protocol."""

VERSION = "0.1.1"
"""This distribution's version; the build reads it from here."""
PROTOCOL_VERSION = "0.171.0"
"""The codex app-server version whose messages these are; clients read it from `userAgent`."""


def product_version() -> str:
    """This distribution's version."""
    return VERSION
