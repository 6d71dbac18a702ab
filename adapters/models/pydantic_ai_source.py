"""Models of pydantic-ai, for use on a loop of their own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from inspect import signature
from typing import Any
from warnings import filterwarnings

from pydantic_ai.direct import model_request_stream
from pydantic_ai.models import Model

from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest
from threadhost.adapters.models.library_wires import LIBRARY, LIBRARY_WIRES
from threadhost.adapters.models.provider import Provider
from threadhost.adapters.models.pydantic_ai_answer import Translation
from threadhost.adapters.models.pydantic_ai_failures import failed
from threadhost.adapters.models.pydantic_ai_request import library_request

MODELS_MAX = 64
ODD_USAGE = "Failed to extract usage"
"""The beginning of the library's warning about unknown token counts."""
MakeModel = Callable[[str], Model]


class PydanticAiSource:
    """Answers of one provider's models; `make` replaces how models are made, for tests."""

    def __init__(self, provider: Provider, key: str | None, make: MakeModel | None = None) -> None:
        self._provider = provider
        self._key = key
        self._make = make
        self._says_why = make is None
        self._models: dict[str, Model] = {}
        self._open = AsyncExitStack()

    def prepare(self) -> None:
        """Import what the first call will need."""
        if self._make is None:
            self._classes()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed."""
        try:
            model = await self._model(request.settings.model)
            sent = library_request(request, self._provider, model.profile)
            read = Translation(sent.names, says_why=self._says_why)
            async with model_request_stream(
                model,
                sent.messages,
                model_settings=sent.settings,
                model_request_parameters=sent.parameters,
                instrument=False,
            ) as stream:
                async for event in stream:
                    read.take(event, stream.canonical_system)
                    for output in read.answer.drain():
                        yield output
                read.over(stream.get())
                for output in read.answer.drain():
                    yield output
        except ModelFailed:
            raise
        except Exception as error:  # noqa: BLE001 - the library may raise anything
            raise failed(error) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._open.aclose()

    async def _model(self, name: str) -> Model:
        model = self._models.get(name)
        if model is None:
            if len(self._models) >= MODELS_MAX:
                self._models.clear()
            if self._make is None:
                self._make = await self._maker()
            model = self._models[name] = self._make(name)
        return model

    async def _maker(self) -> MakeModel:
        """The factory of the provider's models, which share its connections."""
        filterwarnings("ignore", ODD_USAGE)  # it does not belong on a terminal
        model_class, provider_class = self._classes()
        provider = await self._open.enter_async_context(
            provider_class(**self._arguments(provider_class))
        )
        make: MakeModel = lambda name: model_class(name, provider=provider)  # noqa: E731
        return make

    def _classes(self) -> tuple[Any, Any]:
        """The model class and the provider class of this API."""
        library = LIBRARY_WIRES[self._provider.wire]
        models = import_module(f"{LIBRARY}.models.{library.module}")
        providers = import_module(f"{LIBRARY}.providers.{library.module}")
        return getattr(models, library.model), getattr(providers, library.provider)

    def _arguments(self, provider_class: Any) -> dict[str, str]:  # noqa: ANN401
        candidates = {"api_key": self._key, "base_url": self._provider.base_url}
        fields = {name: value for name, value in candidates.items() if value}
        parameters = signature(provider_class.__init__).parameters
        for name in fields.keys() - parameters.keys():
            argument = f"`{name}`" if name == "base_url" else "a key"
            message = f"wire_api `{self._provider.wire}` cannot be given {argument}"
            raise ModelFailed(message, "badRequest")
        return fields
