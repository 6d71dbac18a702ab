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
        "it warns of a sandbox program; keys of a file without a use here are told as `warning`",
    ),
    Silent("rawResponse/completed", "what a provider sends is told as items"),
    Silent("rawResponseItem/completed", "likewise, with `experimentalRawEvents`, too"),
    Silent("deprecationNotice", "reading a thread with its turns is not deprecated here"),
    Silent("remoteControl/status/changed", "there is no remote control that could be on or off"),
    Silent("thread/readState/changed", "what a person has read is not kept"),
    Silent("warning", "theirs warns of an unknown model; ours of turns, gaps, what is left out"),
]

VALUES = [
    Value(
        r"\bparams\._meta\.persist$",
        ["session"],
        '`["session"]`',
        "what is approved for ever is said in no file of this host's",
    ),
    Value(
        r"\bitem\.reasoningEffort$",
        OneOf((None, "silly")),
        "`null` unless chosen",
        "how much effort a model makes by itself is for its provider to say",
    ),
    Value(
        r"\bparams\.isBlocking$",
        True,
        "`true`",
        "the turn waits for the answers, as theirs does, too",
    ),
    Value(r"\breadState$", None, "`null`", "what a person has read is not kept"),
    Value(r"\breadStates$", {}, "`{}`", "likewise"),
    Value(
        r"\bmodelContextWindow$",
        None,
        "`null` unless the configuration or the thread says it",
        "no metadata of models comes with the program",
    ),
    Value(r"\b\w*Cursor$", ANY, "another text", "cursors are opaque"),
    Value(
        r"\bparams\.(turn\.)?error\.message$",
        ANY,
        "another text",
        "a failure of a model is told in the words of its provider, or in ours",
    ),
    Value(
        r"\bdata\[\]\.canAcceptDirectInput$",
        OneOf((True, None)),
        "`true` if loaded",
        "a list says of a thread what a read says of it",
    ),
]

WORDS = [
    Words(
        "thread/delete",
        "no rollout found for thread id",
        "thread not found:",
        "a thread is more than its rollout; an earlier reference said so, too",
    ),
]

REQUESTS = [
    ("item/tool/call", "sent", "for tools that a client offered with `dynamicTools`"),
    ("item/tool/requestUserInput", "sent", "where the thread or the host allows it"),
    ("mcpServer/elicitation/request", "sent", "by the thread's approval policy"),
    ("item/commandExecution/requestApproval", "never", "this host runs no commands"),
]
"""What the host asks of clients, of all that clients may be asked."""

DROPPED = [
    Dropped("commandExecution", "this host runs no commands; the model is told so and goes on"),
]

LATER = sorted(n for n, why in NOT_OFFERED.items() if why == COMES_LATER and n not in HERE)
"""Methods that come later: a step that asks for one of them is passed over."""

