"""Models of pydantic whose fields it collects at their first use, not at their declaration.

A host declares some two hundred of them at its start and uses forty. Pydantic can defer their
schemas (`defer_build`) but collects their fields at once, which is most of the remaining cost.
"""

from abc import ABCMeta
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from pydantic import VERSION, BaseModel

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

TRIED: Final = ("2.12", "2.13", "2.14")
"""Versions of pydantic that this works with; with any other, models are built when declared."""
PUTS_OFF: Final = VERSION.rpartition(".")[0] in TRIED

if PUTS_OFF:
    from pydantic._internal._mock_val_ser import set_model_mocks

_OF_MODULES: Final = {"__pydantic_reset_parent_namespace__": False}
"""Annotations refer to names of a module, never of a function that declares a model."""
Body = dict[str, Any]
"""The namespace of a class body."""
_declared: dict[type, Body] = {}
"""Models that pydantic has not built yet."""
_finishing: dict[type, Body] = {}
"""Models that pydantic is building, and the bodies that it was given; guarded by the lock."""
_lock = RLock()


class _Finish:
    """Stands in place of an attribute that pydantic will set; its first use builds the model."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, model: type) -> object:
        with _lock:
            if model in _finishing:  # pydantic itself asks, and gets the inherited value
                return getattr(super(model, model), self._name)
            _finish(model)
        return getattr(model, self._name)


FIELDS: Final = "__pydantic_fields__"
NAMES: Final = (FIELDS, "__pydantic_complete__", "__pydantic_decorators__", "model_config")
"""Attributes that may be read before the first instance of a model."""
PUBLIC_FIELDS: Final = "model_fields"
_UNFINISHED = {name: _Finish(name) for name in (*NAMES, PUBLIC_FIELDS)}


class _Declared(ABCMeta):
    """Pydantic's metaclass makes classes by this: a declared class is returned, not made again."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: Body, **options: object) -> type:
        for model, finished in _finishing.items():
            if finished is body:
                _take_over(model, body)
                return model
        return super().__new__(mcs, name, bases, body, **options)


if TYPE_CHECKING:
    LazyModel = ModelMetaclass
else:

    class LazyModel(ModelMetaclass, _Declared):
        """The metaclass of models that are declared in modules and built at their first use."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: Body, **options: object) -> type:
            """Declare a model; pydantic builds it at once if it cannot be deferred."""
            if not PUTS_OFF or options:
                return super().__new__(mcs, name, bases, body, **options, **_OF_MODULES)
            model = ABCMeta.__new__(mcs, name, bases, {**body, **_UNFINISHED})
            set_model_mocks(model)
            _declared[model] = {key: body[key] for key in body if key != "__classcell__"}
            return model

        @property
        def __pydantic_fields_complete__(cls) -> bool:
            """Pydantic reads this before a build; the lock makes it wait for another thread's."""
            with _lock:
                return super().__pydantic_fields_complete__


def _finish(model: type) -> None:
    """Have pydantic build a model, after those that it inherits from; do nothing if it is built."""
    if model not in _declared or model in _finishing:
        return
    for base in model.__mro__[:0:-1]:
        _finish(base)
    _finishing[model] = body = dict(_declared[model])
    try:
        if vars(model)[FIELDS] is _UNFINISHED[FIELDS]:
            delattr(model, FIELDS)  # pydantic checks whether this attribute exists
        make: Any = ModelMetaclass.__new__
        make(type(model), model.__name__, model.__bases__, body, **_OF_MODULES)
        delattr(model, PUBLIC_FIELDS)
        del _declared[model]
    finally:
        del _finishing[model]


def _take_over(model: type, body: Body) -> None:
    """Copy to the model what pydantic changed in its body."""
    for name in _declared[model].keys() - body.keys():
        delattr(model, name)
    for name, value in body.items():
        if vars(model).get(name) is not value:
            setattr(model, name, value)


def unfinished() -> frozenset[type]:
    """Return the models that were declared and not used yet."""
    return frozenset(_declared)
