"""Models are looked at by pydantic when they are first used, and then are as any of its models."""

import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    field_validator,
)

import threadhost.adapters.jsonrpc.models as wire_models
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type of event)
from threadhost.events import lazy_model
from threadhost.events.lazy_model import LazyModel, unfinished

SOON_S = 0.05
"""How long a thread is given to come to its end that should wait."""
_meanwhile: list[Callable[[], object]] = []


def _number() -> type[int]:
    """The type of a field; whatever is to happen while pydantic looks at fields happens here."""
    while _meanwhile:
        _meanwhile.pop()()
    return int


def _models(kind: Any) -> dict[str, Any]:
    """The same models, made by one metaclass or the other."""

    class Base(BaseModel, metaclass=kind):  # type: ignore[metaclass]
        model_config = ConfigDict(frozen=True, defer_build=True)
        base: int = 0

        def said(self) -> str:
            return "base"

    class Part(Base):
        model_config = ConfigDict(extra="forbid")
        word: str = Field(default="x", max_length=3)
        _note: str = PrivateAttr("kept")

        def said(self) -> str:
            return f"part of {super().said()}"

        @field_validator("word")
        @classmethod
        def _is_lower(cls, word: str) -> str:
            if word != word.lower():
                raise ValueError("lower case")
            return word

    class Whole(Part):
        part: Part | None = None
        parts: list[Part] = Field(default_factory=list)
        number: "_number()" = 0  # type: ignore[valid-type]

    return {"Base": Base, "Part": Part, "Whole": Whole}


def _read_list(model: Any) -> object:
    several: Any = list.__class_getitem__(model)
    return TypeAdapter[Any](several).validate_python([{"base": 3}])[0].base


def _around(model: Any) -> object:
    class Around(BaseModel):
        inner: model

    return Around.model_validate({"inner": {"base": 5, "number": 6}}).model_dump()


USES: dict[str, Callable[[Any], object]] = {
    "made": lambda model: repr(model(base=1, word="y")),
    "read": lambda model: model.model_validate_json(b'{"part":{"word":"z"}}').model_dump(),
    "refused": lambda model: _fault(lambda: model(word="long", more=1)),
    "checked": lambda model: _fault(lambda: model.model_validate({"word": "A"})),
    "frozen": lambda model: _fault(lambda: setattr(model(), "word", "z")),
    "fields": lambda model: {name: repr(field) for name, field in model.model_fields.items()},
    "config": lambda model: dict(model.model_config),
    "unchecked": lambda model: model.model_construct(word="ABCD").word,
    "schema": lambda model: model.model_json_schema(),
    "adapted": _read_list,
    "adapted alone": lambda model: TypeAdapter(model).dump_json(model(base=4)),
    "a part of another": _around,
    "rebuilt": lambda model: model.model_rebuild(),
    "private": lambda model: getattr(model(), "_note"),  # noqa: B009
    "equal": lambda model: (model() == model(), model() == model(word="y")),
    "hash": lambda model: (model().base, hash(model.__base__()) == hash(model.__base__(base=0))),
    "super": lambda model: model().said(),
    "copied": lambda model: model().model_copy(update={"word": "c"}).word,
}


def _fault(use: Callable[[], object]) -> str:
    with pytest.raises(ValidationError) as caught:
        use()
    return str(caught.value)


@pytest.mark.few(1)
@pytest.mark.parametrize("use", USES)
def test_the_first_use_of_a_lazy_model_gives_what_pydantic_gives(use: str) -> None:
    late, made = _models(LazyModel)["Whole"], _models(type(BaseModel))["Whole"]
    assert late in unfinished()
    assert USES[use](late) == USES[use](made)
    assert late not in unfinished()


def test_an_unused_lazy_model_is_not_built() -> None:
    models = _models(LazyModel)
    models["Part"](word="y")
    assert {models["Base"], models["Part"]}.isdisjoint(unfinished())
    assert models["Whole"] in unfinished()


@pytest.fixture
def _impatient_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_impatient_threads")
def test_threads_that_use_a_lazy_model_at_the_same_time_all_get_it_complete() -> None:
    for _ in range(20):
        model, count = _models(LazyModel)["Whole"], 4
        found: list[object] = []
        together = threading.Barrier(count)

        def use(model: Any, found: list[object], together: threading.Barrier) -> None:
            together.wait()
            found.append((sorted(model.model_fields), model(word="y", base=1).model_dump()))

        threads = [
            threading.Thread(target=use, args=(model, found, together)) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        said = {"base": 1, "word": "y", "part": None, "parts": [], "number": 0}
        assert found == [(["base", "number", "part", "parts", "word"], said)] * count


@pytest.mark.few(4)
@pytest.mark.parametrize("use", USES)
def test_a_thread_that_uses_a_model_while_it_is_built_gets_it_complete(use: str) -> None:
    late, made = _models(LazyModel)["Whole"], _models(type(BaseModel))["Whole"]
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(USES[use](late)), daemon=True)

    def ask() -> None:
        asking.start()
        asking.join(SOON_S)

    _meanwhile.append(ask)
    assert sorted(late.model_fields) == sorted(made.model_fields)
    asking.join()
    assert answers == [USES[use](made)]
    assert repr(late(number=7)) == repr(made(number=7))


def test_an_untested_version_of_pydantic_builds_its_models_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lazy_model, "PUTS_OFF", False)
    models = _models(LazyModel)
    assert unfinished().isdisjoint(models.values())
    assert models["Whole"](word="y").said() == "part of base"


def test_the_version_that_is_locked_was_tried() -> None:
    assert lazy_model.PUTS_OFF


def test_every_model_of_ours_can_be_used() -> None:
    for module in walk_packages(wire_models.__path__, f"{wire_models.__name__}."):
        import_module(module.name)
    ours = set(_below(BaseModel))
    assert len(ours) > 400
    for model in ours:
        assert model.model_fields is not None
        assert model.__pydantic_decorators__ is not None
    assert ours.isdisjoint(unfinished())


def _below(model: Any) -> Iterator[Any]:
    for below in model.__subclasses__():
        if below.__module__.startswith("threadhost."):
            yield below
        yield from _below(below)
