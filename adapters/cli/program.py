"""The command line as typer sees it: every verb, its options and its help."""

import inspect
import os
import platform
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from threadhost.adapters.build import commit
from threadhost.adapters.cli import demo, keys, log, project, schema, serve, threads
from threadhost.adapters.cli.flags import AsJson, flag
from threadhost.adapters.cli.options import OF_CODEX, SERVE, Ignored, Option
from threadhost.adapters.cli.output import Failure, console, note, print_json
from threadhost.adapters.version import PROTOCOL_VERSION, product_version

SHOWN_DIGITS = 12
HELP = "A durable host for trees of agent threads, speaking the Codex app-server protocol."
SERVE_HELP = """Serve clients until the input ends or a signal comes; then drain and exit.

Standard output carries the protocol alone; logs and the address go to standard error.
Exit codes: 0 stopped, 1 could not start, 2 usage, 70 the store failed.
"""


def _written(option: Ignored) -> str:
    """An option of codex as it is written."""
    value = " KEY=VALUE" if option.in_value else ""
    return ", ".join(f"{flag}{value}" for flag in option.flags)


ALIAS_HELP = f"""Serve, in the place of codex: options that are meant for codex are ignored.

Those are {", ".join(_written(ignored) for ignored in OF_CODEX)}.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _serving(verb: str) -> Callable[..., None]:
    """A command with the options of the table; `main` comes here for help alone."""

    def command(**given: str | list[str] | None) -> None:
        words: list[str] = []
        for option in SERVE:
            value = given[option.name]
            for text in value if isinstance(value, list) else [value]:
                words += [] if text is None else [option.flag, text]
        raise typer.Exit(serve.run(verb, words, os.environ))

    parameters = [_parameter(option) for option in SERVE]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _parameter(option: Option) -> inspect.Parameter:
    kind: Any = list[str] if option.many else str | None
    default = [option.default] if option.many else option.default
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, flag(option)],
    )


app.command("serve", help=SERVE_HELP)(_serving("serve"))
app.command("app-server", help=ALIAS_HELP)(_serving("app-server"))
app.command("demo")(demo.demo)
app.command("schema")(schema.schema)
app.command("project")(project.project)
app.add_typer(threads.app, name="threads")
app.add_typer(log.app, name="log")
app.add_typer(keys.app, name="keys")


@app.command("version")
def version(*, json: AsJson = False) -> None:
    """Print which version this is: of the program, with the commit it is of, and of the protocol.

    `--version` prints the same line.
    """
    if not json:
        console().print(_version_line())
        return
    print_json(
        {
            "version": product_version(),
            "build": commit(),
            "protocol": PROTOCOL_VERSION,
            "python": platform.python_version(),
        }
    )


def _version_line() -> str:
    build = commit()[:SHOWN_DIGITS]
    return f"threadhost {product_version()}, build {build}, protocol {PROTOCOL_VERSION}"


def _print_version(wanted: bool) -> None:  # noqa: FBT001  (as typer calls it)
    if wanted:
        console().print(_version_line())
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
    ),
]


@app.callback()
def _program(*, version: Version = False) -> None:
    del version  # printed by its callback


def run(words: Sequence[str]) -> int:
    """Run a command line; its exit code."""
    try:
        app(args=list(words), prog_name="threadhost")
    except Failure as failure:
        note(f"threadhost: {failure}")
        return failure.code
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0
