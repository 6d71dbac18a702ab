"""The `threadhost` program: straight to the host where that is wanted, or to the one there is."""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = frozenset(("--help", "-h"))
AT_STDIO = ("app-server", "serve")
OF_THE_REFERENCE = ("proxy", "daemon", "generate-ts", "generate-json-schema")
"""What is called so there after `app-server`, and by itself here."""
INTERRUPTED = 130
STANDARD_ERROR = 2


def main() -> None:
    """Run the command line of this process and exit."""
    _fill_closed_descriptors()
    if not os.environ.get("HOME", "none"):
        del os.environ["HOME"]  # so that `~` is what the system knows, and not the root
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # whoever started this closed it: nobody wants to read it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123  (to the end)
        elif hasattr(stream, "reconfigure"):  # what a terminal cannot show is a `?` there
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


def run(words: "Sequence[str]") -> int:
    """Run a command line; its exit code."""
    if words and words[0] == "app-server" and "".join(words[1:2]) in OF_THE_REFERENCE:
        words = words[1:]
    # Whoever joins a host needs nothing of what follows.
    serves = bool(words) and words[0] in AT_STDIO
    serves = serves and not any(map(words.__contains__, OF_THE_REFERENCE))
    if serves and (code := _join(words[0], words[1:])) is not None:
        return code
    gc.disable()  # what is imported is no garbage
    from threadhost.adapters.cli.lean_pydantic import import_lean_pydantic

    import_lean_pydantic()
    # Neither rich nor most of this package is needed to serve.
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
    """Join the host of the home that words mean, if they want no more; its exit code."""
    from threadhost.adapters.home_socket import home_meant, is_there

    home = home_meant(words, os.environ)
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
