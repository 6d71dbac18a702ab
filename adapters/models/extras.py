"""Install commands for the optional dependencies of this package."""

import re

OF_EXTRA = re.compile(r"\s*;.*extra\s*==\s*[\"']([a-z-]+)[\"'].*")


def to_install(extra: str) -> str:
    """A command that installs an extra's packages, wherever this package itself came from.

    The extra's name would work only with an index that has this package.
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
