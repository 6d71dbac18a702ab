"""`serve` and `app-server`: a host as a program of its own, and its exit codes."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, NamedTuple

from threadhost.adapters.cli.option import Ignored
from threadhost.adapters.cli.options import DAEMON_RUN, LOG_LEVEL, OF_CODEX, SERVE
from threadhost.adapters.cli.output import note
from threadhost.adapters.cli.own_process import look_for_no_plugins, write_no_core_dumps
from threadhost.adapters.cli.parse import UsageError, Values, parse, settings_of
from threadhost.adapters.config import STDIO, Listen, Settings
from threadhost.adapters.event_loop import new_event_loop

if TYPE_CHECKING:
    from threadhost.adapters.joining.greeting import Greeting
    from threadhost.adapters.jsonrpc.transports.joined import Admitted
    from threadhost.adapters.serve import Sharing, Stop

DAEMON = "daemon run"
"""The verb that serves whoever joins, and nobody at standard input."""
IGNORED: dict[str, tuple[Ignored, ...]] = {"serve": (), "app-server": OF_CODEX, DAEMON: OF_CODEX}
"""The verbs that serve, and what each lets pass for compatibility."""

STOPPED, START_FAILED, STORE_FAILED, OWNED = 0, 1, 70, 75
AT_A_TERMINAL = "one JSON message a line is a request; ctrl-d or ctrl-c ends the host"
FOR_NOBODY = "nobody can come, for it is /dev/null; give --listen ws://HOST:PORT or unix://PATH"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SUPERVISED = "NOTIFY_SOCKET"
"""Set where a service manager waits to hear that the host is ready."""
SWITCH_INTERVAL_S = 0.0005
"""How long the loop may keep the writer waiting, which asks anew for each of its statements."""
YOUNG_OBJECTS = 10_000
"""What is looked through for garbage at once.

A turn at work keeps some hundreds of objects: at the interpreter's own 700, a hundred turns at once
would be looked through thirty times, and all but nothing of them is garbage.
"""


class Running(NamedTuple):
    """A command line that serves, made out."""

    verb: str
    words: Sequence[str]
    env: Mapping[str, str]
    values: Values
    settings: Settings

    @property
    def level(self) -> str:
        """From which level on there are logs."""
        return str(self.values.get(LOG_LEVEL.name, LOG_LEVEL.default))

    @property
    def life(self) -> str:
        """What the host lives for."""
        if self.verb == DAEMON:
            return "clients" if self.values.get("until_last") else "daemon"
        return "clients" if STDIO in self.settings.listen else "service"


def run(verb: str, words: Sequence[str], env: Mapping[str, str]) -> int:
    """Serve until the input ends or a signal comes; the exit code."""
    look_for_no_plugins()
    options = DAEMON_RUN if verb == DAEMON else SERVE
    try:
        values = parse(words, options, env, IGNORED[verb])
        settings = settings_of(values, options)
    except UsageError as error:
        return _complain(str(error), error.code)
    if verb == DAEMON:
        settings = settings._replace(listen=tuple(a for a in settings.listen if a != STDIO))
    # The imports and the first reply make no garbage that would be worth looking for.
    gc.disable()
    write_no_core_dumps()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return _run(Running(verb, words, env, values, settings))


def _run(running: Running) -> int:
    from threadhost.adapters.jsonrpc.transports.base import ListenFailed
    from threadhost.adapters.logs import configure
    from threadhost.events.store.errors import HomeLocked, StoreError, StoreUnreadable
    from threadhost.events.store.home import verify_command

    configure(running.level)
    runner = asyncio.Runner(loop_factory=new_event_loop)
    try:
        return runner.run(_serve(running))
    except HomeLocked as error:
        if (code := _joined_instead(running)) is not None:
            return code
        code = OWNED if running.verb == DAEMON else START_FAILED
        return _complain(f"{error}; stop it, or give another --home", code)
    except StoreUnreadable as error:
        verify = verify_command(running.settings.home)
        words = f"the log cannot be used: {error}; {verify} says more"
        return _complain(words, START_FAILED)
    except (StoreError, ListenFailed, ValueError) as error:
        return _complain(str(error), START_FAILED)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return _complain(f"{what}{error.strerror or error}", START_FAILED)
    finally:
        with suppress(RuntimeError):  # no thread can be started to wait for the pool's
            runner.close()


def _joined_instead(running: Running) -> int | None:
    """Join who was quicker to own the home, if this was to serve its own client alone."""
    if running.verb == DAEMON or running.settings.listen != (STDIO,):
        return None
    from threadhost.adapters.joining.meeting import Wish
    from threadhost.adapters.joining.program import run as join

    home = str(running.settings.home)
    wish = Wish(home, running.words, running.env, is_codex=running.verb == "app-server")
    return join(wish, may_start=False)


async def _serve(running: Running) -> int:
    from threadhost.adapters.serve import Stop, serve

    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if not (number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN):  # nohup
            loop.add_signal_handler(number, _asked, stop, number)
    announce = partial(_announce, log_file=running.values.get("log_file"))
    sharing = None if running.settings.store == "memory" else _sharing(running, stop)
    ended = await serve(running.settings, stop, announce, sharing=sharing)
    return STORE_FAILED if ended.failed else STOPPED


def _sharing(running: Running, stop: "Stop") -> "Sharing":
    """How others join it; what looks at them is imported by the first who does."""
    from threadhost.adapters.serve import Sharing

    instance, wanted = f"{os.getpid()}.{monotonic_ns()}", [running.life != "clients"]

    def end() -> None:
        wanted[0] = True
        stop.ask("`threadhost daemon stop`")

    def admit(greeting: "Greeting", clients: int) -> "Admitted":
        from threadhost.adapters.cli.admitting import Owner, admit

        made_out = running.words, running.env, running.values
        return admit(Owner(*made_out, running.life, instance, end), greeting, clients)

    return Sharing(admit, running.verb == DAEMON and running.life == "clients", lambda: wanted[0])


def _asked(stop: "Stop", number: signal.Signals) -> None:
    """Stop gently the first time, at once the second."""
    if not stop.ask(f"signal {number.name}"):
        os._exit(128 + number)
    if SUPERVISED in os.environ:
        from threadhost.adapters.cli.supervised import tell

        tell(os.environ, "STOPPING=1", f"STATUS=draining after {number.name}")


def _announce(addresses: Sequence[Listen], log_file: Path | None) -> None:
    if log_file is not None:
        from threadhost.adapters.cli.log_file import write_errors_to

        write_errors_to(log_file)
    for address in addresses:
        if address.scheme != "stdio":
            note(f"listening on {address}")
        elif os.isatty(0):
            note(f"listening on {address}: {AT_A_TERMINAL}")
        elif len(addresses) == 1 and os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev:  # noqa: PTH116
            note(f"listening on {address} alone: {FOR_NOBODY}")
    if SUPERVISED in os.environ:
        from threadhost.adapters.cli.supervised import tell

        tell(os.environ, "READY=1", f"STATUS=listening on {', '.join(map(str, addresses))}")
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


def _complain(message: str, code: int) -> int:
    note(f"threadhost: {message}")
    return code