BEHAVIOURS = [
    *OF_AGENTS,
    *OF_SESSIONS,
    Behaviour(
        "a model calls a client's tool, and several clients follow the thread",
        "all are asked",
        "one at a time: who caused the turn first, the next if it goes away or knows no tools",
    ),
    Behaviour(
        "the token usage of a response that called tools",
        "told after their answers",
        "told when the response is over, before them",
    ),
    Behaviour(
        "a request to clients that a client fails, or that nobody is left to answer",
        "`dynamic tool request failed`",
        "the same words, then why",
    ),
    Behaviour(
        "the name of a client that is long or not printable, as `originator`",
        "the name",
        "a digest of it, since the log keeps it for ever; filters take the whole name",
    ),
    Behaviour(
        "`//srv/b` as a working folder",
        "stays as it is",
        "`/srv/b`, in lists too",
    ),
    Behaviour(
        "`deferLoading` of a tool",
        "the model finds the tool by searching",
        "the tool is offered like the others",
    ),
    Behaviour(
        "a message that is none: no JSON, a batch, an id that is null, a fraction or too large",
        "no answer; a line that is not UTF-8 ends the process",
        "an error under its id as far as one can be read, else null; the connection lives",
    ),
    Behaviour(
        "an error about params or a method",
        "the fault",
        "the same words, then what was expected and at which field",
    ),
    Behaviour(
        "a method that is not offered",
        "-",
        "-32601, which clients tolerate, with the reason",
    ),
    Behaviour(
        "`turn/start` on a thread that is stored but not loaded",
        "`thread not found`",
        "it is loaded, and the caller hears it from there on",
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
        "an item to inject that lacks a field which its type needs",
        "the fault",
        "the same words; an item of an unknown type is kept, and shown to no model",
    ),
    Behaviour(
        "a turn that is interrupted or fails while others wait in its thread's queue",
        "not recorded",
        (
            "they wait until a client starts or queues a turn there; "
            "after a restart of the host a queue goes on by itself"
        ),
    ),
    Behaviour(
        "ids of items, and of the calls of tools",
        "those that the model's provider gave",
        "the host's own, unique in a thread; `callId` is the id of the item",
    ),
    Behaviour(
        "a turn that is interrupted, or fails, in the middle of a message",
        "what was said of it is gone, its item never ends",
        (
            "the item ends as far as it came, with `incomplete: true`; the model is shown it, "
            "and that the turn was interrupted"
        ),
    ),
    Behaviour(
        "an answer that breaks off and is said otherwise by the next call",
        "not recorded",
        "the item ends as far as it came, with `incomplete: true`; the other is one of its own",
    ),
    Behaviour(
        "a client that joins while a model is at work on an item",
        "not recorded",
        "it is told of the item and of its text so far, behind its answer; so it is of what the"
        " agents of the thread are at work on",
    ),
    Behaviour(
        "a compaction is over",
        "its item `contextCompaction` is complete",
        "likewise, and `thread/compacted` says so",
    ),
    Behaviour(
        "a compaction that gives no summary",
        "not recorded",
        (
            "the history stays; by hand its turn fails, in another turn there is a `warning` "
            "and that turn goes on"
        ),
    ),
    Behaviour(
        "`thread/revert` on a thread that is stored, or behind a compaction",
        "not recorded",
        (
            "it stays stored; what the model sees is what it saw before that turn, "
            "a summary that came later is gone with it"
        ),
    ),
    Behaviour(
        "a thread that never had a turn",
        "cannot be read with its turns; is gone after a restart, but a fork of no turns is listed",
        "is read with no turns; is kept until it is deleted; none is listed",
    ),
    Behaviour(
        "a turn that is interrupted",
        "repeats the token usage of the turn before",
        "tells of tokens when a response ends",
    ),
    Behaviour(
        "the shutdown of a tree that is deleted",
        "one thread after the other, the root first",
        "all together, in no promised order",
    ),
    Behaviour(
        "a file that cannot be removed in the middle of a deletion",
        "files are gone and nothing is announced; what is left is read in halves",
        "what went is announced before the error; a thread is there whole or not at all",
    ),
    Behaviour(
        "the same deletion again after that",
        "announces every thread of the tree",
        "announces those that went now: each thread is announced once",
    ),
    Behaviour(
        "a request to a loopback port that calls it by another name in `Host`",
        "is served",
        "is refused with 403: a page whose name was bent to this machine would ask like that",
    ),
    Behaviour(
        "a request with two `Authorization` headers",
        "the first counts",
        "is refused with 401, as one that has none that can be read",
    ),
    Behaviour(
        "a new connection, and `/readyz`, while the host drains",
        "not recorded",
        "503; `/healthz` stays 200, and those that are connected can still read",
    ),
    Behaviour(
        "a thread is read while another client changes or deletes it",
        "it is read after that: what concerns one thread is done in the order in which it came",
        "what is committed is read at once; who changes it himself reads what he made of it,"
        " and before that what it was",
    ),
    Behaviour(
        "a child thread",
        "the model spawns it; it gets a nickname, and a list shows it as a tree of its own",
        "a client starts it with `parentThreadId`; lists and reads show the session of its root",
    ),
    Behaviour(
        "`thread/settings/update` on a thread that is stored but not loaded",
        "`thread not found`",
        "it is changed, and stays stored",
    ),
    Behaviour(
        "`developer_instructions` of more than 65,536 characters in `thread/settings/updated`",
        "told whole with each change",
        "`null`, which changes nothing when it is sent back; `thread/resume` has them whole",
    ),
    Behaviour(
        "settings that change while a turn runs",
        "-",
        "the turn keeps those it began with, its later questions to the model included",
    ),
    Behaviour(
        "`activePermissionProfile` of a thread that was given neither `permissions` nor `sandbox`",
        "the profile of the default",
        "`null`: no profile was chosen",
    ),
    Behaviour(
        "collaboration modes",
        "Plan and Default",
        "Default; the other is refused by name, with a turn or without",
    ),
    Behaviour(
        "an active goal between two of its turns",
        "the next turn begins at once, some 15 a second",
        "it begins after a wait that doubles while the model only talks; `nextTurnAtMs` of"
        " `thread/goal/updated` says when, and 0 for `--goal-wait` is no wait",
    ),
    Behaviour(
        "an active goal when the host is started",
        "waits until its thread is resumed",
        "goes on by itself, unless it was interrupted",
    ),
    Behaviour(
        "what the model is told of a goal",
        "the objective once, as the output of a call that nobody made",
        "the objective in each message with which a turn for it begins, as every provider takes it",
    ),
    Behaviour(
        "`timeUsedSeconds` of a goal",
        "not recorded",
        "the time of turns while it is active, without the waits between them",
    ),
    Behaviour(
        "`thread/goal/set` that makes the goal of a stored thread active",
        "not recorded",
        "the thread is taken up, and the goal goes on",
    ),
    Behaviour(
        "`usageLimited`",
        "a usage limit of the account ends a turn; not recorded, for 429 alone is none",
        "the provider's word that the quota is used up ends a turn, or a client says so",
    ),
    Behaviour(
        "`thread.path` of a stored thread",
        "its rollout file",
        "the same with `--rollouts codex`, some moments behind the log; else where it would stand",
    ),
    Behaviour(
        "`thread/search`",
        "does not look at names",
        "finds up to 1,000 characters in names and first messages, whatever their case and accents",
    ),
    Behaviour(
        "`thread/search/stream`",
        "tells hits in `thread/search/partial` as they are discovered, some or none",
        (
            "tells the first hits of the page in its order, as long as there are more than five,"
            " and never the last part; none while a replay tells of the log"
        ),
    ),
    Behaviour(
        "`model/list`",
        "a catalogue that comes with the program",
        "the models that the configuration file describes, those of other providers than the"
        " default as `PROVIDER:MODEL`; a thread may name any other that its provider has",
    ),
    Behaviour(
        "`model` of `thread/start`, `thread/resume`, `thread/fork`, `turn/start` and of settings",
        "a model of the thread's provider",
        "that, or `PROVIDER:MODEL`, which changes the provider, too",
    ),
    Behaviour(
        "a thread whose provider is not configured any more",
        "not recorded",
        "is taken up and read; its next turn fails with the names of the providers there are",
    ),
    Behaviour(
        "keys of `config.toml` that nobody knows",
        "passed over, unless asked to be strict",
        "stop the start, with the line and the nearest key",
    ),
    Behaviour(
        '`wire_api = "chat"`',
        "refused since it was taken out",
        "spoken",
    ),
    Behaviour(
        "`config/read`",
        "what files and flags say, with the layers that it came from",
        "what a new thread gets; the layers are the configuration file, with what it says that is"
        " used here, and the options of the start; secrets are in neither",
    ),
]
