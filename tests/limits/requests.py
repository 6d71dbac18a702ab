"""Requests that a client could come up with, sound and hostile; and what is to be answered."""

import json
import uuid
from base64 import urlsafe_b64encode
from random import Random
from typing import Any

from tests.limits.mutator import inputs
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import Malformed, Request, parse

LIMITS = Limits()
HOSTILE_TEXTS = (
    *("' OR 1=1 --", '"; DROP TABLE threads; --', "%", "_%_", "\\", "%' ESCAPE '", "(a+)+$"),
    *("a" * 40 + "!", "^(([a-z])+.)+[A-Z]([a-z])+$", "\x00", "a\x00b", "../../etc/passwd", "/"),
    *("..", "file:///etc/passwd", "\u202egnp.exe", "\U0001f9c0" * 50, "", " ", "${jndi:ldap://x}"),
    *("urn:uuid:" + "0" * 32, "{" + "0" * 36 + "}", "thread-x/../../keys.db", "%00", "\ud7ff"),
)
HOSTILE_NUMBERS = (0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 10**30, 1.5, 1e308)
LONG_TEXTS = ("%" * 60_000, "(" * 60_000, "x" * 200_000)
MANY = 40_000


def cursor(*place: object) -> str:
    """A cursor as the host would write it, with anything in it."""
    return urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=").decode()


CURSORS = (
    *("", "x", "=", "AAAA", cursor(), cursor("created_at", 1), cursor("created_at", 10**30, "x")),
    *(cursor("created_at", -(2**63) - 1, "x"), cursor("created_at", 1.5, "x"), cursor(1, 2, 3)),
    *(cursor("created_at", 1, "\x00"), cursor("created_at", 2**63, "' OR 1=1 --"), cursor([])),
)


