"""Our options and arguments as typer takes them."""

from typing import Annotated, Any

import typer

from threadhost.adapters.cli.options import HOME, HOME_OPTION, KEY_FILE, Option


def flag(option: Option) -> Any:  # noqa: ANN401 - typer says no more
    """An option of the table for typer."""
    return typer.Option(
        option.flag,
        metavar="|".join(option.choices) or option.metavar,
        help=option.help,
        envvar=option.variable,
        show_default=option.default is not None,
    )


Home = Annotated[str, flag(HOME_OPTION)]
KeyFile = Annotated[str | None, flag(KEY_FILE)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; docs/cli.md has the shapes.")]
ThreadId = Annotated[str, typer.Argument(metavar="THREAD", help="The id of a thread.")]
DEFAULT_HOME = HOME
