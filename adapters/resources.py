"""The limits of the system on scarce resources, and how this process shares them out."""

import os
import resource
from contextlib import suppress

from threadhost.actors.account import Account
from threadhost.adapters.config import Limits
from threadhost.events.operator_log import FILES_SCARCE

RESERVE_MIN, RESERVE_SHARE = 96, 8
"""Descriptors that connections never get: this number, and this share of the rest.

The store, its keys, the threads that read it and blobs being written take some sixty at most; a
call of a model takes one.
"""
HALF_OPEN_SHARE = 4
PEER_SHARE = 3, 4
ENOUGH = 10_240
"""The number that is requested where the system has no limit: some systems allow no more."""

RETRY_S = 0.05
"""The delay before a retry after files, memory or threads ran out."""

MMAP_THRESHOLD = -3
"""The C library's M_MMAP_THRESHOLD."""
LARGE_BLOCK_BYTES = 1024 * 1024
NICENESS = 10
"""Under load a process of the usual priority gets nine times as much."""


def raise_descriptors() -> int:
    """Raise this process's limit on open files as far as possible; returns the limit."""
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
    """Return freed blocks of 1 MiB or more to the system at once.

    By default the C library keeps such blocks after the first large message: 24 clients that read
    nothing then leave 320 MiB behind, and with this call 100. Does nothing with a C library other
    than glibc.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def step_back() -> None:
    """Lower this process's priority below all others: nobody waits for it."""
    with suppress(OSError):
        os.nice(NICENESS)


def shared_out(limits: Limits, descriptors: int) -> Limits:
    """The limits, with connections reduced to what so many descriptors allow.

    The reserve is for the store and for models: the host refuses a client rather than let it keep
    another's turn from being written.
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
    """The accounts for all clients' requests, and for all data that waits for readers."""
    advice = "try again later"
    requests, waiting = "the requests of all connections", "messages that clients have not read yet"
    return (
        Account(requests, limits.host_in_flight_bytes_max, advice),
        Account(waiting, limits.host_outbox_bytes_max, advice),
    )
