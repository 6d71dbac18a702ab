"""The description of each field of the wire: the text under it in the source of its model.

The server does not use these texts: Python drops them when it compiles a model.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from types import ModuleType

from threadhost.adapters.jsonrpc import models
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.schema.common_fields import COMMON


def description_of(model: type[Wire], field: str) -> str:
    """The description of a field: from its model, else a base of the model, else the common ones.

    Raises LookupError for a field without one.
    """
    for owner in model.__mro__:
        if text := own_text(owner, field):
            return text
    if field not in COMMON:
        raise LookupError(f"{model.__name__}.{field} has no text under it in its model")
    return COMMON[field]


def own_text(owner: type, field: str) -> str:
    """The text under a field where it is declared, in one line; empty if there is none."""
    module = inspect.getmodule(owner)
    in_sight = module is not None and module.__name__.startswith(models.__name__)
    texts = _texts(module) if module is not None and in_sight else {}
    return texts.get((owner.__name__, field), "")


def fields_of(model: type[Wire]) -> Iterator[tuple[str, str]]:
    """The wire names of a model's fields, each with its description."""
    for name in model.model_fields:
        yield model.wire_name(name), description_of(model, name)


@cache
def wire_models() -> Mapping[str, type[Wire]]:
    """Every model of the wire, by its name. Raises ValueError for two models of one name."""
    by_name: dict[str, type[Wire]] = {}
    for module in iter_modules(models.__path__):
        imported = import_module(f"{models.__name__}.{module.name}")
        for value in vars(imported).values():
            is_model = isinstance(value, type) and issubclass(value, Wire)
            if is_model and by_name.setdefault(value.__name__, value) is not value:
                raise ValueError(f"two models of the wire are called {value.__name__}")
    return by_name


@cache
def _texts(module: ModuleType) -> Mapping[tuple[str, str], str]:
    """The text under each field, by its class and its name."""
    texts: dict[tuple[str, str], str] = {}
    for owner in ast.parse(inspect.getsource(module)).body:
        if isinstance(owner, ast.ClassDef):
            for field, text in pairwise(owner.body):
                if (name := _field(field)) and (words := _text(text)):
                    texts[owner.name, name] = words
    return texts


def _field(statement: ast.stmt) -> str:
    is_field = isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    return ast.unparse(statement.target) if is_field else ""  # type: ignore[attr-defined]


def _text(statement: ast.stmt) -> str:
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        return ""
    return " ".join(str(statement.value.value).split())
