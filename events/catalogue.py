"""Every type of event there is: whoever imports this knows them all."""

from threadhost.events import client as _client  # noqa: F401  (declares those of clients)
from threadhost.events import fold as _fold  # noqa: F401  (declares those of threads and trees)
from threadhost.events import host as _host  # noqa: F401  (declares those of the host)
from threadhost.events.base import KINDS as KINDS  # noqa: PLC0414  (handed on)
