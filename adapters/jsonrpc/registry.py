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
"""The notifications caused by a request that wait for its reply: all, or these types of event."""


NOT_LOADED = "thread not loaded: {}"
NO_ROLLOUT = "no rollout found for thread id {}"
"""Error texts for an unknown thread, where clients expect another text than the rule's."""


class MethodOptions(TypedDict, total=False):
    """The options of a method."""

    experimental: bool
    holds: Holds
    reads: bool
    """Whether the method records no change."""
    not_found: str
    """Its error text for an unknown thread; empty for that of the rule."""
    large: str
    """The hint if its answer is too large; empty unless its answers may be of any size."""
    starts: bool
    """Whether it starts a thread or a turn; the number of starts under way is limited."""
    echoes: bool
    """Whether its answer repeats what the client sent, so that it may be as large."""
    is_ahead: bool
    """Whether it begins ahead of waiting requests, since it may end what they wait for.

    Its answer is tiny, so that only an outbox above its high-water mark delays it.
    """


class Method(NamedTuple):
    """One method: its params, its scope, its handler and its options."""

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
        """Typed params; None for a method that declares none, whatever the client sent.

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
        """The key that a call with these params is serialised on; None for none."""
        return self.scope(params) if self.scope is not None else None


class Registry:
    """Methods by name, in the order of their registration; some are imported on demand."""

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
        """The method of this name, or None; imports its module if needed."""
        if name in self._deferred:
            import_module(self._deferred[name])
        return self._methods.get(name)

    def imported(self, name: str) -> Method | None:
        """The method of this name if its module is imported already; this opens no files."""
        return self._methods.get(name)

    def add(self, method: Method) -> None:
        """Register a method; raises ValueError for a name that is taken."""
        if method.name in self._methods:
            raise ValueError(f"method {method.name} is registered twice")
        self._methods[method.name] = method
        self._deferred.pop(method.name, None)

    @property
    def deferred(self) -> tuple[str, ...]:
        """The modules of methods that are not imported yet."""
        return tuple(dict.fromkeys(self._deferred.values()))

    def defer(self, module: str, names: Iterable[str]) -> None:
        """Import this module, which registers these methods, when the first of them is needed."""
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
        """The error text for a method that does not exist; it lists those that do."""
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
