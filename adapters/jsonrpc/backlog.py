"""A client's requests that are not begun: in order, but none waits for a start without need."""

from collections import Counter, deque
from collections.abc import Callable

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.cancelling import CancelKey
from threadhost.adapters.jsonrpc.envelope import Request
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.start_limiter import StartLimiter
from threadhost.events.named_tuple import NamedTuple


class AdmittedRequest(NamedTuple):
    """A request that passed all checks and is to be carried out."""

    request: Request
    method: Method
    params: Params | None
    origin: Origin

    @property
    def key(self) -> str:
        """The key that the request is serialised on; "" for none."""
        scope = self.method.scope_of(self.params)
        return "" if scope is None else scope.key


class Backlog:
    """The requests of one connection that wait for `begin`; none begins while `is_held`.

    At most `large_max` requests with an answer of any size run at once. Starts of threads and turns
    wait in a line of their own, for their turn among all clients. Other requests pass that line,
    except those with the key of a waiting start: a client that starts a thousand turns can still
    interrupt one.
    """

    def __init__(
        self,
        large_max: int,
        starts: StartLimiter,
        begin: Callable[[AdmittedRequest], None],
        is_held: Callable[[], bool],
    ) -> None:
        self._large_max = large_max
        self._all_starts = starts
        self._begin, self._is_held = begin, is_held
        self._line: deque[AdmittedRequest] = deque()
        self._starts: deque[AdmittedRequest] = deque()
        self._keys: Counter[str] = Counter()
        """The keys of the requests in the line of starts, with their number."""
        self._large = 0
        self._starting: set[str] = set()
        """The correlation ids of the starts that the limiter counts as under way."""

    def __len__(self) -> int:
        return len(self._line) + len(self._starts)

    def add(self, admitted: AdmittedRequest) -> None:
        """Begin a request, or queue it."""
        self._all_starts.note(self)
        if not (self._line or self._starts or self._is_held()) and self._may_begin(admitted.method):
            self._begin(admitted)
            return
        if admitted.method.starts or (self._keys and admitted.key in self._keys):
            self._starts.append(admitted)
            if key := admitted.key:
                self._keys[key] += 1
        else:
            self._line.append(admitted)
        self.begin_some()

    def _may_begin(self, method: Method) -> bool:
        if method.starts:
            return self._all_starts.has_room(self)
        return not method.large or self._large < self._large_max

    def begin_some(self) -> None:
        """Begin the waiting requests that may begin."""
        while self._line and not self._is_held() and self._may_begin(self._line[0].method):
            self._begin(self._line.popleft())
        if self._starts and not self._is_held():
            self._all_starts.wait(self)

    def start_next(self) -> bool:
        """Begin the first request in the line of starts; returns whether another one waits."""
        if self._is_held():
            return False  # the request begins once the client has read
        if self._starts:
            admitted = self._starts.popleft()
            self._forget_key(admitted.key)
            self._begin(admitted)
        return bool(self._starts)

    def _forget_key(self, key: str) -> None:
        if self._keys[key] > 1:
            self._keys[key] -= 1
        else:
            self._keys.pop(key, None)

    def begun(self, admitted: AdmittedRequest, *, is_at_work: bool) -> None:
        """Count a begun request; a start only if it `is_at_work`, not if it waits for its key."""
        self._large += bool(admitted.method.large)
        if admitted.method.starts and is_at_work:
            self._starting.add(admitted.origin.correlation_id)
            self._all_starts.begun(self)

    def over(self, admitted: AdmittedRequest) -> None:
        """Uncount a request that is answered."""
        self._large -= bool(admitted.method.large)
        if admitted.method.starts and admitted.origin.correlation_id in self._starting:
            self._starting.discard(admitted.origin.correlation_id)
            self._all_starts.over(self)

    def take(self, requested: CancelKey) -> AdmittedRequest | None:
        """Remove and return a waiting request; None if it does not wait, or waits behind starts."""
        for waiting in self._line:
            if (waiting.method.name, waiting.request.id) == requested:
                self._line.remove(waiting)
                return waiting
        return None

    def clear(self) -> list[AdmittedRequest]:
        """Remove all waiting requests and return them."""
        self._all_starts.leave(self)
        waiting = [*self._line, *self._starts]
        self._line.clear()
        self._starts.clear()
        self._keys.clear()
        return waiting
