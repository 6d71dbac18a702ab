"""What an extra of this package brings, for whoever has to install it."""

import re

OF_EXTRA = re.compile(r"\s*;.*extra\s*==\s*[\"']([a-z-]+)[\"'].*")


def to_install(extra: str) -> str:
    """A command that installs what an extra brings, wherever this package itself came from.

    By the extra's name it could only be had where an index has this package.
    """
    from importlib.metadata import PackageNotFoundError, requires

    try:
        required = requires("threadhost") or ()
    except PackageNotFoundError:
        required = ()
    missing = [
        OF_EXTRA.sub("", requirement) for requirement in required if _extra_of(requirement) == extra
    ]
    names = " ".join(f"'{requirement}'" for requirement in missing) or f"'threadhost[{extra}]'"
    return f"pip install {names}"


def _extra_of(requirement: str) -> str | None:
    match = OF_EXTRA.search(requirement)
    return match[1] if match else None
