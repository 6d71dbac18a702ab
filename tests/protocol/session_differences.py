"""What random sessions with both programs side by side showed this host to do otherwise."""

from tests.protocol.kinds_of_difference import Behaviour

OF_SESSIONS = [
    Behaviour(
        "settings with `thread/resume`, where the thread is loaded",
        "passed over while somebody follows it",
        "they hold from the next turn on, and all who follow are told",
    ),
    Behaviour(
        "`modelProvider` without `model`",
        "the model of the configuration file; another one on `thread/resume` is refused",
        "that provider's own default model, on `thread/resume`, too",
    ),
    Behaviour(
        "`runtimeWorkspaceRoots`, and the writable folders of a sandbox",
        "those that were asked for, and what follows from them",
        "the working folder alone, and what `sandboxPolicy` says: no commands are run",
    ),
    Behaviour(
        "`environments` of a thread or of its settings that is empty",
        "a thread without a place",
        "has the place `local` all the same; `thread/settings/update` refuses it",
    ),
    Behaviour(
        "`toolOutput` of `turn/start`",
        "an item `functionCallOutput`, and the output of a call that nobody made",
        "a message of the role user in a tag, as every provider takes it, and an item of it",
    ),
    Behaviour(
        "`additionalContext` of somebody whom the model should not obey",
        "the output of a call that nobody made",
        "a message of the role user in a tag, as every provider takes it",
    ),
    Behaviour(
        "`serviceTierForTurn` and others of a turn that are taken and not used",
        "used",
        "[each says why](reference/parameters.md#turnstart)",
    ),
    Behaviour(
        "a picture of `localImage` that cannot be read",
        "the model is told so, and why",
        "the model is told so; the client is warned, and why",
    ),
    Behaviour(
        "`codexErrorInfo` of a turn that a provider refused",
        "`other`, `httpConnectionFailed` or `responseTooManyFailedAttempts`",
        "what it means: `badRequest`, `unauthorized`, `rateLimitExceeded`; `additionalDetails` has"
        " the provider's code",
    ),
    Behaviour(
        "a thread whose last turn failed, once it is loaded anew",
        "`idle`",
        "`systemError` until its next turn, as before",
    ),
    Behaviour(
        "`preview` of a thread whose first turn was taken back",
        "stays as it is; `thread/list` shows the thread twice once something else is said",
        "empty until something else is said, then that",
    ),
    Behaviour(
        "`preview` of a thread whose first words are long, and of one in memory",
        "all of them, and none",
        "the first 2,000 characters, of both",
    ),
    Behaviour(
        "a thread that was told something, but nothing in words",
        "is in no list",
        "is listed, with an empty `preview`",
    ),
    Behaviour(
        "model, effort, tier and sandbox of a fork",
        "those of the configuration file",
        "those of its source",
    ),
    Behaviour(
        "a thread that is resumed after a restart: its sandbox, its model where another effort is"
        " asked for, and its effort where another model is",
        "those of the configuration file",
        "as they were",
    ),
    Behaviour(
        "`cwd` of a thread that works elsewhere by now, in `thread/list`, and its filter",
        "where it began",
        "where it works, as everywhere",
    ),
    Behaviour(
        "a thread of the history mode `legacy`",
        "`thread/items/list` is refused; no times of items, no `threadSource`",
        "as any other",
    ),
    Behaviour(
        "the service tier of a thread that has none and of which turns were taken back, once it is"
        " loaded anew",
        "`default`, which is none, too",
        "`null`, as before",
    ),
    Behaviour(
        "`developer_instructions` of the collaboration mode of a thread",
        "its own, beside those of the thread",
        "those of the thread, which a mode with some replaces",
    ),
    Behaviour(
        "a service tier that the model is not known to have",
        "`null`, or shown and not sent",
        "shown and sent",
    ),
    Behaviour(
        "the tokens of the last response, once a history was summed up",
        "none, but for a `totalTokens` that estimates what is left",
        "those of the response that summed it up",
    ),
    Behaviour(
        "`createdAt` of a thread of which turns were taken back",
        "when they were",
        "when it was started",
    ),
    Behaviour(
        "`recencyAt` of a thread whose history is summed up by hand",
        "as before",
        "when that began",
    ),
    Behaviour(
        "the tokens of a thread in all, once turns were taken back",
        "those of the turns that are left",
        "all that it used",
    ),
    Behaviour(
        "`thread/resume` and `thread/fork` with `excludeTurns`",
        "tell of no tokens",
        "tell of the tokens of the thread as ever",
    ),
    Behaviour(
        "name, metadata and revert of an archived thread, and a fork of one",
        "`no rollout found`, or that it is archived",
        "are done; it stays archived",
    ),
    Behaviour(
        "a tool of a client whose schema is no object's",
        "offered",
        "refused, where a provider would refuse the turn",
    ),
    Behaviour(
        "name and queue of a thread in memory",
        "refused",
        "as of any other thread",
    ),
    Behaviour(
        "`forkedFromId` in `thread/list`",
        "`null`",
        "the source, as everywhere",
    ),
    Behaviour(
        "a `backwardsCursor` of `thread/list`, used without turning round",
        "the same page again, and what came in the same second",
        "what follows the first thread of that page; turned round, the same in both",
    ),
    Behaviour(
        "`thread/list` by a project that is not there, by `originators`, or by filters at odds",
        "refused",
        "lists what all the filters let through, which may be nothing",
    ),
]
