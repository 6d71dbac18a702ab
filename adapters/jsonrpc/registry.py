"""The methods of the protocol: typed functions that a decorator registers."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from pydantic import ValidationError

from threadhost.adapters.jsonrpc.envelope import MISSING
from threadhost.adapters.jsonrpc.errors import (
    excerpt,
    invalid_params_error,
    one_of,
    received,
    refusal,
)
from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.scopes import ScopeKey
from threadhost.events.named_tuple import NamedTuple

P = TypeVar("P", bound=Params)
C = TypeVar("C")
R = TypeVar("R")

Holds = Literal["all"] | frozenset[str]
"""Which notifications that a request caused wait for its reply: all, or these event kinds."""


NOT_LOADED = "thread not loaded: {}"
NO_ROLLOUT = "no rollout found for thread id {}"
"""How methods say that there is no such thread, where clients know other words than the rule's."""


class MethodOptions(TypedDict, total=False):
    """What a method may say of itself beside its params."""

    experimental: bool
    holds: Holds
    reads: bool
    """Whether it changes nothing that is recorded."""
    not_found: str
    """How it says that there is no thread of an id, where these are not the words of the rule."""
    large: str
    """How to go on where its answer is too large; of methods whose answers may be of any size."""
    starts: bool
    """Whether it starts a thread or a turn: so many of these begin in one turn of the loop."""
    echoes: bool
    """Whether its answer repeats as much as the client sent."""
    is_ahead: bool
    """Whether it is begun ahead of requests that wait, since it may end what they wait for.

    It answers with next to nothing, so a client that reads owes no room for it.
    """


class Method(NamedTuple):
    """One method: how its params read, what it is serialised on, who may call it, what runs."""

    name: str
    params_model: type[Params] | None
    handler: Callable[[Any, Any], Awaitable[object]]
    scope: Callable[[Any], ScopeKey | None] | None = None
    experimental: bool = False
    holds: Holds = "all"
    result_model: type[Result] | None = None
    reads: bool = False
    not_found: str = ""
    large: str = ""
    starts: bool = False
    echoes: bool = False
    is_ahead: bool = False

    def read(self, params: object) -> Params | None:
        """Typed params; None for a method that declares none, whatever came.

        Raises RpcError that names the first fault.
        """
        model = self.params_model
        if model is None:
            return None
        if params is MISSING:
            raise refusal("invalidParams", "Invalid request: missing field `params`")
        if not isinstance(params, dict):
            _check_positional(params, model)
        try:
            return model.from_wire(params)
        except ValidationError as error:
            raise invalid_params_error(error) from None

    def scope_of(self, params: Params | None) -> ScopeKey | None:
        """What a call with these params is serialised on, None for nothing."""
        return self.scope(params) if self.scope is not None else None


class Registry:
    """Methods by name, in the order they were registered; some of them imported when needed."""

    def __init__(self) -> None:
        self._methods: dict[str, Method] = {}
        self._deferred: dict[str, str] = {}

    def __iter__(self) -> Iterator[Method]:
        for module in [*self._deferred.values()]:
            import_module(module)
        return iter(self._methods.values())

    def __len__(self) -> int:
        return len(self._methods) + len(self._deferred)

    def get(self, name: str) -> Method | None:
        """The method of this name, if there is one."""
        if name in self._deferred:
            import_module(self._deferred[name])
        return self._methods.get(name)

    def imported(self, name: str) -> Method | None:
        """The method of this name if its module is imported already; this takes no files."""
        return self._methods.get(name)

    def add(self, method: Method) -> None:
        """Register a method; raises ValueError for a name that is taken."""
        if method.name in self._methods:
            raise ValueError(f"method {method.name} is registered twice")
        self._methods[method.name] = method
        self._deferred.pop(method.name, None)

    @property
    def deferred(self) -> tuple[str, ...]:
        """The modules of methods that nobody asked for yet."""
        return tuple(dict.fromkeys(self._deferred.values()))

    def defer(self, module: str, names: Iterable[str]) -> None:
        """Import a module that registers these methods when the first of them is asked for."""
        self._deferred.update(dict.fromkeys(names, module))

    def method(
        self,
        name: str,
        params: type[P] | None = None,
        *,
        scope: Callable[[P], ScopeKey | None] | None = None,
        **options: Unpack[MethodOptions],
    ) -> Callable[[Callable[[P, C], Awaitable[R]]], Callable[[P, C], Awaitable[R]]]:
        """Register the decorated `async def handler(params, call) -> result`.

        A method without a params model gets None for its params.
        """

        def register(handler: Callable[[P, C], Awaitable[R]]) -> Callable[[P, C], Awaitable[R]]:
            result = handler.__annotations__.get("return")
            model = result if isinstance(result, type) and issubclass(result, Result) else None
            self.add(Method(name, params, handler, scope, result_model=model, **options))
            return handler

        return register

    def unknown(self, name: str) -> str:
        """The words for a method that does not exist, with those that do."""
        names = one_of([*self._methods, *self._deferred])
        return f"Invalid request: unknown variant `{excerpt(name)}`, expected {names}"


def _check_positional(params: object, model: type[Params]) -> None:
    struct = f"struct {model.__name__}"
    if not isinstance(params, list):
        fault = f"invalid type: {received(params)}, expected {struct} (at `params`)"
    elif len(params) > len(model.wire_names()):
        fields = len(model.wire_names())
        fault = f"invalid length {len(params)}, expected {struct} with {fields} elements"
    else:
        return
    raise refusal("invalidParams", f"Invalid request: {fault}")


registry = Registry()
"""The methods of this host, filled by importing the modules of `methods`."""

method = registry.method
