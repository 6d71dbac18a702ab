"""What a log is made of, once it is opened: an engine, its keys, and where it stands."""

from enum import Enum, auto
from typing import Generic, TypeVar

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Engine, Keys
from threadhost.events.store.recorder import Recorder


class Left(Enum):
    """How the files of a log stand, beside how they were when the last host closed it."""

    AS_IT_WAS = auto()
    CHANGED = auto()
    """Somebody else wrote them since, by a restore, a copy or an edit; or they were not in order.

    No blob is swept away then: its event may have been.
    """
    OPEN = auto()
    """The last host did not come to close it."""


E_co = TypeVar("E_co", bound=Engine, covariant=True)
K_co = TypeVar("K_co", bound=Keys, covariant=True)


class Opened(NamedTuple, Generic[E_co, K_co]):
    """A store, open for writing; whoever opens another than ours gives one to `Log`."""

    engine: E_co
    recorder: Recorder
    keys: K_co
    left: Left = Left.AS_IT_WAS

    def close(self) -> None:
        """Close all of it."""
        self.keys.close()
        self.engine.close()
