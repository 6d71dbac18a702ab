"""Functions of many rules, one for each type of their first argument."""

from collections.abc import Callable
from functools import singledispatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    by_type = singledispatch
else:

    def by_type(otherwise: Callable[..., object]) -> Callable[..., object]:
        """A `singledispatch` that takes the type of a rule as its annotation names it.

        The library's resolves all annotations of a rule first, which costs a start of a hundred
        rules two hundredths. Where one is no class, it still does.
        """
        dispatched = singledispatch(otherwise)
        register = dispatched.register

        def registered(rule: Callable[..., object] | type, *more: Callable[..., object]) -> object:
            if isinstance(rule, type) or more:
                return register(rule, *more)
            type_ = next(iter(rule.__annotations__.values()), None)
            return register(type_, rule) if isinstance(type_, type) else register(rule)

        dispatched.register = registered
        return dispatched
