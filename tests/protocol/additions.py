"""What this host adds to the protocol: a table that `docs/compatibility.md` shows."""

ADDITIONS = [
    ("`position`, `cursor`; `logId` of `initialize`", "where in which log: all before was told"),
    ("`hostEpoch` of `initialize`", "which start of the host it is: each has a greater number"),
    ("`host/events/subscribe`", "notifications from a position or a cursor on, of all threads"),
    ("`host/events/unsubscribe`", "hear only of the threads that were followed before"),
    ("`host/goal/setTree`", "a goal of a root that counts what all threads below it use, too"),
    ("`treeTokensUsed` beside a goal", "what threads below used of it; `null` unless they count"),
    ("`host/goal/extend`", "more tokens for a goal, which goes on if it had none left"),
    ("`nextTurnAtMs` of `thread/goal/updated`", "when the next turn for the goal begins by itself"),
    ("`host/import/codex`, `host/import/progress`", "threads of a codex home, taken in"),
    ("`host/diagnostics/read`", "what is wrong with the home or may become so, and what helps"),
    ("`host/views/rebuild`, `rebuildProgress`", "all lists made anew from the log, meanwhile"),
    ("`host/stats/read`", "what the host holds and does at this moment, in numbers"),
    ("`host/thread/logs`", "what the host noted of its own work for a thread, in pages"),
    ("`host/thread/previewDelete`", "what a deletion would take, changing nothing"),
    ("`job/create`, `list`, `read`, `items/list`", "tables of work that agents do, a row each"),
    ("`job/cancel`, `pause`, `resume`, `retry`", "changing how a job goes on"),
    ("`job/export`, `job/delete`", "the rows of a job to a file, and all of it away"),
    ("`job/created`, `progress`, `item/failed`, `completed`, `exported`, `deleted`", "how jobs go"),
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
