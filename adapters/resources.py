"""What the system lets this process have of scarce things, and how it is shared out."""

import os
import resource
from contextlib import suppress

from threadhost.actors.account import Account
from threadhost.adapters.config import Limits
from threadhost.events.operator_log import FILES_SCARCE

RESERVE_MIN, RESERVE_SHARE = 96, 8
"""Descriptors that no connection gets: these, and one of so many of the rest.

The store, its keys, the threads that read it and blobs being written take some sixty at most; a
call of a model takes one."""
HALF_OPEN_SHARE = 4
PEER_SHARE = 3, 4
ENOUGH = 10_240
"""What is asked for where the system names no limit: some allow no more."""

RETRY_S = 0.05
"""How soon something is tried again that could not be done for want of files, memory or threads."""

MMAP_THRESHOLD = -3
"""The C library's M_MMAP_THRESHOLD."""
LARGE_BLOCK_BYTES = 1024 * 1024
NICENESS = 10
"""Where processors are short, a process of the usual priority gets nine times as much."""


def raise_descriptors() -> int:
    """Raise the number of files this process may have open as far as it may; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for target in (hard, ENOUGH):
        if soft == resource.RLIM_INFINITY or 0 <= target <= soft:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
        except (ValueError, OSError):
            continue
        soft = target
        break
    return soft


def give_back_large_blocks() -> None:
    """Have freed blocks of 1 MiB or more go back to the system at once.

    By default the C library learns from the first large message that such blocks are worth
    keeping: 24 clients that read nothing then leave 320 MiB behind, and so 100. Does nothing where
    the C library is another than glibc.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def step_back() -> None:
    """Let all others on the machine go ahead of this process, for which nobody waits."""
    with suppress(OSError):
        os.nice(NICENESS)


def shared_out(limits: Limits, descriptors: int) -> Limits:
    """The limits with no more places for connections than so many descriptors allow.

    What is kept back is for the store and for models: a client is refused before it could keep
    a turn of another from being written.
    """
    available = descriptors - RESERVE_MIN - descriptors // RESERVE_SHARE
    needed = limits.connections_max + limits.handshakes_max
    if descriptors == resource.RLIM_INFINITY or needed <= available:
        return limits
    half_open = max(1, min(limits.handshakes_max, available // HALF_OPEN_SHARE))
    clients = max(1, min(limits.connections_max, available - half_open))
    part, whole = PEER_SHARE
    per_peer = max(1, min(limits.connections_per_peer_max, clients * part // whole))
    FILES_SCARCE.emit(descriptors=descriptors, clients=clients)
    return limits._replace(
        connections_max=clients, connections_per_peer_max=per_peer, handshakes_max=half_open
    )


def accounts(limits: Limits) -> tuple[Account, Account]:
    """What the requests of all clients hold, and what waits for all readers."""
    advice = "try again later"
    requests, waiting = "the requests of all connections", "what waits for readers"
    return (
        Account(requests, limits.host_in_flight_bytes_max, advice),
        Account(waiting, limits.host_outbox_bytes_max, advice),
    )
