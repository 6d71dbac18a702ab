"""Settings of codex on a command line (`-c KEY=VALUE`): ignored, and each key reported once."""

from collections.abc import Iterator, Sequence

from threadhost.adapters.cli.options import OF_CODEX
from threadhost.adapters.cli.parse import ignored_width

NAMELESS = "(a key of its own)"
SEGMENT_CHARACTERS_MAX = 64


def report_settings(words: Sequence[str], reported: set[str]) -> None:
    """Report the keys among the words that are not in `reported`, and add them to it."""
    if new_keys := [key for key in dict.fromkeys(_keys(words)) if key not in reported]:
        from threadhost.events.operator_log import SETTINGS_IGNORED

        reported.update(new_keys)
        SETTINGS_IGNORED.emit(names=", ".join(new_keys))


def _keys(words: Sequence[str]) -> Iterator[str]:
    remaining = list(words)
    while remaining and remaining[0] != "--":
        width = ignored_width(remaining, OF_CODEX)
        flags = [flag for option in OF_CODEX if option.is_setting for flag in option.flags]
        flag = next(
            (candidate for candidate in flags if width and remaining[0].startswith(candidate)), None
        )
        if flag is not None:
            joined = remaining[0].removeprefix(flag).removeprefix("=")
            value = "".join(remaining[1:2]) if width > 1 else joined
            yield _key(value)
        del remaining[: width or 1]


def _key(setting: str) -> str:
    """The table's own part of the key, without names that an owner chose and without values."""
    names: list[str] = []
    for segment in setting.partition("=")[0].split("."):
        name = segment.strip()
        if not name.replace("_", "").isalpha() or len(name) > SEGMENT_CHARACTERS_MAX:
            break
        names.append(name)
    return ".".join(names) or NAMELESS
