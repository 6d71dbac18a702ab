"""The `threadhost` program: straight to the host where that is wanted."""

import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

HELP = frozenset(("--help", "-h"))
OF_THE_REFERENCE = ("generate-ts", "generate-json-schema")
"""What is called so there after `app-server`, and by itself here."""
INTERRUPTED = 130
STANDARD_ERROR = 2


def main() -> None:
    """Run the command line of this process and exit."""
    _fill_closed_descriptors()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # whoever started this closed it: nobody wants to read it
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  (to the end)
        elif isinstance(stream, TextIOWrapper):  # what a terminal cannot show is a `?` there
            stream.reconfigure(errors="replace")
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _fill_closed_descriptors() -> None:
    """Let no file, socket or loop get the number of a standard stream that was closed."""
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor > STANDARD_ERROR:
            os.close(descriptor)
            return


def run(words: Sequence[str]) -> int:
    """Run a command line; its exit code."""
    gc.disable()  # what is imported is no garbage
    from threadhost.adapters.cli.lean_pydantic import import_lean_pydantic

    import_lean_pydantic()
    # Neither rich nor most of this package is needed to serve.
    from threadhost.adapters.cli.parse import without_ignored

    rest = without_ignored(words)
    verb = rest[0] if rest else ""
    more = without_ignored(rest[1:])
    if verb == "app-server" and more and more[0] in OF_THE_REFERENCE:
        words = rest = more
        verb = rest[0]
    if verb == "app-server" or (verb == "serve" and len(rest) == len(words)):
        if not HELP.intersection(rest):
            from threadhost.adapters.cli.serve import run as serve

            return serve(verb, rest[1:], os.environ)
        words = rest
    gc.enable()
    from threadhost.adapters.cli.program import run as command

    return command(words)


if __name__ == "__main__":
    main()
