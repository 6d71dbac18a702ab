"""What this host adds to the protocol, as `docs/compatibility.md` shows it."""

from collections.abc import Iterator

from tests.protocol.differences import HERE
from tests.protocol.reference_methods import ALL, NOTIFICATIONS, OLDER
from tests.support.reference import first_words
from threadhost.adapters.jsonrpc.models import catalog

FIELDS = [
    ("`position`, `cursor`; `logId` of `initialize`", "where in which log: all before was told"),
    ("`hostEpoch` of `initialize`", "which start of the host it is: each has a greater number"),
    ("`treeTokensUsed` beside a goal", "what threads below used of it; `null` unless they count"),
    ("`nextTurnAtMs` of `thread/goal/updated`", "when the next turn for the goal begins by itself"),
    ("`parentThreadId` of `thread/start`", "the new thread joins a tree"),
    ("`modelProvider` and `contextWindow` in `model/list`", "whose a model is, and its tokens"),
    ("`unusedKeys` of a layer in `config/read`", "what the file says and this host does not use"),
    (
        "`data.reason` of every error",
        "[why](reference/errors.md), for programs; codex shows it behind the words",
    ),
    (
        "`idempotencyKey` of methods that change something",
        (
            "the same client's request, repeated within seven days, does nothing and gives the same"
            " answer; a client is who has the same `clientInfo.name` and `sub` of its token"
        ),
    ),
]


def additions() -> Iterator[tuple[str, str]]:
    """Fields, methods and notifications that the reference has not, and what each is for."""
    yield from FIELDS
    for name in sorted(HERE.keys() - {*ALL, *OLDER}):
        yield f"`{name}`", first_words(HERE[name].handler)
    for name in sorted(catalog.NOTIFICATIONS.keys() - {*NOTIFICATIONS}):
        yield f"`{name}`", first_words(catalog.NOTIFICATIONS[name])
