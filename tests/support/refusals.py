"""Every exception that becomes an error of the protocol, and what each reason means."""

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import TypeVar

import threadhost.actors
import threadhost.adapters
from threadhost.actors.errors import Refusal, ThreadRefusal
from threadhost.adapters.jsonrpc.failures import OF_A_SORT, OF_THE_STORE, reason_of
from threadhost.adapters.jsonrpc.reasons import REASONS
from threadhost.events.store.errors import StoreError

E = TypeVar("E", bound=Exception)
ABSTRACT = frozenset({Refusal, ThreadRefusal})
"""What nobody raises itself."""


@cache
def refusals() -> Mapping[str, tuple[type[Exception], int]]:
    """Every exception that says itself why, with its code, by its reason."""
    for package in (threadhost.actors, threadhost.adapters):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if ".actors." in module.name or ".adapters.jsonrpc." in module.name:
                import_module(module.name)
    found: dict[str, tuple[type[Exception], int]] = {}
    for rule in _below(Refusal):
        if rule not in ABSTRACT:
            found[_reason(rule)] = (rule, OF_A_SORT[rule.sort])
    for root in OF_THE_STORE:
        for kind in _below(root):
            found[_reason(kind)] = (kind, _code(kind))
    return found


def meaning_of(reason: str) -> str:
    """What a reason means: by the table, or as the exception of its name says."""
    if said := REASONS[reason].meaning:
        return said
    kind, _ = refusals()[reason]
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


def _below(kind: type[E]) -> Iterator[type[E]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def _code(kind: type[StoreError]) -> int:
    return next(code for root, code in OF_THE_STORE.items() if issubclass(kind, root))


def _reason(kind: type[Exception]) -> str:
    return reason_of(kind.__new__(kind))  # type: ignore[arg-type]
