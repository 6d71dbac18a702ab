"""Reading the pictures that a message names, as a child task of the thread's actor."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from threadhost.actors.ports import Pictures, PictureUnreadable
from threadhost.actors.response import Failure
from threadhost.actors.runtime.tasks import ChildTask, begin
from threadhost.events.base import Event
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.picture import PicturesRead
from threadhost.events.warning import TurnWarned

SHOWN_BYTES_MAX = 30 * 1024 * 1024
"""The limit of all pictures of a message: they become one event, which may hold little more."""
NAMED_MAX = 3
"""How many pictures a warning names."""
TOO_MANY = (
    "the picture {} cannot be shown to a model: it is too large together with the"
    " pictures before it"
)


class PicturesDone(NamedTuple):
    """The readable pictures of a message were read."""

    run: "PictureRun"
    events: Sequence[Event] = ()
    failure: Failure | None = None
    urgent: bool = True


Tell = Callable[[PicturesDone], Coroutine[Any, Any, None]]


class PictureRun(ChildTask):
    """Reads the pictures of one message."""

    __slots__ = ("_item_id", "_paths", "_turn_id")

    def __init__(self, turn_id: str, item_id: str, paths: Sequence[str]) -> None:
        super().__init__()
        self._turn_id = turn_id
        self._item_id = item_id
        self._paths = paths

    def start(self, pictures: Pictures, tell: Tell) -> None:
        """Begin to read."""
        self.task = begin(self._run(pictures, tell))

    async def _run(self, pictures: Pictures, tell: Tell) -> None:
        try:
            urls, faults = await self._read(pictures)
        except Exception as error:  # noqa: BLE001  (any error: it ends only the turn)
            HOST_FAULT.emit(error, what=f"reading the pictures of turn {self._turn_id}")
            done = PicturesDone(self, failure=Failure("the pictures could not be read", "other"))
        else:
            read = PicturesRead(turn_id=self._turn_id, item_id=self._item_id, urls=urls)
            done = PicturesDone(self, [*self._warning(faults), read])
        await tell(done)

    async def _read(self, pictures: Pictures) -> tuple[dict[str, str], list[str]]:
        """The data URLs of the pictures by path, and the reasons why others cannot be shown."""
        urls: dict[str, str] = {}
        faults: list[str] = []
        remaining_bytes = SHOWN_BYTES_MAX
        for path in dict.fromkeys(self._paths):
            try:
                url = await pictures.data_url(path)
            except PictureUnreadable as unreadable:
                faults.append(str(unreadable))
                continue
            if len(url) > remaining_bytes:
                faults.append(TOO_MANY.format(path))
            else:
                urls[path], remaining_bytes = url, remaining_bytes - len(url)
        return urls, faults

    def _warning(self, faults: Sequence[str]) -> Sequence[Event]:
        if not faults:
            return ()
        tail = f"; the same is true of {len(faults) - NAMED_MAX} more pictures" * (
            len(faults) > NAMED_MAX
        )
        words = "; ".join(faults[:NAMED_MAX]) + tail
        return (TurnWarned(turn_id=self._turn_id, code="pictureUnread", message=words),)
