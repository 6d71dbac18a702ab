"""A client's process whose hosts come and go."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.successive_hosts import Hosts

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    handlers = [(number, signal.getsignal(number)) for number in SIGNALS]
    hosts = Hosts(monkeypatch)
    yield hosts
    hosts.close()
    wakeup = signal.set_wakeup_fd(-1)
    if wakeup >= 0:
        os.close(wakeup)
    for number, handler in handlers:
        signal.signal(number, handler)