class Maker:
    """Makes messages from a seed; it learns the ids of threads and turns as they come."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.threads: list[str] = []
        self.turns: list[str] = []
        self.queued: list[str] = []
        self._garbage = inputs(random, 10**9)

    def message(self, number: int) -> bytes:
        """The next message; a request's id is `number`, or one that was used before."""
        kind = self.random.random()
        if kind < 0.2:
            return next(self._garbage).replace(b"\n", b" ")
        if kind < 0.25:
            return json.dumps({"method": self.random.choice(("initialized", "x", "$/c"))}).encode()
        method, params = self._call()
        if kind < 0.5:
            params = self._spoilt(params)
        call_id: object = number
        if self.random.random() < 0.05:
            call_id = self.random.choice((number - 1, str(number), 2**63 - 1, "x" * 5000, "\x00"))
        return json.dumps({"id": call_id, "method": method, "params": params}).encode()

    def learn(self, message: dict[str, Any]) -> None:
        """Look for ids in an answer."""
        result = message.get("result")
        if isinstance(result, dict):
            if isinstance(result.get("thread"), dict):
                self.threads.append(result["thread"]["id"])
                del self.threads[:-50]
            if isinstance(result.get("queuedSubmission"), dict):
                self.queued.append(result["queuedSubmission"]["id"])
                del self.queued[:-5]
            if isinstance(result.get("turn"), dict):
                self.turns.append(result["turn"]["id"])
                del self.turns[:-50]

    def _thread(self) -> str:
        if self.threads and self.random.random() < 0.9:
            return self.random.choice(self.threads)
        return self.random.choice((str(uuid.UUID(int=self.random.getrandbits(128))), "x"))

    def _call(self) -> tuple[str, Any]:
        random, thread = self.random, self._thread()
        text = {"type": "text", "text": random.choice(("hi", '@echo {"text":"a","gap_ms":5}'))}
        turn = random.choice(self.turns) if self.turns else thread
        calls: list[tuple[str, Any]] = [
            ("initialize", {"clientInfo": {"name": "n", "version": "1"}}),
            ("thread/start", {}),
            ("thread/start", {"ephemeral": True}),
            ("thread/start", {"parentThreadId": thread}),
            ("thread/read", {"threadId": thread, "includeTurns": random.random() < 0.5}),
            ("thread/list", {"limit": 3, "searchTerm": random.choice(HOSTILE_TEXTS)}),
            ("thread/list", {"cursor": random.choice(CURSORS)}),
            ("thread/list", {"limit": random.choice((1, 2**32 - 1)), "cwd": ["/", "' OR 1"]}),
            ("thread/loaded/list", {"limit": random.choice((0, 1, 2**32 - 1))}),
            ("thread/name/set", {"threadId": thread, "name": random.choice(HOSTILE_TEXTS)}),
            ("thread/unsubscribe", {"threadId": thread}),
            ("thread/search", {"limit": 3, "searchTerm": random.choice(HOSTILE_TEXTS)}),
            ("thread/search", {"searchTerm": "i", "cursor": random.choice(CURSORS)}),
            (
                "thread/metadata/update",
                {"threadId": thread, "gitInfo": {"branch": random.choice(HOSTILE_TEXTS)}},
            ),
            (
                "thread/settings/update",
                {"threadId": thread, "model": random.choice(HOSTILE_TEXTS), "cwd": "/"},
            ),
            ("thread/memoryMode/set", {"threadId": thread, "mode": "disabled"}),
            *self._history_calls(thread, turn, text),
            ("memory/reset", {}),
            ("hooks/list", {"threadId": thread}),
            ("permissionProfile/list", {"cursor": random.choice(CURSORS)}),
            ("fs/readFile", {"path": random.choice(HOSTILE_TEXTS)}),
            ("thread/delete", {"threadId": thread}),
            ("turn/start", {"threadId": thread, "input": [text]}),
            ("turn/start", {"threadId": thread, "input": [text]}),
            ("turn/interrupt", {"threadId": thread, "turnId": turn}),
            ("host/thread/previewDelete", {"threadId": thread}),
            ("host/events/subscribe", {"afterPosition": random.choice((0, 10**6, 2**62))}),
            ("host/events/unsubscribe", {}),
            ("no/such/method", {}),
        ]
        return random.choice(calls)

    def _history_calls(self, thread: str, turn: str, text: dict[str, Any]) -> list[tuple[str, Any]]:
        """What changes the history, and what waits in line."""
        random, whose = self.random, {"threadId": thread}
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
        queued = random.choice(self.queued) if self.queued else thread
        said = {**whose, "input": [text]}
        waiting = random.sample(self.queued, min(3, len(self.queued)))
        return [
            ("thread/inject_items", {**whose, "items": [item, {"type": "nope"}]}),
            ("thread/inject_items", {**whose, "items": [self._nasty()]}),
            ("thread/compact/start", whose),
            ("thread/revert", {**whose, "beforeTurnId": turn}),
            ("thread/queue/add", {**said, "clientUserMessageId": random.choice(HOSTILE_TEXTS)}),
            ("thread/queue/list", {**whose, "cursor": random.choice((None, "0", *CURSORS))}),
            ("thread/queue/update", {**said, "queuedSubmissionId": queued}),
            ("thread/queue/delete", {**whose, "queuedSubmissionId": queued}),
            ("thread/queue/reorder", {**whose, "queuedSubmissionIds": waiting}),
        ]

    def _spoilt(self, params: Any) -> Any:
        """The params with something in them that does not belong there."""
        random = self.random
        spoilt = dict(params)
        keys = [*spoilt, "limit", "searchTerm", "cursor", "excludedThreadIds", "idempotencyKey"]
        key = random.choice((*keys, "cwd", "sortKey", "config", "threadId", "input", "model"))
        spoilt[key] = self._nasty()
        return random.choice((spoilt, spoilt, spoilt, [*spoilt.values()], None, 7))

    def _nasty(self) -> Any:
        random = self.random
        if random.random() < 0.03:
            return random.choice((*LONG_TEXTS, [str(n) for n in range(MANY)]))
        return random.choice(
            (
                *(random.choice(HOSTILE_TEXTS), random.choice(HOSTILE_NUMBERS)),
                *(None, True, [], {}, [[[]]], {"a": {"b": [1]}}, ["a", "a"], [None]),
            )
        )


def expected_id(message: bytes) -> str | None:
    """Under which id, as JSON, the message is to be answered once; None for not at all."""
    found = parse(message, LIMITS)
    if isinstance(found, (Request, Malformed)):
        return json.dumps(found.id)
    return None
