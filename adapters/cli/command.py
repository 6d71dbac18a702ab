"""A command: its words, its options, and the function that runs it."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.parse import complete, parse
from threadhost.events.named_tuple import NamedTuple

PACKAGE = "threadhost.adapters.cli"


class Command(NamedTuple):
    """One command. Its module is imported when it runs, as most imports cost more than the work."""

    name: str
    """The words that name it."""
    help: str
    options: tuple[Option, ...]
    module: str = ""
    """Empty for the commands that serve: `serve` reads their words."""
    function: str = ""
    """Takes each option by its name, and returns an exit code, or None for 0.

    Empty if it has the name of the command's last word.
    """
    failed: int = 1
    """The exit code of a failure."""

    takes_words: bool = False
    """Whether the function takes the words unparsed, and the environment, instead."""

    @property
    def summary(self) -> str:
        """The first sentence of its help."""
        return self.help.partition("\n")[0]

    def run(self, words: Sequence[str], env: Mapping[str, str]) -> int:
        """Run it; returns its exit code. Raises UsageError, Failure and what the work raises."""
        values = complete(parse(words, self.options, env), self.options)
        function = self.function or self.name.rpartition(" ")[2].replace("-", "_")
        module = import_module(f"{PACKAGE}.{self.module}")
        carry_out: Callable[..., Any] = getattr(module, function)
        return (carry_out(words, env) if self.takes_words else carry_out(**values)) or 0
