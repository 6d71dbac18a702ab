"""`serve` and `app-server`: a host as a program of its own, and its exit codes."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from logging import INFO
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING

from threadhost.actors.runtime.tasks import begin_beside
from threadhost.adapters.cli.option import Ignored
from threadhost.adapters.cli.options import (
    APP_SERVER,
    DAEMON_RUN,
    LOG_FORMAT,
    LOG_LEVEL,
    OF_CODEX,
    PRINT_STARTUP_CONFIG,
    SERVE,
)
from threadhost.adapters.cli.output import note
from threadhost.adapters.cli.parse import UsageError, Values, parse, settings_of, with_file
from threadhost.adapters.config import STDIO, Listen, Settings
from threadhost.adapters.configuration import configuration_of
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.adapters.event_loop import new_event_loop, run_to_end
from threadhost.adapters.jsonrpc.transports.base import ListenFailed
from threadhost.adapters.logs import configure, is_said
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_DID_NOT_START, HOST_LISTENS, HOST_STOPPED
from threadhost.events.store.errors import HomeLocked, StoreError, StoreUnreadable
from threadhost.events.store.home import verify_command

if TYPE_CHECKING:
    from threadhost.adapters.joining.greeting import Greeting
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.transports.joined import JoinDecision
    from threadhost.adapters.serve import Sharing, Stop

DAEMON = "daemon run"
"""The verb that serves joining clients, and none at standard input."""
IGNORED: dict[str, tuple[Ignored, ...]] = {"serve": (), "app-server": OF_CODEX, DAEMON: OF_CODEX}
"""The verbs that serve, and the options that each ignores for compatibility."""
OPTIONS = {"app-server": APP_SERVER, DAEMON: DAEMON_RUN}
"""The options of verbs that have more than `serve`."""
ACTIVATED = "LISTEN_PID"
"""Set when a service manager opened the sockets; holds the process they are for."""

STOPPED, START_FAILED, STORE_FAILED, OWNED = 0, 1, 70, 75
AT_A_TERMINAL = "one JSON message a line is a request; ctrl-d or ctrl-c ends the host"
NO_INPUT = (
    "standard input is /dev/null, so no client can connect; give --listen"
    " ws://HOST:PORT or unix://PATH"
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SUPERVISED = "NOTIFY_SOCKET"
"""Set when a service manager waits for the host to be ready."""
PR_SET_DUMPABLE = 4
SWITCH_INTERVAL_S = 0.0005
"""How long the loop may keep the interpreter from the writer, which needs it for each statement."""
YOUNG_OBJECTS = 2_500
"""The number of new objects that starts a collection, which stops the loop for some 3 ms.

A running turn keeps some hundreds of objects: with the interpreter's default of 700, a hundred
concurrent turns would be scanned thirty times, and almost none of them is garbage.
"""
OLD_OBJECTS = 10, 40
"""How many collections of the young generation pass before the next is collected, and so on.

