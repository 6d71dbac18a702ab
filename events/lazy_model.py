"""Models of pydantic that it looks at when they are first used, not when they are declared.

A host declares some two hundred of them at its start and uses forty. Pydantic puts off their
schemas (`defer_build`) but collects their fields at once, which is most of what is left.
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
"""Versions that put up with this; models of any other are looked at when they are declared."""
PUTS_OFF: Final = VERSION.rpartition(".")[0] in TRIED

if PUTS_OFF:
    from pydantic._internal._mock_val_ser import set_model_mocks

_OF_MODULES: Final = {"__pydantic_reset_parent_namespace__": False}
"""Names in annotations are those of a module, not those of a function that declares a model."""
Body = dict[str, Any]
"""What stands in the body of a class."""
_declared: dict[type, Body] = {}
"""Models that pydantic has not looked at yet."""
_finishing: dict[type, Body] = {}
"""Models that it looks at just now, and the bodies that it was given; guarded by the lock."""
_lock = RLock()


class _Finish:
    """Stands where pydantic will put what it finds, and has it look when somebody asks."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, model: type) -> object:
        with _lock:
            if model in _finishing:  # pydantic itself asks, and gets what is inherited
                return getattr(super(model, model), self._name)
            _finish(model)
        return getattr(model, self._name)


FIELDS: Final = "__pydantic_fields__"
NAMES: Final = (FIELDS, "__pydantic_complete__", "__pydantic_decorators__", "model_config")
"""What pydantic, or anybody else, may ask a model for that nobody has made an instance of."""
PUBLIC_FIELDS: Final = "model_fields"
_UNFINISHED = {name: _Finish(name) for name in (*NAMES, PUBLIC_FIELDS)}


class _Declared(ABCMeta):
    """By what pydantic's metaclass makes its classes: one that was declared is made already."""

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
        """The metaclass of models that are declared in modules and put off until they are used."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: Body, **options: object) -> type:
            """Declare a model; pydantic's own metaclass makes it at once where it has to be."""
            if not PUTS_OFF or options:
                return super().__new__(mcs, name, bases, body, **options, **_OF_MODULES)
            model = ABCMeta.__new__(mcs, name, bases, {**body, **_UNFINISHED})
            set_model_mocks(model)
            _declared[model] = {key: body[key] for key in body if key != "__classcell__"}
            return model

        @property
        def __pydantic_fields_complete__(cls) -> bool:
            """What pydantic asks before it builds: not of a model that another thread looks at."""
            with _lock:
                return super().__pydantic_fields_complete__


def _finish(model: type) -> None:
    """Let pydantic look at a model, after those that it inherits from; nothing if it has."""
    if model not in _declared or model in _finishing:
        return
    for base in model.__mro__[:0:-1]:
        _finish(base)
    _finishing[model] = body = dict(_declared[model])
    try:
        if vars(model)[FIELDS] is _UNFINISHED[FIELDS]:
            delattr(model, FIELDS)  # pydantic looks whether it is there
        make: Any = ModelMetaclass.__new__
        make(type(model), model.__name__, model.__bases__, body, **_OF_MODULES)
        delattr(model, PUBLIC_FIELDS)
        del _declared[model]
    finally:
        del _finishing[model]


def _take_over(model: type, body: Body) -> None:
    """Change a model by what pydantic changed in its body."""
    for name in _declared[model].keys() - body.keys():
        delattr(model, name)
    for name, value in body.items():
        if vars(model).get(name) is not value:
            setattr(model, name, value)


def unfinished() -> frozenset[type]:
    """The models that were declared and that nobody has used."""
    return frozenset(_declared)
