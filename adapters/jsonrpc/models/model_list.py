"""`model/list` and `modelProvider/list`: the models of threads, and their providers."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_list

InputModality = Literal["text", "image", "audio"]


class ModelListParams(Params):
    """The models to list, the start of the page, and its size."""

    cursor: str | None = None
    limit: U32 | None = None
    """The largest number of models of the page, at least 1; no limit if absent or null."""
    include_hidden: bool | None = None
    """Whether to list models that clients do not offer to people, too; null for no."""
    model_provider: str | None = None
    """The provider whose models to return; null for all providers, the default provider first."""


class ReasoningEffortOption(Wire):
    """An effort that a model can be asked for."""

    reasoning_effort: ReasoningEffort
    """The effort, as `effort` of `turn/start` takes it."""
    description: str
    """Its purpose."""


class ModelServiceTier(Wire):
    """A service tier of a model."""

    id: str
    name: str
    description: str
    """Its purpose."""


class Model(Wire):
    """A model as clients offer it to people.

    `model_provider` and `context_window`, in tokens, are this host's own.
    """

    id: str
    model: str
    """The value of a thread's `model` that selects it."""
    upgrade: str | None = None
    """Always null: the host recommends nothing."""
    upgrade_info: None = None
    """Always null: the host recommends nothing."""
    availability_nux: None = None
    """Always null: the host recommends nothing."""
    display_name: str
    """Its name for people."""
    description: str
    """Its purpose."""
    model_specialty: str | None = None
    """Always null: the host does not know."""
    hidden: bool = False
    """Whether clients should not offer it to people."""
    supported_reasoning_efforts: list[ReasoningEffortOption]
    """The reasoning efforts that it can be asked for."""
    default_reasoning_effort: ReasoningEffort
    """Its default reasoning effort."""
    input_modalities: list[InputModality]
    """The kinds of input that it accepts: text, pictures."""
    supports_personality: bool = False
    """Always false: the host gives the tone to every model as an instruction."""
    multi_agent_version: None = None
    """Always null: the configuration says which tools agents have."""
    additional_speed_tiers: list[str] = Field(default_factory=no_list)
    """Always empty: the host does not know the tiers of a provider."""
    service_tiers: list[ModelServiceTier] = Field(default_factory=no_list)
    """Always empty: the host does not know the tiers of a provider."""
    default_service_tier: str | None = None
    """Always null: only the provider knows it."""
    available_access_programs: None = None
    """Always null: the host takes part in no such program."""
    is_default: bool
    """Whether it is the default of threads that name none."""
    model_provider: str | None = None
    """Extension of this host: the name of its provider; null if it has none."""
    context_window: int | None = None
    """Extension of this host: the tokens of its context window; null if that is not known."""


class ModelListResponse(Result):
    """One page of models."""

    data: list[Model]
    """The models, those of the default provider first."""
    next_cursor: str | None = None


class ModelProviderListParams(Params):
    """All of them."""


class EndpointAuth(Wire):
    """Whether the host sends a key, which its configuration sets."""

    mode: Literal["none", "externallyConfigured"]
    """Whether the host sends a key."""


class VariableAuth(Wire):
    """The key is in an environment variable."""

    env_key: str
    """The environment variable that holds the key."""
    mode: Literal["environmentVariable"] = "environmentVariable"
    """Always the variant of a key from the environment."""


class OpenaiProviderSettings(Wire):
    """OpenAI's own endpoint."""

    type: Literal["openai"] = "openai"


class GatewayProviderSettings(Wire):
    """Any other endpoint."""

    type: Literal["customGateway"] = "customGateway"
    auth: EndpointAuth | VariableAuth
    """How the host authenticates itself."""


ProviderSettings = Annotated[OpenaiProviderSettings | GatewayProviderSettings, Tagged()]


class ModelProviderSummary(Wire):
    """A provider of models; `base_url` None is not for display."""

    id: str
    name: str
    """Its name for people."""
    can_edit: bool
    """Whether clients can change it: always false."""
    base_url: str | None = None
    """Its base URL; null if it is not for display."""
    settings: ProviderSettings
    """Its kind."""


class ModelProviderListResponse(Result):
    """The providers, and which one a thread has that names none."""

    data: list[ModelProviderSummary]
    """The providers."""
    default_provider_id: str
    """The provider of a thread that names none."""
    can_change_default: bool
    """Whether clients can change the default: always false."""