A full collection takes a fifth of a second with a thousand agents.
"""


class ServeInvocation(NamedTuple):
    """A command line that serves; `given` holds the values of its words and of the environment."""

    verb: str
    words: Sequence[str]
    env: Mapping[str, str]
    given: Values
    settings: Settings
    configuration: Configuration = NO_CONFIGURATION

    @property
    def values(self) -> Values:
        """The values, completed from the file."""
        return with_file(self.given, SERVE, self.configuration.host)

    @property
    def level(self) -> str:
        """The level of the logs; by default higher for a host that runs for its client alone."""
        is_clients = self.settings.listen == (STDIO,) or self.values.get("until_last")
        return self.values.get(LOG_LEVEL.name) or ("warning" if is_clients else "info")

    @property
    def form(self) -> str:
        """The form of log lines: text or JSON."""
        return str(self.values.get(LOG_FORMAT.name, LOG_FORMAT.default))

    @property
    def life(self) -> str:
        """Why the host lives: for clients, as a daemon, or as a service."""
        if self.verb == DAEMON:
            return "clients" if self.values.get("until_last") else "daemon"
        return "clients" if STDIO in self.settings.listen else "service"

    def read(self) -> Configuration:
        """Read the configuration as it is now. Raises ValueError."""
        return configuration_of(settings_of(self.given, SERVE, are_whole=False), self.env)

    def settings_with(self, configuration: Configuration) -> Settings:
        """The settings with another configuration below the options. Raises ValueError."""
        try:
            return settings_of(with_file(self.given, SERVE, configuration.host), SERVE)
        except UsageError as error:
            raise ValueError(str(error)) from None


def made_out(verb: str, words: Sequence[str], env: Mapping[str, str]) -> ServeInvocation:
    """Parse the words, in this environment, before a file is read. Raises UsageError."""
    values = parse(words, OPTIONS.get(verb, SERVE), env, IGNORED[verb])
    return ServeInvocation(verb, words, env, values, settings_of(values, SERVE, are_whole=False))


def configured(running: ServeInvocation) -> ServeInvocation:
    """The same, completed from its file. Raises UsageError, and ValueError for the file."""
    running = running._replace(configuration=running.read())
    settings = settings_of(running.values, SERVE)
    if running.env.get(ACTIVATED) == str(os.getpid()):
        from threadhost.adapters.cli.activation import activated

        settings = activated(settings, running.env, is_named="listen" in running.values)
    if running.verb == DAEMON:
        settings = settings._replace(listen=tuple(a for a in settings.listen if a != STDIO))
    return running._replace(settings=settings)


def run(verb: str, words: Sequence[str], env: Mapping[str, str]) -> int:
    """Serve until the input ends or a signal comes; returns the exit code."""
    try:
        running = made_out(verb, words, env)
        if running.values.get(PRINT_STARTUP_CONFIG.name):
            from threadhost.adapters.cli.startup_config import print_startup_config

            return print_startup_config(lambda: configured(running).configuration)
        # The imports and the first reply leave no garbage worth a collection.
        gc.disable()
        write_no_core_dumps()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        return _run(running)
    except UsageError as error:
        return _complain(str(error), error.code)


def _run(running: ServeInvocation) -> int:
    """Serve; returns the exit code. Raises UsageError."""
    configure(running.level, running.form)
    try:
        running = configured(running)
    except ValueError as error:
        return _fail(str(error))
    configure(running.level, running.form)
    if running.verb == "app-server":
        from threadhost.adapters.cli.codex_settings import report_settings

        report_settings(running.words, set())
    return _run_host(running)


def _run_host(running: ServeInvocation) -> int:
    try:
        return run_to_end(_serve(running), new_event_loop)
    except HomeLocked as error:
        return _owned_by_another(running, error)
    except StoreUnreadable as error:
        verify = verify_command(running.settings.home)
        words = f"the log cannot be used: {error}; {verify} says more"
        return _fail(words)
    except (StoreError, ListenFailed, ValueError) as error:
        return _fail(str(error))
    except OSError as error:
        prefix = f"{error.filename}: " if error.filename else ""
        return _fail(f"{prefix}{error.strerror or error}")
    except Exception as error:  # noqa: BLE001  (no traceback is ever shown)
        from threadhost.adapters.cli.failing import unexpected

        return _fail(*unexpected(error))


def _owned_by_another(running: ServeInvocation, error: "HomeLocked") -> int:
    if (code := _join_instead(running)) is not None:
        return code
    code = OWNED if running.verb == DAEMON else START_FAILED
    return _fail(f"{error}; stop it, or give another --home", code)


def _join_instead(running: ServeInvocation) -> int | None:
    """Join the host that locked the home first, if this one was to serve only its own client."""
    if running.verb == DAEMON or running.settings.listen != (STDIO,):
        return None
    from threadhost.adapters.joining.handshake import JoinRequest
    from threadhost.adapters.joining.proxy import run as join

    home = str(running.settings.home)
    request = JoinRequest(home, running.words, running.env, is_codex=running.verb == "app-server")
    return join(request, may_start=False)


async def _serve(running: ServeInvocation) -> int:
    from threadhost.adapters.serve import Stop, serve

    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if not (number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN):  # nohup
            loop.add_signal_handler(number, _on_signal, stop, number)
    announce = partial(_announce, log_file=running.values.get("log_file"))
    sharing = None if running.settings.store == "memory" else _sharing(running, stop)
    opened, configuration = partial(_follow_configuration, running), running.configuration
    ended = await serve(running.settings, stop, announce, None, sharing, configuration, opened)
    code = STORE_FAILED if ended.failed else STOPPED
    if is_said(INFO):
        HOST_STOPPED.emit(why=ended.reason, exit_code=code)
    return code


def _follow_configuration(running: ServeInvocation, app: "HostContext") -> None:
    """Reload the configuration on request, and at SIGHUP where no terminal sends it."""
    app.read_again, app.settings_with = running.read, running.settings_with

    def follow_in_logs() -> None:
        now = running._replace(configuration=app.configuration)
        configure(now.level, now.form)

    app.followers.append(follow_in_logs)
    if running.life == "clients" or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    if not _has_terminal():
        begun: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: begin_beside(_reload(app), begun))


def _has_terminal() -> bool:
    """Whether a terminal controls this process; it sends SIGHUP when it hangs up."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


