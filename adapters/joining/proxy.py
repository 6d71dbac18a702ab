"""The process of a joining client: finds or starts a home's host, and replaces one that died."""

import os
import sys
from time import monotonic, sleep

from threadhost.adapters.joining.greeting import DAEMON, SERVICE, Greeting
from threadhost.adapters.joining.handshake import (
    AFTER_ELECTION_S,
    JoinRefused,
    JoinRequest,
    handshake,
)
from threadhost.adapters.joining.relay import ClientGone, Relay
from threadhost.adapters.joining.session_state import SessionState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Iterable, Mapping, Sequence

    from threadhost.adapters.joining.handshake import Answer

    Launch = tuple[Sequence[str], Mapping[str, str], str]
    """The words, the environment and the folder with which a host is started."""

FAILED = 1
SUCCESSOR_TIMEOUT_S = 5
"""How long a supervised host, or one stopped on purpose, is awaited to return."""
LOOK_EVERY_S = 0.05
FAILOVERS_MAX, FAILOVERS_WITHIN_S = 5, 60
"""If more hosts than this die in this time, none is started."""
STARTS_MAX = 3
HUNG_UP = "the host closed this connection: the client did not read for too long"
UNTIL_LAST = "--until-last"
AT_A_TERMINAL = "one JSON message a line is a request; ctrl-d or ctrl-c leaves it"


def run(request: JoinRequest, *, may_start: bool) -> int | None:
    """Join the host on a home, and start one if necessary; returns the exit code.

    None if there is no host and none may be started.
    """
    try:
        answer = _join(request, may_start=may_start)
    except (JoinRefused, OSError) as error:
        return _complain_of(error)
    return None if answer is None else ClientProxy(request, *answer).run()


def complain(message: str, code: int) -> int:
    """Print a fault on one line; returns the code."""
    note(f"threadhost: {message}")
    return code


def _complain_of(error: JoinRefused | OSError) -> int:
    if isinstance(error, JoinRefused):
        return complain(str(error), error.code)
    return complain(error.strerror or str(error), FAILED)


def note(text: str) -> None:
    """Print a remark on standard error, apart from the protocol."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    try:
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()
    except OSError:
        pass  # the client can be served without the remark


def _join(request: JoinRequest, *, may_start: bool) -> "Answer | None":
    greeting = request.greeting(takes_marks=True)
    answer = handshake(request.home, greeting)
    if answer is None and may_start:
        answer = _start_for(request, greeting)
    for line in answer[1].all("note") if answer else ():
        note(f"threadhost: {line}")
    if answer and os.isatty(0):
        note(f"joined the host on {request.home}: {AT_A_TERMINAL}")
    return answer


def _start_for(request: JoinRequest, greeting: Greeting) -> "Answer":
    """Start a host with the client's words, and join it. Raises JoinRefused."""
    from threadhost.adapters.joining.starting import SERVICE_VARIABLES

    env = {name: text for name, text in os.environ.items() if name not in SERVICE_VARIABLES}
    return _start_and_join(request.home, greeting, ((*request.words, UNTIL_LAST), env, request.cwd))


def _start_and_join(home: str, greeting: Greeting, launch: "Launch") -> "Answer":
    """Start a host, and join it or the one that was quicker. Raises JoinRefused."""
    from threadhost.adapters.joining.starting import OWNED, SEE_LOG, NotStarted, start

    fault = JoinRefused(f"hosts on {home} end as soon as they begin; {SEE_LOG}", OWNED)
    for _ in range(STARTS_MAX):
        try:
            for line in start(home, *launch).splitlines():
                note(line)
        except NotStarted as error:
            *lines, reason = str(error).splitlines()
            for line in lines:
                note(line)
            fault = JoinRefused(reason.removeprefix("threadhost: "), error.code)
        if (answer := handshake(home, greeting, AFTER_ELECTION_S)) is not None:
            return answer
        if 0 <= fault.code != OWNED:  # below 0 a signal ended it
            break
    raise JoinRefused(str(fault), fault.code if 0 < fault.code != OWNED else FAILED)


