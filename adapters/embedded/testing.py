"""Contract suites for stores; see docs/stores.md. Needs pytest and pytest-asyncio."""

from threadhost.adapters.testing.engine import EngineContract
from threadhost.adapters.testing.host import HostContract
from threadhost.adapters.testing.keys import KeysContract
from threadhost.adapters.testing.ownership import OwnershipContract

__all__ = ["EngineContract", "HostContract", "KeysContract", "OwnershipContract"]
