"""Parses a command line by its table of options: the libraries for it cost a tenth of a start."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadhost.adapters.cli.option import Ignored, Option, is_unicode, path
from threadhost.adapters.cli.options import HOME, OF_CODEX
from threadhost.adapters.cli.output import USAGE, Failure
from threadhost.adapters.config import STDIO, Limits, Settings, WsAuth

Values = dict[str, Any]
"""Name of an option or argument -> its value; a list for one that may be repeated."""
OptionText = tuple[Option, str, str]
"""An option or argument, the name by which it was given, and its text."""


class UsageError(Failure):
    """The command line is invalid; the message says which words, and what to give instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message, USAGE)


def parse(
    words: Sequence[str],
    options: Sequence[Option],
    env: Mapping[str, str],
    ignored: Sequence[Ignored] = (),
) -> Values:
    """The values of the options in the words or the environment. Raises UsageError."""
    values: Values = {}
    for option, flag, text in _option_texts(words, options, ignored):
        _take(values, option, flag, text)
    for option in options:
        if option.name in values:
            continue
        variable = option.variable or ""
        default = env.get(variable, "")
        for text in default.split() if option.many else filter(None, [default]):
            _take(values, option, variable, text)
        if option.is_required and option.name not in values:
            raise UsageError(f"{option.flag} is missing; give {_expected_value(option)}")
    return values


def complete(values: Values, options: Sequence[Option]) -> Values:
    """The values with defaults for the rest: None, False for a switch, an empty list.

    Raises UsageError for a default that is invalid here, such as a home below a missing `~`.
    """
    completed: Values = {}
    for option in options:
        if option.name in values:
            completed[option.name] = values[option.name]
        elif option.default is not None:
            _take(completed, option._replace(many=False), option.flag, option.default)
        else:
            completed[option.name] = [] if option.many else False if option.is_switch else None
    return completed


def with_file(values: Values, options: Sequence[Option], file: Mapping[str, object]) -> Values:
    """The values, completed from a file by key; settings of tokens come from one source alone."""
    has_auth = any(option.group == "ws_auth" for option in options if option.name in values)
    elsewhere = {"listen"} if "stdio" in values else set()
    elsewhere |= {option.name for option in options if has_auth and option.group == "ws_auth"}
    file_values = {
        option.name: file[option.key]
        for option in options
        if option.key in file and option.name not in elsewhere
    }
    return file_values | values


def settings_of(values: Values, options: Sequence[Option], *, are_whole: bool = True) -> Settings:
    """The settings of these values. Raises UsageError for values that exclude each other.

    With `are_whole` off they are not checked: a file may add the missing ones.
    """
    fields: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {"": fields, "ws_auth": {}, "limits": {}}
    for option in options:
        if option.setting is not None and option.name in values:
            value = values[option.name]
            groups[option.group][option.setting] = tuple(value) if option.many else value
    if values.get("stdio"):
        fields["listen"] = tuple(dict.fromkeys((*fields.get("listen", ()), STDIO)))
    # An empty model lets the URL decide: an endpoint if there is one, else the echo.
    fields.setdefault("model", "")
    limits = Limits()._replace(**groups["limits"])
    try:
        fields["home"] = fields.get("home") or path(HOME)
        settings = Settings(**fields, ws_auth=WsAuth(**groups["ws_auth"]), limits=limits)
        return settings.checked() if are_whole else settings
    except ValueError as error:
        raise UsageError(str(error)) from None


def without_ignored(words: Sequence[str]) -> list[str]:
    """The words from the first that is no ignored option of codex."""
    remaining = list(words)
    while remaining and (width := ignored_width(remaining, OF_CODEX)):
        del remaining[:width]
    return remaining


def _option_texts(
    words: Sequence[str], options: Sequence[Option], ignored: Sequence[Ignored]
) -> Iterator[OptionText]:
    """The options in the words, in their order; after `--` all are arguments."""
    by_flag = {flag: option for option in options for flag in (option.flag, option.short) if flag}
    places = iter([option for option in options if option.is_argument])
    remaining, options_end = list(words), False
    while remaining:
        if not options_end and (width := ignored_width(remaining, ignored)):
            del remaining[:width]
            continue
        word = remaining.pop(0)
        if word == "--" and not options_end:
            options_end = True
        elif options_end or not word.startswith("-") or word == "-":
            option = next(places, None)
            if option is None:
                remedy = _remedy(words, options)
                raise UsageError(f"`{word}` is not expected here; {remedy}")
            yield option, option.flag, word
        else:
            yield _option(word, remaining, by_flag)


def _option(word: str, remaining: list[str], by_flag: Mapping[str, Option]) -> OptionText:
    """The option that a word begins, with its value from that word or the next."""
    flag, equals, text = word.partition("=")
    is_short = len(word) > len("-n") and word[1] != "-"
    if is_short and word[:2] in by_flag and not by_flag[word[:2]].is_switch:
        return by_flag[word[:2]], word[:2], word[2:].removeprefix("=")
    option = by_flag.get(flag)
    if option is None or option.is_argument:
        raise UsageError(_unknown_option(flag, by_flag))
    if option.is_switch:
        if equals:
            raise UsageError(f"{flag} takes no value; leave out `={text}`")
        return option, flag, ""
    if not equals:
        if not remaining or remaining[0].partition("=")[0] in by_flag:
            raise UsageError(f"{flag} needs a value; give {_expected_value(option)}")
        text = remaining.pop(0)
    return option, flag, text


def _take(values: Values, option: Option, flag: str, text: str) -> None:
    """Store the value of a text. Raises UsageError."""
    if not is_unicode(text):
        raise UsageError(f"{flag}: `{text}` is not UTF-8; give text in UTF-8")
    if option.choices and text not in option.choices:
        raise UsageError(f"{flag}: `{text}` is unknown; give {_expected_value(option)}")
    try:
        value = True if option.is_switch else option.read(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None
    values[option.name] = [*values.get(option.name, ()), value] if option.many else value


def ignored_width(words: Sequence[str], ignored: Sequence[Ignored]) -> int:
    """How many words an ignored option takes; 0 if the first word is none."""
    word, following = words[0], "".join(words[1:2])
    for option in ignored:
        for flag in option.flags:
            if word == flag:
                return (1 + option.takes_value) * (option.in_value in following)
            joined = flag if len(flag) == len("-c") else f"{flag}="
            if option.takes_value and word.startswith(joined):
                return int(option.in_value in word.removeprefix(joined))
    return 0


def _remedy(words: Sequence[str], options: Sequence[Option]) -> str:
    """The remedy for an extra word: a required option that is missing, or to leave the word out."""
    flags = {word.partition("=")[0] for word in words}
    missing = (o for o in options if o.is_required and not o.is_argument and o.flag not in flags)
    option = next(missing, None)
    return f"give {_expected_value(option)}" if option else "leave it out"


def _expected_value(option: Option) -> str:
    """A description of an option's valid values."""
    if option.choices:
        return " or ".join(option.choices)
    if option.is_argument:
        return option.help[:1].lower() + option.help[1:].rstrip(".")
    return f"{option.flag} {option.metavar}"


def _unknown_option(flag: str, by_flag: Mapping[str, Option]) -> str:
    from difflib import get_close_matches

    names = [*(name for name in by_flag if name.startswith("-")), "--help"]
    near = get_close_matches(flag, names, n=1)
    return f"no such option: {flag}; " + (f"did you mean {near[0]}?" if near else "see --help")
