"""Settings of codex on a command line (`-c KEY=VALUE`): let pass, and their keys named once."""

from collections.abc import Iterator, Sequence

from threadhost.adapters.cli.options import OF_CODEX
from threadhost.adapters.cli.parse import ignored_width

NAMELESS = "(a key of its own)"
SEGMENT_CHARACTERS_MAX = 64


def tell_of_settings(words: Sequence[str], known: set[str]) -> None:
    """Name the keys among the words that are not known yet, which they are from then on."""
    if new := [key for key in dict.fromkeys(_keys(words)) if key not in known]:
        from threadhost.events.operator_log import SETTINGS_IGNORED

        known.update(new)
        SETTINGS_IGNORED.emit(names=", ".join(new))


def _keys(words: Sequence[str]) -> Iterator[str]:
    rest = list(words)
    while rest and rest[0] != "--":
        width = ignored_width(rest, OF_CODEX)
        flags = [flag for option in OF_CODEX if option.is_setting for flag in option.flags]
        flag = next((one for one in flags if width and rest[0].startswith(one)), None)
        if flag is not None:
            joined = rest[0].removeprefix(flag).removeprefix("=")
            value = "".join(rest[1:2]) if width > 1 else joined
            yield _key(value)
        del rest[: width or 1]


def _key(setting: str) -> str:
    """The key as far as it is one of a table's own: what an owner named, and values, are not."""
    known: list[str] = []
    for segment in setting.partition("=")[0].split("."):
        name = segment.strip()
        if not name.replace("_", "").isalpha() or len(name) > SEGMENT_CHARACTERS_MAX:
            break
        known.append(name)
    return ".".join(known) or NAMELESS
