"""What random sessions with both programs side by side showed this host to do otherwise."""

from tests.protocol.kinds_of_difference import Behaviour

OF_SESSIONS = [
    Behaviour(
        "settings in `thread/resume` of a loaded thread",
        "ignored while a connection follows it",
        "they apply from the next turn on, and all followers are notified",
    ),
    Behaviour(
        "`modelProvider` without `model`",
        "the model of the configuration file; `thread/resume` refuses another provider",
        "the default model of that provider, also for `thread/resume`",
    ),
    Behaviour(
        "`runtimeWorkspaceRoots`, and the writable folders of a sandbox",
        "the requested ones, and those derived from them",
        "the working folder alone, and those of `sandboxPolicy`: the host runs no commands",
    ),
    Behaviour(
        "an empty `environments` of a thread or of its settings",
        "a thread without an environment",
        "the thread has the environment `local`; `thread/settings/update` refuses the empty list",
    ),
    Behaviour(
        "`toolOutput` of `turn/start`",
        "an item `functionCallOutput`, and the output of a call that no model made",
        "a message of the role user in a tag, which every provider accepts, and an item of it",
    ),
    Behaviour(
        "untrusted `additionalContext`",
        "the output of a call that no model made",
        "a message of the role user in a tag, which every provider accepts",
    ),
    Behaviour(
        "`serviceTierForTurn` and other parameters of a turn that are ignored",
        "used",
        "[ignored, each for a reason](reference/parameters.md#turnstart)",
    ),
    Behaviour(
        "a picture of `localImage` that the host cannot read",
        "the model gets a note with the reason",
        "the model gets a note; the client gets a warning with the reason",
    ),
    Behaviour(
        "`codexErrorInfo` of a turn that a provider refused",
        "`other`, `httpConnectionFailed` or `responseTooManyFailedAttempts`",
        "the specific value: `badRequest`, `unauthorized`, `rateLimitExceeded`;"
        " `additionalDetails` has the provider's code",
    ),
    Behaviour(
        "a thread whose last turn failed, after it is loaded again",
        "`idle`",
        "`systemError` until its next turn, as before",
    ),
    Behaviour(
        "`thread/items/list` with the id of no turn of the thread",
        "an empty page",
        "`turn not found`",
    ),
    Behaviour(
        "a turn that `thread/fork` or `thread/revert` cannot find, or that has not ended",
        "`turn not found`, or that it is in progress",
        "`turn not found or not ended`",
    ),
    Behaviour(
        "`turn/start` on an archived thread",
        "`thread not found`",
        "that it is archived, as `thread/resume` says",
    ),
    Behaviour(
        "`thread/delete` of a thread that has forks",
        "is refused: `forked history still references it`",
        "the thread is deleted; its forks are copies and stay",
    ),
    Behaviour(
        "input of more than 1,048,576 characters",
        "the error -32602",
        "taken, up to [16 MiB](reference/fields.md)",
    ),
    Behaviour(
        "a request with the id of one that is not answered yet",
        "both are answered",
        "the second is refused",
    ),
    Behaviour(
        "a client answers `item/tool/call`",
        "no `serverRequest/resolved`, which answers to other requests get",
        "`serverRequest/resolved`, as for other requests",
    ),
    Behaviour(
        "`contentItems` of a client's tool whose turn was interrupted",
        "`[]`",
        "a text that the turn ended before the call was answered",
    ),
    Behaviour(
        "a turn fails",
        "the status `systemError`, then `error`, then `turn/completed`",
        "`error`, then the status `systemError`, then `turn/completed`",
    ),
    Behaviour(
        "`turn/completed` of a turn whose last message is empty",
        "has no item",
        "has that message, as any other",
    ),
    Behaviour(
        "the turns of an ephemeral thread",
        "cannot be read, listed or reverted, and the thread cannot be resumed",
        "as those of any other thread",
    ),
    Behaviour(
        "an empty `model`",
        "`thread/start` refuses it; a turn uses it",
        "`thread/start` uses the default model; a turn refuses it",
    ),
    Behaviour(
        "`thread/queue/*` of an unknown thread",
        "the error -32603",
        "`thread not found`, -32600",
    ),
    Behaviour(
        "`preview` of a thread whose first turn was reverted",
        "unchanged; `thread/list` shows the thread twice after the next input",
        "empty until the next input, then that input",
    ),
    Behaviour(
        "`preview` of a thread whose first words are long, and of an ephemeral thread",
        "all words, and none",
        "the first 2,000 characters of both",
    ),
    Behaviour(
        "a thread whose input has no text",
        "not listed",
        "listed, with an empty `preview`",
    ),
    Behaviour(
        "model, effort, tier and sandbox of a fork",
        "those of the configuration file",
        "those of its source",
    ),
    Behaviour(
        "a thread that is resumed after a restart: its sandbox; its model if another effort is"
        " requested; its effort if another model is requested",
        "those of the configuration file",
        "as they were",
    ),
    Behaviour(
        "`cwd` in `thread/list`, and its filter, of a thread whose working folder changed",
        "its first folder",
        "its current folder, as in other methods",
    ),
    Behaviour(
        "a thread of the history mode `legacy`",
        "`thread/items/list` is refused; no times of items, no `threadSource`",
        "as any other",
    ),
    Behaviour(
        "the service tier of a thread without one, after turns were reverted and it is loaded"
        " again",
        "`default`, which also means none",
        "`null`, as before",
    ),
    Behaviour(
        "`developer_instructions` of the collaboration mode of a thread",
        "its own, in addition to those of the thread",
        "those of the thread; a mode that has some replaces them",
    ),
    Behaviour(
        "a service tier that is not known for the model",
        "`null`, or shown and not sent",
        "shown and sent",
    ),
    Behaviour(
        "the tokens of the last response, after a compaction",
        "none, except a `totalTokens` that estimates the remaining history",
        "those of the response with the summary",
    ),
    Behaviour(
        "`createdAt` of a thread of which turns were reverted",
        "the time of the revert",
        "the time of its start",
    ),
    Behaviour(
        "`recencyAt` of a thread that a client compacts",
        "as before",
        "the start of the compaction",
    ),
    Behaviour(
        "the total tokens of a thread, after turns were reverted",
        "those of the remaining turns",
        "all tokens that it used",
    ),
    Behaviour(
        "`thread/resume` and `thread/fork` with `excludeTurns`",
        "send no token usage",
        "send the token usage of the thread, as without it",
    ),
    Behaviour(
        "name, metadata and revert of an archived thread, and a fork of one",
        "`no rollout found`, or that it is archived",
        "carried out; the thread stays archived",
    ),
    Behaviour(
        "a client's tool whose schema does not describe an object",
        "offered",
        "refused, because providers would refuse the turn",
    ),
    Behaviour(
        "name and queue of an ephemeral thread",
        "refused",
        "as for any other thread",
    ),
    Behaviour(
        "`forkedFromId` in `thread/list`",
        "`null`",
        "the source, as in other methods",
    ),
    Behaviour(
        "a `backwardsCursor` of `thread/list`, used with the same direction",
        "the same page again, and threads of the same second",
        "the threads after the first one of that page; with the other direction both servers do"
        " the same",
    ),
    Behaviour(
        "`thread/list` with an unknown project, with `originators`, or with contradictory filters",
        "refused",
        "lists the threads that match all filters, which may be none",
    ),
]