async def _reload(app: "HostContext") -> None:
    from threadhost.adapters.cli.reload_signal import reload_at_signal

    await reload_at_signal(app)


def _sharing(running: ServeInvocation, stop: "Stop") -> "Sharing":
    """How clients join the host; the code for it is imported when the first one comes."""
    from threadhost.adapters.serve import Sharing

    instance, is_end_wanted = f"{os.getpid()}.{monotonic_ns()}", running.life != "clients"
    settings: set[str] = set()

    def end() -> None:
        nonlocal is_end_wanted
        is_end_wanted = True
        stop.ask("`threadhost daemon stop`")

    def admit(greeting: "Greeting", clients: int) -> "JoinDecision":
        from threadhost.adapters.cli.admitting import Owner, admit

        launch = running.words, running.env, running.values
        owner = Owner(*launch, running.life, instance, end, settings)
        return admit(owner, greeting, clients)

    return Sharing(
        admit, running.verb == DAEMON and running.life == "clients", lambda: is_end_wanted
    )


def _on_signal(stop: "Stop", number: signal.Signals) -> None:
    """Drain at the first signal, exit at the second."""
    if not stop.ask(f"signal {number.name}"):
        os._exit(128 + number)
    if SUPERVISED in os.environ:
        from threadhost.adapters.cli.sd_notify import sd_notify

        sd_notify(os.environ, "STOPPING=1", f"STATUS=draining after {number.name}")


def _announce(addresses: Sequence[Listen], log_file: Path | None) -> None:
    if log_file is not None:
        from threadhost.adapters.cli.log_file import write_errors_to

        write_errors_to(log_file)
    for address in addresses:
        hint = _hint(address, alone=len(addresses) == 1)
        if hint is not None:
            HOST_LISTENS.emit(address=address, hint=hint)
    if SUPERVISED in os.environ:
        from threadhost.adapters.cli.sd_notify import sd_notify

        listening = ", ".join(map(str, addresses)) or "no address"
        sd_notify(os.environ, "READY=1", f"STATUS=listening on {listening}")
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *OLD_OBJECTS)
    gc.enable()


def _hint(address: Listen, *, alone: bool) -> str | None:
    """The text after an address; None for an address that is not announced."""
    if address.scheme != "stdio":
        return ""
    if os.isatty(0):
        return f": {AT_A_TERMINAL}"
    is_null = os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116
    return f" alone: {NO_INPUT}" if alone and is_null else None


def _fail(message: str, code: int = START_FAILED) -> int:
    HOST_DID_NOT_START.emit(what=message, exit_code=code)
    return code


def _complain(message: str, code: int) -> int:
    note(f"threadhost: {message}")
    return code


def write_no_core_dumps() -> None:
    """Prevent core dumps of this process, so that keys and texts stay out of files.

    Systems that pass dumps to a program ignore a limit of 0. So on Linux the process marks itself
    as not dumpable, which also keeps other processes of its user from reading its memory.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
