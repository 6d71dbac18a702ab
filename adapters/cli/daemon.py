"""`threadhost daemon` and `threadhost proxy`: a host without a client of its own, and a client."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from threadhost.adapters.cli.options import HOME_OPTION, OF_CODEX, SERVE
from threadhost.adapters.cli.output import USAGE, WHILE_READ, Failure, note, print_json, say
from threadhost.adapters.cli.parse import parse, settings_of
from threadhost.adapters.cli.stored import called
from threadhost.adapters.joining.greeting import PROTOCOL, Greeting
from threadhost.adapters.joining.meeting import Refused, Wish, ask

NOT_RUNNING = 3
"""The exit code of `daemon status` where none runs, as service managers have it."""
LOOK, STOP = "look", "stop"


def start(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Have a host run on a home, with these words of `serve`. Raises Failure."""
    from threadhost.adapters.joining.starting import NotStarted
    from threadhost.adapters.joining.starting import start as start_host

    # What is wrong beside that is for the host to say, which has a file, too.
    settings = settings_of(parse(words, SERVE, env, OF_CODEX), SERVE, are_whole=False)
    if settings.store == "memory":
        raise Failure("nobody can join a host that keeps no file; leave out --store memory", USAGE)
    home = settings.home
    if (found := _facts(home, LOOK)) is not None:
        say(f"process {found.one('pid')} is the host on {home} already")
        return 0
    try:
        said = start_host(str(home), words, env, str(Path.cwd()))
    except NotStarted as error:
        raise Failure(str(error).removeprefix("threadhost: "), error.code) from None
    note(said, end="")
    found = _facts(home, LOOK)
    if found is None:
        raise Failure(f"the host on {home} ended at once; see host.log there")
    say(f"process {found.one('pid')} is the host on {home}")
    return 0


def stop(*, home: Path, json: bool) -> int:
    """Stop the host on a home and wait until it is gone; who is joined starts no other."""
    found = _facts(home, STOP)
    if json:
        print_json({"stopped": found is not None, "pid": _number(found)})
    elif found is None:
        say(f"no host runs on {home}")
    else:
        say(f"process {found.one('pid')} was stopped")
    return 0


def status(*, home: Path, json: bool) -> int:
    """Print whether a host runs on a home that can be joined, and how many are."""
    found = _facts(home, LOOK)
    if json:
        names = ("build", "life")
        said = {name: found.one(name) for name in names} if found is not None else {}
        clients = int(found.one("clients")) if found is not None else 0
        told = {"running": found is not None, "pid": _number(found), "clients": clients} | said
        with WHILE_READ:
            print_json(told)
    elif found is None:
        say(f"no host runs on {home}; {called('daemon start', home)} starts one")
    else:
        numbers = f"process {found.one('pid')}, threadhost {found.one('build')}"
        say(f"a host runs on {home}: {numbers}, {found.one('clients')} joined")
    return 0 if found is not None else NOT_RUNNING


def proxy(*, home: Path) -> int:
    """Pass messages between standard input and output and the host on a home. Raises Failure."""
    from threadhost.adapters.joining.program import run

    words = (HOME_OPTION.flag, str(home))
    code = run(Wish(str(home), words, os.environ, is_codex=False), may_start=False)
    if code is None:
        raise Failure(f"no host runs on {home}; {called('daemon start', home)} starts one")
    return code


def _facts(home: Path, asks: str) -> Greeting | None:
    """What the host on a home says; to be stopped, once it is gone. Raises Failure."""
    try:
        found = ask(str(home), Greeting([("protocol", PROTOCOL), ("ask", asks)]))
    except Refused as error:
        raise Failure(str(error), error.code) from None
    if found is None:
        return None
    host, answer = found
    with closing(host):
        while asks == STOP and host.recv(1):
            pass
    return answer


def _number(found: Greeting | None) -> int | None:
    return None if found is None else int(found.one("pid"))
