"""Where this host does not do what the reference did, each with the reason: one table of each kind.

`docs/compatibility.md` shows these tables, and a test compares the two.
"""

from tests.protocol.agent_differences import OF_AGENTS
from tests.protocol.kinds_of_difference import (
    ANY,
    Behaviour,
    Dropped,
    OneOf,
    Silent,
    Value,
    Words,
)
from tests.protocol.session_differences import OF_SESSIONS
from threadhost.adapters.jsonrpc import methods as _  # noqa: F401 - fills the registry
from threadhost.adapters.jsonrpc.not_offered import LATER as COMES_LATER
from threadhost.adapters.jsonrpc.not_offered import NOT_OFFERED
from threadhost.adapters.jsonrpc.registry import registry

HERE = {method.name: method for method in registry}
"""The methods of this host."""


SILENT = [
    Silent("account/rateLimits/updated", "there is no account whose limits could change"),
    Silent(
        "configWarning",
        "it warns of a sandbox program; the host sends a `warning` for keys of a file that it does"
        " not use",
    ),
    Silent("rawResponse/completed", "the host sends the provider's output as items"),
    Silent("rawResponseItem/completed", "the same, also with `experimentalRawEvents`"),
    Silent("deprecationNotice", "reading a thread with its turns is not deprecated here"),
    Silent("remoteControl/status/changed", "the host has no remote control"),
    Silent("thread/readState/changed", "the host does not store what a person has read"),
    Silent(
        "warning",
        "the reference warns of unknown models; this host of turns, gaps, omissions",
    ),
]

VALUES = [
    Value(
        r"\bparams\._meta\.persist$",
        ["session"],
        '`["session"]`',
        "the host writes no file with permanent approvals",
    ),
    Value(
        r"\bitem\.reasoningEffort$",
        OneOf((None, "silly")),
        "`null` unless chosen",
        "the host does not know the default effort of a model",
    ),
    Value(
        r"\bparams\.isBlocking$",
        True,
        "`true`",
        "the turn waits for the answers, as in the reference",
    ),
    Value(r"\breadState$", None, "`null`", "the host does not store what a person has read"),
    Value(r"\breadStates$", {}, "`{}`", "likewise"),
    Value(
        r"\bmodelContextWindow$",
        None,
        "`null` unless the configuration or the thread says it",
        "the program contains no metadata of models",
    ),
    Value(r"\b\w*Cursor$", ANY, "another text", "cursors are opaque"),
    Value(
        r"\bparams\.(turn\.)?error\.message$",
        ANY,
        "another text",
        "the message of a model's failure is that of its provider, or of this host",
    ),
    Value(
        r"\bdata\[\]\.canAcceptDirectInput$",
        OneOf((True, None)),
        "`true` if loaded",
        "a list returns the same value as a read",
    ),
]

WORDS = [
    Words(
        "thread/delete",
        "no rollout found for thread id",
        "thread not found:",
        "a thread is more than its rollout; an earlier version of the reference used these words,"
        " too",
    ),
]

REQUESTS = [
    ("item/tool/call", "sent", "for tools that a client offers with `dynamicTools`"),
    ("item/tool/requestUserInput", "sent", "if the thread or the host allows it"),
    ("mcpServer/elicitation/request", "sent", "by the thread's approval policy"),
    ("item/commandExecution/requestApproval", "never", "this host runs no commands"),
]
"""What the host asks of clients, of all that clients may be asked."""

DROPPED = [
    Dropped(
        "commandExecution", "this host runs no commands; the model gets that answer and goes on"
    ),
]

LATER = sorted(n for n, why in NOT_OFFERED.items() if why == COMES_LATER and n not in HERE)
"""Methods that come later: a step that asks for one of them is passed over."""

