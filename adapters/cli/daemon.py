"""`threadhost daemon` and `threadhost proxy`: a host without a client of its own, and a client."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from threadhost.adapters.cli.home_store import command_line
from threadhost.adapters.cli.options import HOME_OPTION, OF_CODEX, SERVE
from threadhost.adapters.cli.output import USAGE, WHILE_READ, Failure, note, print_json, say
from threadhost.adapters.cli.parse import parse, settings_of
from threadhost.adapters.home_socket import working_folder
from threadhost.adapters.joining.greeting import PROTOCOL, Greeting
from threadhost.adapters.joining.handshake import JoinRefused, JoinRequest, handshake

NOT_RUNNING = 3
"""The exit code of `daemon status` without a host, as service managers expect it."""
LOOK, STOP = "look", "stop"


def start(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Start a host on a home, with these words of `serve`. Raises Failure."""
    from threadhost.adapters.joining.starting import SEE_LOG, NotStarted
    from threadhost.adapters.joining.starting import start as start_host

    # The host reports all other faults: it reads the file, too.
    settings = settings_of(parse(words, SERVE, env, OF_CODEX), SERVE, are_whole=False)
    if settings.store == "memory":
        raise Failure("clients cannot join a host without files; leave out --store memory", USAGE)
    home = settings.home
    if (host := _facts(home, LOOK)) is not None:
        say(f"process {host.one('pid')} is the host on {home} already")
        return 0
    try:
        fault = start_host(str(home), words, env, working_folder())
    except NotStarted as error:
        raise Failure(str(error).removeprefix("threadhost: "), error.code) from None
    note(fault, end="")
    host = _facts(home, LOOK)
    if host is None:
        raise Failure(f"the host on {home} ended at once; {SEE_LOG}")
    say(f"process {host.one('pid')} is the host on {home}")
    return 0


def stop(*, home: Path, json: bool) -> int:
    """Stop the host on a home and wait until it is gone; joined clients start no other."""
    host = _facts(home, STOP)
    if json:
        print_json({"stopped": host is not None, "pid": _number(host)})
    elif host is None:
        say(f"no host runs on {home}")
    else:
        say(f"process {host.one('pid')} was stopped")
    return 0


def status(*, home: Path, json: bool) -> int:
    """Print whether a host that can be joined runs on a home, and how many clients it has."""
    host = _facts(home, LOOK)
    if json:
        names = ("build", "life")
        about = {name: host.one(name) for name in names} if host is not None else {}
        clients = int(host.one("clients")) if host is not None else 0
        state = {"running": host is not None, "pid": _number(host), "clients": clients} | about
        with WHILE_READ:
            print_json(state)
    elif host is None:
        say(f"no host runs on {home}; {command_line('daemon start', home)} starts one")
    else:
        numbers = f"process {host.one('pid')}, threadhost {host.one('build')}"
        say(f"a host runs on {home}: {numbers}, {host.one('clients')} joined")
    return 0 if host is not None else NOT_RUNNING


def proxy(*, home: Path) -> int:
    """Relay messages between standard input and output and a home's host. Raises Failure."""
    from threadhost.adapters.joining.proxy import run

    words = (HOME_OPTION.flag, str(home))
    code = run(JoinRequest(str(home), words, os.environ, is_codex=False), may_start=False)
    if code is None:
        raise Failure(f"no host runs on {home}; {command_line('daemon start', home)} starts one")
    return code


def _facts(home: Path, asks: str) -> Greeting | None:
    """The answer of the host on a home; after STOP, once the host is gone. Raises Failure."""
    try:
        answer = handshake(str(home), Greeting([("protocol", PROTOCOL), ("ask", asks)]))
    except JoinRefused as error:
        raise Failure(str(error), error.code) from None
    if answer is None:
        return None
    host, greeting = answer
    with closing(host):
        while asks == STOP and host.recv(1):
            pass
    return greeting


def _number(facts: Greeting | None) -> int | None:
    return None if facts is None else int(facts.one("pid"))
