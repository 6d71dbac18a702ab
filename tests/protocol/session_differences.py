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
        "`rootTurnId`, `serviceTierForTurn` and others of a turn that are taken and not used",
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
        "what is said next; `thread/list` shows the thread twice meanwhile",
        "what was said first of all",
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
        "`reasoningEffort` of a thread",
        "how long its model thinks",
        "`null`: the answers that load it say so, and `thread/settings/updated`",
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