class ClientProxy:
    """One client of a home's host, whichever process that is."""

    def __init__(self, request: JoinRequest, host: "socket", answer: Greeting) -> None:
        self._request = request
        self._answer = answer
        self._state = SessionState()
        host.setblocking(False)
        self._relay = Relay(host, self._state, self._handle_signals)
        self._failovers_at_s: list[float] = []

    def run(self) -> int:
        """Relay messages until the client leaves, or no host can be joined."""
        try:
            while True:
                self._relay.run()
                if self._relay.input_ended:
                    self._relay.flush()
                    return 0
                self._answer_lost_requests()
                self._join_successor()
        except ClientGone:
            return 0
        except (JoinRefused, OSError) as error:
            self._answer_all_requests()
            return _complain_of(error)
        finally:
            self._relay.host.close()

    def _handle_signals(self) -> None:
        """At a signal, end the client's input, so that the host ends the connection in order."""
        # `_signal` has no names for the numbers: importing these would delay the second answer.
        if TYPE_CHECKING:
            import signal
        else:
            import _signal as signal

        def leave(number: int, frame: object) -> None:
            signal.signal(number, signal.SIG_DFL)
            self._relay.end_input()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, leave)
        try:
            self._relay.signals, wakeup_fd = os.pipe()
        except OSError:  # no descriptor is left: a signal takes effect with the next line
            return
        os.set_blocking(wakeup_fd, False)
        signal.set_wakeup_fd(wakeup_fd, warn_on_full_buffer=False)

    def _answer_lost_requests(self, *, everything: bool = False) -> None:
        """Answer the lost requests that must not be repeated, at once."""
        from threadhost.adapters.joining.failover import host_lost_answer, resolved_notifications

        self._state.fold_gathered()
        self._queue_for_client(resolved_notifications(self._state))
        self._queue_for_client(
            host_lost_answer(request) for request in self._state.pop_lost(everything=everything)
        )
        self._relay.flush()

    def _answer_all_requests(self) -> None:
        self._relay.read_unsent()
        try:
            self._answer_lost_requests(everything=True)
        except ClientGone:
            return

    def _queue_for_client(self, lines: "Iterable[bytes]") -> None:
        for line in lines:
            self._relay.queue_for_client(line)

    def _join_successor(self) -> None:
        """Join the host that owns the home now, and restore the client's state there."""
        from threadhost.adapters.joining.failover import Failover, FailoverFailed

        self._count_failover()
        while True:
            host, answer = self._successor()
            host.setblocking(False)
            failover = Failover(host, self._state)
            try:
                unanswered = failover.run()
            except FailoverFailed as error:
                raise JoinRefused(str(error)) from None
            except OSError:
                host.close()
                self._relay.was_stopped = failover.was_stopped
                self._count_failover()
                continue
            break
        self._answer = answer
        self._relay.switch_host(host)
        self._queue_for_client(failover.to_client)
        self._relay.resume(unanswered, failover.rest)

    def _count_failover(self) -> None:
        now_s = monotonic()
        recent = [at_s for at_s in self._failovers_at_s if at_s > now_s - FAILOVERS_WITHIN_S]
        if len(recent) >= FAILOVERS_MAX:
            from threadhost.adapters.joining.starting import SEE_LOG

            words = (
                f"{FAILOVERS_MAX} hosts on {self._request.home} ended within {FAILOVERS_WITHIN_S} s"
            )
            raise JoinRefused(f"{words}; {SEE_LOG}")
        self._failovers_at_s = [*recent, now_s]

    def _successor(self) -> "Answer":
        """The present owner of the home: another host, or a new one. Raises JoinRefused."""
        life = self._answer.one("life")
        is_awaited = life == SERVICE or self._relay.was_stopped
        until_s = monotonic() + (SUCCESSOR_TIMEOUT_S if is_awaited else 0)
        greeting = self._request.greeting(self._state.newest_asked, takes_marks=True)
        while True:
            if (answer := handshake(self._request.home, greeting, AFTER_ELECTION_S)) is not None:
                if answer[1].one("instance") == self._answer.one("instance"):
                    answer[0].close()
                    raise JoinRefused(HUNG_UP)
                return answer
            if monotonic() >= until_s:
                break
            sleep(LOOK_EVERY_S)
        if self._relay.was_stopped:
            raise JoinRefused(f"the host on {self._request.home} was stopped")
        return _start_and_join(self._request.home, greeting, self._launch)

    @property
    def _launch(self) -> "Launch":
        """The words, environment and folder with which the dead host was started."""
        from threadhost.adapters.joining.starting import environment_of

        ours = dict(text.partition("=")[::2] for text in self._answer.all("env"))
        is_daemon = self._answer.one("life") == DAEMON
        words = (*self._answer.all("word"), *(() if is_daemon else (UNTIL_LAST,)))
        return words, environment_of(os.environ, ours), self._answer.one("cwd")