BEHAVIOURS = [
    *OF_AGENTS,
    *OF_SESSIONS,
    Behaviour(
        "a model calls a client's tool, and several clients follow the thread",
        "all are asked",
        "one at a time: first the client that caused the turn; another one if it disconnects or"
        " supports no tools",
    ),
    Behaviour(
        "the token usage of a response that called tools",
        "sent after their answers",
        "sent when the response ends, before the answers",
    ),
    Behaviour(
        "a request to clients that a client answers with an error, or that no client is left to"
        " answer",
        "`dynamic tool request failed`",
        "the same words, then the reason",
    ),
    Behaviour(
        "the name of a client that is long or not printable, as `originator`",
        "the name",
        "a digest of it, since the log keeps it for ever; filters accept the whole name",
    ),
    Behaviour(
        "`//srv/b` as a working folder",
        "unchanged",
        "`/srv/b`, also in lists",
    ),
    Behaviour(
        "`deferLoading` of a tool",
        "the model finds the tool by searching",
        "the tool is offered like the others",
    ),
    Behaviour(
        "an invalid message: no JSON, a batch, an id that is null, a fraction or too large",
        "no answer; a line that is not UTF-8 ends the process",
        "an error with its id if that can be read, else with null; the connection stays open",
    ),
    Behaviour(
        "an error about params or a method",
        "the error",
        "the same words, then the expected value and the field",
    ),
    Behaviour(
        "a method that is not offered",
        "-",
        "the error -32601, which clients tolerate, with the reason",
    ),
    Behaviour(
        "`turn/start` on a thread that is stored but not loaded",
        "`thread not found`",
        "the thread is loaded and followed; one loaded already is only used, as in the reference",
    ),
    Behaviour(
        "`turn/started` and the reply to `turn/start`",
        "either may come first",
        "the reply comes first",
    ),
    Behaviour(
        "`thread/inject_items` on a thread that is stored but not loaded",
        "`thread not found`",
        "the items join its history; it stays stored",
    ),
    Behaviour(
        "an injected item that lacks a required field of its type",
        "the error",
        "the same words; an item of an unknown type is stored, but no model sees it",
    ),
    Behaviour(
        "a turn is interrupted or fails while others wait in its thread's queue",
        "not recorded",
        (
            "the others wait until a client starts or queues a turn in the thread; after a restart"
            " of the host the queue goes on by itself"
        ),
    ),
    Behaviour(
        "ids of items, and of the calls of tools",
        "those of the model's provider",
        "those of the host, unique in a thread; `callId` is the id of the item",
    ),
    Behaviour(
        "a turn is interrupted, or fails, in the middle of a message",
        "the text so far is lost, and its item never ends",
        (
            "the item ends with the text so far and `incomplete: true`; the model sees it, and"
            " that the turn was interrupted"
        ),
    ),
    Behaviour(
        "an answer breaks off, and the next call answers differently",
        "not recorded",
        "the item ends with the text so far and `incomplete: true`; the other answer is an item of"
        " its own",
    ),
    Behaviour(
        "a client joins while a model works on an item",
        "not recorded",
        "after the answer it gets the item and its text so far, also for running items of the"
        " thread's agents",
    ),
    Behaviour(
        "a compaction is over",
        "its item `contextCompaction` is complete",
        "the same, and `thread/compacted` is sent",
    ),
    Behaviour(
        "a compaction without a summary",
        "not recorded",
        (
            "the history stays; if a client asked for it, its turn fails; within another turn the"
            " host sends a `warning`, and that turn goes on"
        ),
    ),
    Behaviour(
        "`thread/revert` on a thread that is stored, or behind a compaction",
        "not recorded",
        (
            "it stays stored; the model sees what it saw before that turn, and a later summary is"
            " removed, too"
        ),
    ),
    Behaviour(
        "a thread that never had a turn",
        "cannot be read with its turns; is gone after a restart, but a fork without turns is"
        " listed",
        "can be read, without turns; stays until it is deleted; no such thread is listed",
    ),
    Behaviour(
        "a turn that is interrupted",
        "repeats the token usage of the previous turn",
        "sends the token usage when a response ends",
    ),
    Behaviour(
        "the shutdown of a tree that is deleted",
        "one thread after another, the root first",
        "all threads together, in no promised order",
    ),
    Behaviour(
        "a file that cannot be removed in the middle of a deletion",
        "files are gone and nothing is announced; the rest can be read only in part",
        "deleted threads are announced before the error; each thread is there completely or not at"
        " all",
    ),
    Behaviour(
        "the same deletion again after that",
        "announces every thread of the tree",
        "announces the threads deleted now: each thread is announced once",
    ),
    Behaviour(
        "a request to a loopback port with another name in `Host`",
        "served",
        "refused with 403, against DNS rebinding by web pages",
    ),
    Behaviour(
        "a request with two `Authorization` headers",
        "the first counts",
        "refused with 401, like a request without a readable one",
    ),
    Behaviour(
        "a new connection, and `/readyz`, while the host drains",
        "not recorded",
        "503; `/healthz` stays 200, and connected clients can still read",
    ),
    Behaviour(
        "a thread is read while another client changes or deletes it",
        "the read waits: requests for one thread are done in the order of arrival",
        "the read returns the committed state at once; a client that makes the change itself reads"
        " the old state before it and the new one after it",
    ),
    Behaviour(
        "a child thread",
        "the model spawns it; it gets a nickname, and a list shows it as a tree of its own",
        "a client starts it with `parentThreadId`; lists and reads show the session of its root",
    ),
    Behaviour(
        "`thread/settings/update` on a thread that is stored but not loaded",
        "`thread not found`",
        "the settings are changed, and the thread stays stored",
    ),
    Behaviour(
        "`developer_instructions` of more than 65,536 characters in `thread/settings/updated`",
        "sent completely with each change",
        "`null`, which changes nothing when a client sends it back; `thread/resume` has the whole"
        " text",
    ),
    Behaviour(
        "settings that change while a turn runs",
        "-",
        "the turn keeps the settings that it began with, also for its later requests to the model",
    ),
    Behaviour(
        "`activePermissionProfile` of a thread that was given neither `permissions` nor `sandbox`",
        "the profile of the default",
        "`null`: no profile was chosen",
    ),
    Behaviour(
        "collaboration modes",
        "Plan and Default",
        "Default; Plan is refused by name, with a turn or without",
    ),
    Behaviour(
        "an active goal between two of its turns",
        "the next turn begins at once, some 15 a second",
        "the next turn begins after a wait that doubles while the model only talks; `nextTurnAtMs`"
        " of `thread/goal/updated` is its time; `--goal-wait 0` means no wait",
    ),
    Behaviour(
        "an active goal when the host is started",
        "waits until its thread is resumed",
        "goes on by itself, unless it was interrupted",
    ),
    Behaviour(
        "how the model gets a goal",
        "the objective once, as the output of a call that no model made",
        "the objective in the first message of each turn for it, which every provider accepts",
    ),
    Behaviour(
        "`timeUsedSeconds` of a goal",
        "not recorded",
        "the time of turns while it is active, without the waits between them",
    ),
    Behaviour(
        "`thread/goal/set` that makes the goal of a stored thread active",
        "not recorded",
        "the thread is loaded, and the goal goes on",
    ),
    Behaviour(
        "`usageLimited`",
        "a usage limit of the account ends a turn; not recorded, because 429 alone is no such"
        " limit",
        "the provider reports that the quota is used up, which ends a turn; or a client sets the"
        " status",
    ),
    Behaviour(
        "`thread.path` of a stored thread",
        "its rollout file",
        "the same with `--rollouts codex`, slightly behind the log; else the path that the file"
        " would have",
    ),
    Behaviour(
        "`thread/search`",
        "does not look at names",
        "finds up to 1,000 characters in names and first messages, whatever their case and accents",
    ),
    Behaviour(
        "`thread/search/stream`",
        "sends some or none of the hits in `thread/search/partial` as it finds them",
        (
            "sends the first hits of the page in its order, as long as there are more than five,"
            " and never the last part; sends none while it replays the log"
        ),
    ),
    Behaviour(
        "`model/list`",
        "a catalogue that is part of the program",
        "the models that the configuration file describes, those of other providers than the"
        " default as `PROVIDER:MODEL`; a thread may name any other that its provider has",
    ),
    Behaviour(
        "`model` of `thread/start`, `thread/resume`, `thread/fork`, `turn/start` and of settings",
        "a model of the thread's provider",
        "the same, or `PROVIDER:MODEL`, which also changes the provider",
    ),
    Behaviour(
        "a thread whose provider is not configured any more",
        "not recorded",
        "can be loaded and read; its next turn fails with the names of the existing providers",
    ),
    Behaviour(
        "unknown keys of `config.toml`",
        "ignored, unless strict mode is on",
        "stop the start, with the line and the nearest key",
    ),
    Behaviour(
        '`wire_api = "chat"`',
        "refused since it was removed",
        "supported",
    ),
    Behaviour(
        "`config/read`",
        "the values of files and flags, with their layers",
        "the values of a new thread; the layers are the configuration file, with the keys that"
        " this host uses, and the options of the start; neither contains secrets",
    ),
]
