"""Reading the options of `serve` by hand: argparse and typer would cost a tenth of a cold start."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadhost.adapters.cli.options import HOME, OF_CODEX, Ignored, Option, path
from threadhost.adapters.config import Limits, Settings, WsAuth

Values = dict[str, list[str]]
"""Option flag -> the texts given for it, in order."""


class UsageError(Exception):
    """The words of the command line make no sense; the message says which and what would."""


def parse(
    words: Sequence[str],
    options: Sequence[Option],
    env: Mapping[str, str],
    ignored: Sequence[Ignored] = (),
) -> Values:
    """The texts of all options given as words or in the environment. Raises UsageError."""
    known = {option.flag: option for option in options}
    values: Values = {}
    for flag, text in _pairs(words, frozenset(known), ignored):
        option = known[flag]
        _require_choice(option, text, flag)
        values[flag] = [*values.get(flag, ()), text] if option.many else [text]
    for option in options:
        default = env.get(option.variable) if option.variable else None
        if default and option.variable and option.flag not in values:
            _require_choice(option, default, option.variable)
            values[option.flag] = default.split() if option.many else [default]
    return values


def settings_of(values: Values, options: Sequence[Option]) -> Settings:
    """The settings that the options make. Raises ValueError that names the option."""
    made: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {"": made, "ws_auth": {}, "limits": {}}
    for option in options:
        given = values.get(option.flag)
        if option.setting is None or given is None:
            continue
        try:
            read = [option.read(text) for text in given]
        except ValueError as error:
            raise ValueError(f"{option.flag}: {error}") from None
        groups[option.group][option.setting] = tuple(read) if option.many else read[0]
    made["home"] = made.get("home", path(HOME)).absolute()
    # Without a specification the URL decides: an endpoint if there is one, else the echo.
    made.setdefault("model", "")
    limits = Limits()._replace(**groups["limits"])
    return Settings(**made, ws_auth=WsAuth(**groups["ws_auth"]), limits=limits)


def without_ignored(words: Sequence[str], ignored: Sequence[Ignored] = OF_CODEX) -> list[str]:
    """The words from the first that is not an ignored option on."""
    rest = list(words)
    while rest and (width := _ignored_width(rest, ignored)):
        del rest[:width]
    return rest


def _pairs(
    words: Sequence[str], known: frozenset[str], ignored: Sequence[Ignored]
) -> Iterator[tuple[str, str]]:
    rest = list(words)
    while rest:
        width = _ignored_width(rest, ignored)
        if width:
            del rest[:width]
            continue
        word = rest.pop(0)
        flag, equals, text = word.partition("=")
        if flag not in known:
            raise UsageError(_unknown(word, flag, known))
        if not equals:
            if not rest:
                raise UsageError(f"{flag} needs a value")
            text = rest.pop(0)
        yield flag, text


def _ignored_width(words: Sequence[str], ignored: Sequence[Ignored]) -> int:
    """How many words an ignored option takes, 0 if the first word begins none."""
    word, following = words[0], "".join(words[1:2])
    for option in ignored:
        for flag in option.flags:
            if word == flag:
                return (1 + option.takes_value) * (option.in_value in following)
            joined = flag if len(flag) == len("-c") else f"{flag}="
            if option.takes_value and word.startswith(joined):
                return int(option.in_value in word.removeprefix(joined))
    return 0


def _unknown(word: str, flag: str, known: frozenset[str]) -> str:
    if not word.startswith("-"):
        return f"`{word}` is not expected here: only options are"
    from difflib import get_close_matches

    near = get_close_matches(flag, known, n=1) or [""]
    return f"no such option: {flag}" + (f"; did you mean {near[0]}?" if near[0] else "")


def _require_choice(option: Option, text: str, said: str) -> None:
    if option.choices and text not in option.choices:
        raise UsageError(f"{said}: `{text}` is not one of {', '.join(option.choices)}")
