"""The rule of injecting items, as given, when, then."""

from tests.given import given
from tests.support.store import started
from threadhost.actors.errors import NothingToInject
from threadhost.actors.injection import InjectItems
from threadhost.events.injection import ItemsInjected

ITEM = {"type": "message", "role": "user", "content": []}


def test_injected_items_are_recorded_unchanged() -> None:
    given(started()).when(InjectItems([ITEM], [{"type": "x"}])).then(
        ItemsInjected(items=[ITEM], unknown=[{"type": "x"}])
    )


def test_an_injection_of_nothing_is_refused() -> None:
    given(started()).when(InjectItems([])).refused(NothingToInject, "items must not be empty")
