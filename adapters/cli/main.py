"""The `threadhost` program: serves directly if that is asked for, or joins a running host."""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = frozenset(("--help", "-h"))
AT_STDIO = ("app-server", "serve")
OF_THE_REFERENCE = ("proxy", "daemon", "generate-ts", "generate-json-schema")
"""Commands that the reference has below `app-server`, and this program at the top."""
INTERRUPTED = 130
STANDARD_ERROR = 2


def main() -> None:
    """Run the command line of this process and exit."""
    _fill_closed_descriptors()
    if not os.environ.get("HOME", "none"):
        del os.environ["HOME"]  # so that `~` is the home that the system knows, and not the root
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the starter of this process closed it: nobody reads it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123  (to the end)
        elif hasattr(stream, "reconfigure"):  # characters that a terminal cannot show become `?`
            stream.reconfigure(errors="replace")
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _fill_closed_descriptors() -> None:
    """Keep files, sockets and the loop from getting the number of a closed standard stream."""
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor > STANDARD_ERROR:
            os.close(descriptor)
            return


def run(words: "Sequence[str]") -> int:
    """Run a command line; returns its exit code."""
    if words and words[0] == "app-server" and "".join(words[1:2]) in OF_THE_REFERENCE:
        words = words[1:]
    # A client that joins a host needs none of the following.
    serves = bool(words) and words[0] in AT_STDIO
    serves = serves and not any(map(words.__contains__, OF_THE_REFERENCE))
    if serves and (code := _join(words[0], words[1:])) is not None:
        return code
    gc.disable()  # imported objects are no garbage
    from threadhost.adapters.cli.lean_pydantic import import_lean_pydantic

    import_lean_pydantic()
    # Serving needs neither rich nor most of this package.
    from threadhost.adapters.cli.parse import without_ignored

    remaining = without_ignored(words)
    verb = remaining[0] if remaining else ""
    after_verb = without_ignored(remaining[1:])
    if verb == "app-server" and after_verb and after_verb[0] in OF_THE_REFERENCE:
        words = remaining = after_verb
        verb = remaining[0]
    if verb == "app-server" or (verb == "serve" and len(remaining) == len(words)):
        if not HELP.intersection(remaining):
            if len(remaining) < len(words) and (code := _join(verb, remaining[1:])) is not None:
                return code
            from threadhost.adapters.cli.serve import run as serve

            return serve(verb, remaining[1:], os.environ)
        words = remaining
    gc.enable()
    from threadhost.adapters.cli.program import run as command

    return command(words)


def _join(verb: str, words: "Sequence[str]") -> int | None:
    """Join the home's host if the words ask for no more; returns the exit code."""
    from threadhost.adapters.home_socket import home_of_stdio_host, is_there

    home = home_of_stdio_host(words, os.environ)
    if home is None:
        return None
    if verb == "serve" and not is_there(home):
        return None
    from threadhost.adapters.joining.handshake import JoinRequest
    from threadhost.adapters.joining.proxy import run as join

    request = JoinRequest(home, words, os.environ, is_codex=verb == "app-server")
    return join(request, may_start=verb == "app-server")


if __name__ == "__main__":
    main()
