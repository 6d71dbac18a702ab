"""Reading the pictures that a message names, as a child task of the thread's actor."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from threadhost.actors.ports import Pictures, PictureUnreadable
from threadhost.actors.runtime.tasks import ChildTask, begin
from threadhost.actors.turn import Failure
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.picture import PicturesRead


class PicturesDone(NamedTuple):
    """The pictures of a message were read, or one of them cannot be."""

    run: "PictureRun"
    events: Sequence[PicturesRead] = ()
    failure: Failure | None = None
    urgent: bool = True


Tell = Callable[[PicturesDone], Coroutine[Any, Any, None]]


class PictureRun(ChildTask):
    """The pictures of one message on their way."""

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
            urls = {path: await pictures.data_url(path) for path in dict.fromkeys(self._paths)}
        except PictureUnreadable as unreadable:
            done = PicturesDone(self, failure=Failure(str(unreadable), "badRequest"))
        except Exception as error:  # noqa: BLE001  (whatever it was, it ends the turn alone)
            HOST_FAULT.tell(error, what=f"reading the pictures of turn {self._turn_id}")
            done = PicturesDone(self, failure=Failure("the pictures could not be read", "other"))
        else:
            read = PicturesRead(turn_id=self._turn_id, item_id=self._item_id, urls=urls)
            done = PicturesDone(self, [read])
        await tell(done)
