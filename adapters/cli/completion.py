"""`threadhost completion`: shell scripts that complete commands, from the table of commands."""

from collections.abc import Callable, Iterator, Sequence
from shlex import quote

from threadhost.adapters.cli.commands import COMMANDS, GROUPS, PROGRAM
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.output import say


def completion(*, shell: str) -> None:
    """Print the script of a shell."""
    say(SHELLS[shell]())


def words_after(before: str) -> list[str]:
    """The words that may follow a command, or the beginning of one: verbs, or options."""
    for command in COMMANDS:
        if command.name == before:
            return sorted({*_flags(command.options), "--help"})
    depth = f"{before} " if before else ""
    full_names = (command.name for command in COMMANDS if command.name.startswith(depth))
    names = (name.removeprefix(depth).partition(" ")[0] for name in full_names)
    return sorted({*names, "--help", *([] if before else ["--version"])})


def _flags(options: Sequence[Option]) -> Iterator[str]:
    for option in options:
        if not option.is_argument:
            yield option.flag
        yield from option.choices


def _places() -> list[str]:
    return ["", *GROUPS, *(command.name for command in COMMANDS)]


def _bash() -> str:
    cases = "\n".join(
        f"    {quote(place)}) words={quote(' '.join(words_after(place)))} ;;" for place in _places()
    )
    return f"""_{PROGRAM}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" first="${{COMP_WORDS[1]}}" place= words=
  [ "$COMP_CWORD" -gt 1 ] && place="$first"
  case "$first" in
    {"|".join(GROUPS)}) [ "$COMP_CWORD" -gt 2 ] && place="$first ${{COMP_WORDS[2]}}" ;;
  esac
  case "$place" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -F _{PROGRAM} {PROGRAM}"""


def _zsh() -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash()}"


def _fish() -> str:
    return "\n".join(
        f"complete -c {PROGRAM} -n {quote(_when(place))} -a {quote(' '.join(words_after(place)))}"
        for place in _places()
    )


def _when(place: str) -> str:
    words = place.split()
    if not words:
        return "__fish_use_subcommand"
    conditions = [f"__fish_seen_subcommand_from {word}" for word in words]
    if place in GROUPS:
        verbs = " ".join(word for word in words_after(place) if not word.startswith("-"))
        conditions.append(f"not __fish_seen_subcommand_from {verbs}")
    return "; and ".join(conditions)


SHELLS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
