"""Methods, their params, and the refusal of unknown ones."""

from importlib import import_module

import pytest

from threadhost.adapters.jsonrpc.envelope import MISSING
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.methods import DEFERRED
from threadhost.adapters.jsonrpc.models.base import Empty, Params
from threadhost.adapters.jsonrpc.registry import Method, Registry
from threadhost.adapters.jsonrpc.registry import registry as shared
from threadhost.adapters.jsonrpc.scopes import ScopeKey


class ReadParams(Params):
    thread_id: str
    include_turns: bool = False


class Call: ...


def thread_scope(params: ReadParams) -> ScopeKey:
    return ScopeKey(params.thread_id)


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    held = frozenset({"thread.deleted.v1"})

    @registry.method("thread/read", ReadParams, scope=thread_scope, experimental=True, holds=held)
    async def read_thread(params: ReadParams, call: Call) -> Empty:
        return Empty()

    @registry.method("config/reload")
    async def reload(params: None, call: Call) -> Empty:
        return Empty()

    return registry


def found(registry: Registry, name: str = "thread/read") -> Method:
    method = registry.get(name)
    assert method is not None
    return method


def refusal(method: Method, params: object) -> str:
    with pytest.raises(RpcError) as caught:
        method.read(params)
    assert caught.value.code == INVALID_REQUEST
    return caught.value.message


def test_a_method_is_found_by_name_with_the_properties_of_its_decorator(registry: Registry) -> None:
    method = found(registry)
    assert (method.params_model, method.result_model) == (ReadParams, Empty)
    assert (method.experimental, method.holds) == (True, frozenset({"thread.deleted.v1"}))
    assert found(registry, "config/reload").holds == "all"
    assert registry.get("nope") is None
    assert [method.name for method in registry] == ["thread/read", "config/reload"]


def test_a_name_can_be_registered_once_only(registry: Registry) -> None:
    with pytest.raises(ValueError, match="thread/read is registered twice"):
        registry.add(found(registry))


def test_params_are_read_by_name_or_by_position(registry: Registry) -> None:
    method, expected = found(registry), ReadParams(thread_id="a", include_turns=True)
    assert method.read({"threadId": "a", "includeTurns": True, "more": 1}) == expected
    assert method.read(["a", True]) == expected
    assert method.read(["a"]) == ReadParams(thread_id="a")


def test_the_scope_is_read_off_the_params(registry: Registry) -> None:
    method = found(registry)
    assert method.scope_of(method.read(["a"])) == ScopeKey("a")
    assert found(registry, "config/reload").scope_of(None) is None


def test_absent_params_are_a_missing_field(registry: Registry) -> None:
    assert refusal(found(registry), MISSING) == "Invalid request: missing field `params`"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (None, "invalid type: null, expected struct ReadParams (at `params`)"),
        ("a", 'invalid type: string "a", expected struct ReadParams (at `params`)'),
        ([], "missing field `threadId`"),
        (["a", True, 3], "invalid length 3, expected struct ReadParams with 2 elements"),
        ({"threadId": 7}, "invalid type: integer `7`, expected a string (at `threadId`)"),
        ({"thread_id": "a"}, "missing field `threadId`"),
    ],
    ids=repr,
)
def test_params_that_do_not_fit_are_refused_with_the_fault(
    registry: Registry, params: object, words: str
) -> None:
    assert refusal(found(registry), params) == f"Invalid request: {words}"


@pytest.mark.parametrize("params", [MISSING, None, {}, 5], ids=repr)
def test_a_method_without_params_accepts_any(registry: Registry, params: object) -> None:
    assert found(registry, "config/reload").read(params) is None


def test_an_unknown_method_is_refused_with_the_known_methods(registry: Registry) -> None:
    words = "Invalid request: unknown variant `x`, expected `thread/read` or `config/reload`"
    assert registry.unknown("x") == words
    assert len(registry.unknown("x" * 10_000)) < 400


def test_a_deferred_method_is_imported_when_it_is_first_asked_for() -> None:
    registry = Registry()
    registry.defer("no.such.module", ["a/b", "a/c"])
    assert len(registry) == 2
    assert "`a/b` or `a/c`" in registry.unknown("x")
    assert registry.get("x") is None
    assert registry.imported("a/c") is None
    with pytest.raises(ModuleNotFoundError):
        registry.get("a/c")


def test_every_deferred_module_registers_the_methods_that_its_table_names() -> None:
    names = {name for names in DEFERRED.values() for name in names}
    assert {name for name in names if shared.get(name) is None} == set()
    assert names <= {method.name for method in shared}
    for module, own in DEFERRED.items():
        found = import_module(f"threadhost.adapters.jsonrpc.methods.{module}")
        assert {m.name for m in shared if m.handler.__module__ == found.__name__} == set(own)
