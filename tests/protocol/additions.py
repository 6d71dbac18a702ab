"""What this host adds to the protocol, as `docs/compatibility.md` shows it."""

from collections.abc import Iterator

from tests.protocol.differences import HERE
from tests.protocol.reference_methods import ALL, NOTIFICATIONS, OLDER
from tests.support.reference import first_words
from threadhost.adapters.jsonrpc.models import catalog

FIELDS = [
    (
        "`position`, `cursor`; `logId` of `initialize`",
        (
            "the place of a notification in the log, and"
            " the id of the log; the client has all notifications up to there"
        ),
    ),
    (
        "`hostEpoch` of `initialize`",
        "the number of the host's start, greater than that of every earlier start",
    ),
    (
        "`treeTokensUsed` beside a goal",
        "the tokens that threads below used for it; `null` unless these count",
    ),
    ("`nextTurnAtMs` of `thread/goal/updated`", "when the next turn for the goal begins by itself"),
    ("`parentThreadId` of `thread/start`", "the parent of the new thread, which joins its tree"),
    (
        "`modelProvider` and `contextWindow` in `model/list`",
        "the provider of a model, and the tokens of its context window",
    ),
    (
        "`unusedKeys` of a layer in `config/read`",
        "the keys of the file that this host does not use",
    ),
    (
        "`data.reason` of every error",
        "[the reason](reference/errors.md), for programs; codex shows it after the message",
    ),
    (
        "`idempotencyKey` of methods that change something",
        (
            "a request that the same client repeats within seven days has no second effect and"
            " gets the same answer; clients are the same if `clientInfo.name` and the `sub` of the"
            " token are"
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
