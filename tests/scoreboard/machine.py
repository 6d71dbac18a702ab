"""Row 9's state machine: the real host and a model of it, step by step the same."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.scoreboard.agreement import faults_beside, faults_told
from tests.scoreboard.host import Talker, crashed_copy, open_host, talk
from tests.scoreboard.model import Model, Thread, Turn
from tests.scoreboard.row import Context, Violation
from tests.scoreboard.truth import FreshViews
from threadhost.actors.origin import policy

if TYPE_CHECKING:
    from threadhost.adapters.app import App

DEPTH_MAX, WIDTH_MAX, SIZE_MAX = 4, 4, 14
RESTART_EVERY = 8
STEPS = 50
READ_EVERY = 3
SCRIPTS = {
    "plain": ("completed", "hello, what is the time?"),
    "tool": ("completed", '@echo {"steps":[{"calls":[{"name":"f"}]},{"text":"done"}]}'),
    "long": ("completed", "x" * 70_000),
    "fails": ("failed", '@echo {"steps":[{"fail":{"code":"serverOverloaded"}}]}'),
    "hangs": ("inProgress", '@echo {"steps":[{"hang":true}]}'),
}
T = TypeVar("T")
PICK = st.integers(0, 2**16)


class HostMachine(RuleBasedStateMachine):
    """Rules ask the host and tell the model; invariants compare them after every step."""

    context: ClassVar[Context]
    counts: ClassVar[dict[str, int]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.model = Model()
        self.fresh = FreshViews()
        self.keys: dict[str, str] = {}
        self.home = self.context.new_folder() / "0"
        self.lives = self.age = 0
        self.store = "sqlite"
        self.app: App
        self.client: Talker
        self.counts["runs"] += 1

    @initialize(store=st.sampled_from(("sqlite", "sqlite", "sqlite", "memory")))
    def open(self, store: str) -> None:
        self.store = store
        self.do(self._open())

    async def _open(self) -> None:
        limits: dict[str, Any] = {
            "tree_depth_max": DEPTH_MAX,
            "tree_width_max": WIDTH_MAX,
            "tree_size_max": SIZE_MAX,
        }
        self.app = await open_host(self.home, store=self.store, **limits)
        self.client = await talk(self.app)
        await self.client.follow_all()

    def do(self, awaitable: Awaitable[T]) -> T:
        """Carry something out on this machine's loop."""

        async def run() -> T:
            return await awaitable

        return self.loop.run_until_complete(run())

    def pick(self, number: int) -> Thread:
        """One of the threads that are."""
        threads = list(self.model.threads.values())
        return threads[number % len(threads)]

    def expect(self, said: str, wanted: str) -> None:
        """Only this refusal will do; an empty one is none."""
        if (wanted not in said) or (not wanted and said):
            raise Violation(f"refused with {said!r} instead of {wanted!r}")

    def same(self, what: str, found: object, expected: object) -> None:
        """Host and model say the same."""
        if found != expected:
            raise Violation(f"{what}: the host says {found!r}, the model {expected!r}")

    # -- threads --

    @rule(fleeting=st.booleans())
    def start(self, fleeting: bool) -> None:  # noqa: FBT001
        thread_id = self.do(self.client.start(ephemeral=fleeting))
        self.model.add(Thread(thread_id, ephemeral=fleeting))

    @rule(key=st.sampled_from(("key-1", "key-2")))
    def start_once(self, key: str) -> None:
        known = self.keys.get(key)
        params = {"cwd": "/work", "idempotencyKey": key}
        if known is not None and known not in self.model.threads:
            self.expect(self.do(self.client.refusal("thread/start", **params)), "thread not found")
            return
        thread_id = self.do(self.client.ask("thread/start", **params))["thread"]["id"]
        if known is not None:
            self.same("the thread of a repeated start", thread_id, known)
            self.model.threads[known].live = True
            return
        self.keys[key] = thread_id
        self.model.add(Thread(thread_id))

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK, fleeting=st.booleans())
    def spawn(self, number: int, fleeting: bool) -> None:  # noqa: FBT001
        parent = self.pick(number)
        refusal = self._spawn_refusal(parent, fleeting=fleeting)
        params = {"cwd": "/work", "parentThreadId": parent.id, "ephemeral": fleeting}
        if refusal:
            self.expect(self.do(self.client.refusal("thread/start", **params)), refusal)
            return
        thread_id = self.do(self.client.start(parent.id, ephemeral=fleeting))
        self.model.add(Thread(thread_id, parent.id, ephemeral=fleeting))

    def _spawn_refusal(self, parent: Thread, *, fleeting: bool) -> str:
        if parent.ephemeral and not fleeting:
            return "is ephemeral: its children have to be, too"
        siblings = [self.model.threads[c] for c in self.model.children(parent.id)]
        root = parent
        while root.parent is not None:
            root = self.model.threads[root.parent]
        tree = [self.model.threads[t] for t in self.model.below(root.id)]
        counted = len(tree) if fleeting else sum(not t.ephemeral for t in tree)
        width = len(siblings) if fleeting else sum(not t.ephemeral for t in siblings)
        if parent.depth + 1 > DEPTH_MAX or width + 1 > WIDTH_MAX or counted + 1 > SIZE_MAX:
            return "tree limit reached"
        return ""

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK, name=st.sampled_from(("a", "  spaced ", "ünï", "x" * 300, "", "   ")))
    def rename(self, number: int, name: str) -> None:
        thread = self.pick(number)
        params = {"threadId": thread.id, "name": name}
        said = self.do(self.client.refusal("thread/name/set", **params))
        self.expect(said, "" if name.strip() else "thread name must not be empty")
        thread.name = name.strip() or thread.name

    # -- turns --

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK, script=st.sampled_from(tuple(SCRIPTS)))
    def say(self, number: int, script: str) -> None:
        thread, (outcome, text) = self.pick(number), SCRIPTS[script]
        running = thread.running
        turn_id = self.do(self.client.turn(thread.id, text))
        thread.live = True
        if running is None:
            thread.begin(Turn(turn_id, [text]))
        else:
            self.same("the turn that was steered", turn_id, running.id)
            running.texts.append(text)
        if outcome != "inProgress":
            self.same("how the turn ended", self.do(self.client.ended(turn_id)), outcome)
            thread.end(outcome)

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK)
    def interrupt(self, number: int) -> None:
        thread = self.pick(number)
        running = thread.running
        params = {"threadId": thread.id, "turnId": running.id if running else ""}
        said = self.do(self.client.refusal("turn/interrupt", **params))
        self.expect(said, "" if running else "no active turn to interrupt")
        if running:
            thread.end("interrupted")

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK, which=PICK)
    def revert(self, number: int, which: int) -> None:
        thread = self.pick(number)
        turns = [turn.id for turn in thread.turns] or [thread.id]
        at = which % len(turns)
        params = {"threadId": thread.id, "beforeTurnId": turns[at]}
        said = self.do(self.client.refusal("thread/revert", **params))
        self.expect(said, "" if thread.turns else "turn not found")
        if thread.running:
            thread.end("interrupted")
        if not said:
            del thread.turns[at:]
            self.counts["reverts"] += 1

    # -- ends --

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK)
    def unload(self, number: int) -> None:
        thread = self.pick(number)
        if thread.ephemeral and self.model.children(thread.id):
            return
        self.do(self.app.host.life.unload([thread.id], "test", policy("test", thread.id, "test")))
        if thread.live:
            self.model.let_go(thread.id)

    @precondition(lambda self: self.model.threads)
    @rule(number=PICK)
    def delete(self, number: int) -> None:
        thread = self.pick(number)
        heard = len(self.client.notices)
        said = self.do(self.client.refusal("thread/delete", threadId=thread.id))
        if thread.ephemeral:
            self.expect(said, "thread is not persisted and cannot be deleted")
            return
        self.expect(said, "")
        self.do(self.client.level())
        doomed = [self.model.threads[t] for t in reversed(self.model.below(thread.id))]
        order = [t.id for t in doomed if t.ephemeral] + [t.id for t in doomed if not t.ephemeral]
        told = [
            n["params"]["threadId"]
            for n in self.client.notices[heard:]
            if n["method"] == "thread/deleted"
        ]
        self.same("what was announced", told, order)
        self.model.delete(thread.id)

    @precondition(lambda self: self.model.gone or self.model.lost)
    @rule(number=PICK, what=st.sampled_from(("read", "turn", "spawn", "delete", "name")))
    def raise_the_dead(self, number: int, what: str) -> None:
        dead = sorted(self.model.gone | self.model.lost)
        thread_id = dead[number % len(dead)]
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "read": ("thread/read", {"threadId": thread_id}),
            "turn": ("turn/start", {"threadId": thread_id, "input": []}),
            "spawn": ("thread/start", {"parentThreadId": thread_id}),
            "delete": ("thread/delete", {"threadId": thread_id}),
            "name": ("thread/name/set", {"threadId": thread_id, "name": "x"}),
        }
        words = {"read": "thread not loaded", "name": "no rollout found"}
        method, params = asked[what]
        said = self.do(self.client.refusal(method, **params))
        self.expect(said, words.get(what, "thread not found"))

    @precondition(lambda self: self.store == "sqlite" and self.age >= RESTART_EVERY)
    @rule(crash=st.booleans())
    def restart(self, crash: bool) -> None:  # noqa: FBT001
        self.lives += 1
        self.age = 0
        self.counts["restarts"] += 1
        self.do(self._crash() if crash else self._close())
        self.model.restart()
        self.do(self._open())

    async def _crash(self) -> None:
        self.home = crashed_copy(self.app, self.home.with_name(str(self.lives)))
        await self._close()

    async def _close(self) -> None:
        await self.client.close()
        await self.app.close()

    # -- what has to hold --

    @invariant()
    def agree(self) -> None:
        self.age += 1
        self.counts["steps"] += 1
        for fault in self.do(self._faults()):
            raise Violation(fault)

    async def _faults(self) -> list[str]:
        found = faults_beside(self.app, self.model, self.fresh)
        if self.age % READ_EVERY == 0:
            found += await faults_told(self.client, self.model)
        return found

    def teardown(self) -> None:
        try:
            self.do(self._close())
            left = asyncio.all_tasks(self.loop)
            if left:
                raise Violation(f"L1: tasks are left: {left}")
        finally:
            self.fresh.close()
            self.loop.close()
            self.context.drop()
