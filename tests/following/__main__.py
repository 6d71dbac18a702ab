"""What a version of the protocol changed, and which of our files that touches: `make follow`."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.following.changes import Change, changes
from tests.following.data import ROOT, SCHEMA
from tests.following.published import Published, read
from tests.following.touched import Touched, sources
from tests.protocol.reference_methods import ALL, NOTIFICATIONS, OLDER, REQUESTS

FILES_SHOWN = 6
NO_FILE = "no file of ours"


def report(kept: Published, other: Published, files: dict[str, str]) -> Iterator[str]:
    """The changes, a line each, and below each the files that have to do with it."""
    new = other.filled(kept).of(_in_scope(kept, other)) if other.is_whole else other
    found = [*changes(kept, new), *_gone(kept, other)]
    yield f"{kept.version} -> {new.version or 'what was exported'}: {_counted(found)}"
    touched = Touched(files, kept, new)
    alike: dict[tuple[str, tuple[str, ...]], list[Change]] = {}
    for change in found:
        through, found_in = touched.by(change)
        alike.setdefault((through, tuple(found_in)), []).append(change)
    for (through, names), of in alike.items():
        yield from _change_lines(of, through)
        shown = names[:FILES_SHOWN]
        more = [f"and {len(names) - len(shown)} more"] if len(names) > len(shown) else []
        yield f"    {', '.join([*shown, *more]) or NO_FILE}"


def _change_lines(found: list[Change], through: str) -> Iterator[str]:
    """Changes of the same files; whole types that none of them names are one line."""
    for (sign, kind), alike in groupby(found, lambda one: (one.sign, one.kind)):
        if through and kind == "type" and sign != "~":
            names = ", ".join(one.place[0] for one in alike)
            yield f"{sign} types of {through}: {names}"
        else:
            of = f" (of {through})" if through else ""
            yield from (f"{one}{of}" for one in alike)


def _in_scope(kept: Published, other: Published) -> set[str]:
    """What we have to do with, and all that nobody here has ever heard of."""
    return kept.names | (other.names - {*ALL, *OLDER, *NOTIFICATIONS, *REQUESTS})


def _gone(kept: Published, other: Published) -> list[Change]:
    """Methods and notifications out of scope that are not there any more."""
    if not other.is_whole:
        return []
    return [
        Change("-", kind, (name,))
        for kind, names in (("method", ALL), ("notification", NOTIFICATIONS))
        for name in names
        if name not in other.names and name not in kept.names
    ]


def _counted(found: list[Change]) -> str:
    signs = {"+": "added", "-": "removed", "~": "changed"}
    counts = {word: sum(one.sign == sign for one in found) for sign, word in signs.items()}
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def main() -> None:
    """Compare the version that is followed with the one in the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit("which version? make follow SCHEMA=DIR")
    try:
        other = read(Path(sys.argv[1]))
    except FileNotFoundError as error:
        sys.exit(str(error))
    sys.stdout.write("".join(f"{line}\n" for line in report(read(SCHEMA), other, sources(ROOT))))


if __name__ == "__main__":
    main()
