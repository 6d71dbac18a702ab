"""`serve` and `app-server`: a host as a program of its own, and its exit codes."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from threadhost.adapters.cli.confidential import write_no_core_dumps
from threadhost.adapters.cli.option import Ignored
from threadhost.adapters.cli.options import LOG_LEVEL, OF_CODEX, SERVE
from threadhost.adapters.cli.output import note
from threadhost.adapters.cli.parse import UsageError, parse, settings_of
from threadhost.adapters.config import Listen, Settings
from threadhost.adapters.event_loop import new_event_loop

if TYPE_CHECKING:
    from threadhost.adapters.serve import Stop

IGNORED: dict[str, tuple[Ignored, ...]] = {"serve": (), "app-server": OF_CODEX}
"""The verbs that serve, and what each lets pass for compatibility."""

STOPPED, START_FAILED, STORE_FAILED = 0, 1, 70
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


def run(verb: str, words: Sequence[str], env: Mapping[str, str]) -> int:
    """Serve until the input ends or a signal comes; the exit code."""
    try:
        values = parse(words, SERVE, env, IGNORED[verb])
        settings = settings_of(values, SERVE)
    except UsageError as error:
        return _complain(str(error), error.code)
    # The imports and the first reply make no garbage that would be worth looking for.
    gc.disable()
    write_no_core_dumps()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return _run(settings, str(values.get(LOG_LEVEL.name, LOG_LEVEL.default)))


def _run(settings: Settings, level: str) -> int:
    from threadhost.adapters.jsonrpc.transports.base import ListenFailed
    from threadhost.adapters.logs import configure
    from threadhost.events.store.errors import HomeLocked, StoreError, StoreUnreadable
    from threadhost.events.store.home import verify_command

    configure(level)
    runner = asyncio.Runner(loop_factory=new_event_loop)
    try:
        return runner.run(_serve(settings))
    except HomeLocked as error:
        return _complain(f"{error}; stop it, or give another --home", START_FAILED)
    except StoreUnreadable as error:
        verify = verify_command(settings.home)
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


async def _serve(settings: Settings) -> int:
    from threadhost.adapters.serve import Stop, serve

    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if not (number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN):  # nohup
            loop.add_signal_handler(number, _asked, stop, number)
    ended = await serve(settings, stop, _announce)
    return STORE_FAILED if ended.failed else STOPPED


def _asked(stop: "Stop", number: signal.Signals) -> None:
    """Stop gently the first time, at once the second."""
    if not stop.ask(f"signal {number.name}"):
        os._exit(128 + number)
    if SUPERVISED in os.environ:
        from threadhost.adapters.cli.supervised import tell

        tell(os.environ, "STOPPING=1", f"STATUS=draining after {number.name}")


def _announce(addresses: Sequence[Listen]) -> None:
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
