"""Which version this is, and which version of the protocol it speaks."""

from importlib.metadata import PackageNotFoundError, version

PROTOCOL_VERSION = "0.169.0"
"""The codex app-server version whose messages these are; clients read it from `userAgent`."""


def product_version() -> str:
    """This distribution's version."""
    try:
        return version("threadhost")
    except PackageNotFoundError:
        return "0.0.0"
