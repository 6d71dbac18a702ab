"""APIs that use pydantic-ai, by our names: the modules of its model and its provider."""

from collections.abc import Mapping
from importlib.util import find_spec

from threadhost.adapters.models.provider import Provider, WireName
from threadhost.events.named_tuple import NamedTuple

EXTRA = "pydantic-ai"
LIBRARY = "pydantic_ai"


class LibraryWire(NamedTuple):
    """One API of the library."""

    module: str
    """The module's name in `pydantic_ai.models` and `pydantic_ai.providers`."""
    model: str
    provider: str
    needs: str
    """The module of the API's own library, on which pydantic-ai builds."""
    is_in_extra: bool = False
    """Whether our extra installs that module; others come with an extra of pydantic-ai."""


LIBRARY_WIRES: Mapping[WireName, LibraryWire] = {
    "anthropic": LibraryWire(
        "anthropic", "AnthropicModel", "AnthropicProvider", "anthropic", is_in_extra=True
    ),
    "bedrock": LibraryWire("bedrock", "BedrockConverseModel", "BedrockProvider", "boto3"),
    "cohere": LibraryWire("cohere", "CohereModel", "CohereProvider", "cohere"),
    "google": LibraryWire(
        "google", "GoogleModel", "GoogleProvider", "google.genai", is_in_extra=True
    ),
    "groq": LibraryWire("groq", "GroqModel", "GroqProvider", "groq"),
    "huggingface": LibraryWire(
        "huggingface", "HuggingFaceModel", "HuggingFaceProvider", "huggingface_hub"
    ),
    "mistral": LibraryWire("mistral", "MistralModel", "MistralProvider", "mistralai"),
    "xai": LibraryWire("xai", "XaiModel", "XaiProvider", "xai_sdk"),
}


def require_library(provider: Provider) -> None:
    """Raise ValueError if a provider's API cannot be used here, with what to install."""
    library = LIBRARY_WIRES[provider.wire]
    subject = f"wire_api `{provider.wire}` of provider `{provider.name}`"
    if not (_is_there(LIBRARY) and _is_there(library.needs)):
        from threadhost.adapters.models.extras import to_install

        command = f"pip install 'pydantic-ai-slim[{library.module}]'"
        install = to_install(EXTRA) if library.is_in_extra else command
        raise ValueError(f"{subject} needs a library that is not installed here; {install}")
    if provider.query:
        raise ValueError(f"{subject} does not support `query_params`")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
