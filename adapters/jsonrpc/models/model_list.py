"""`model/list` and `modelProvider/list`: the models that threads can have, and who serves them."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_list

InputModality = Literal["text", "image", "audio"]


class ModelListParams(Params):
    """Which models, from where, and how many."""

    cursor: str | None = None
    limit: U32 | None = None
    include_hidden: bool | None = None
    model_provider: str | None = None


class ReasoningEffortOption(Wire):
    """An effort that a model can be asked for."""

    reasoning_effort: ReasoningEffort
    description: str


class ModelServiceTier(Wire):
    """A tier of service that a model comes in."""

    id: str
    name: str
    description: str


class Model(Wire):
    """A model as clients offer it to people.

    `model_provider` and `context_window`, in tokens, are this host's own.
    """

    id: str
    model: str
    upgrade: str | None = None
    upgrade_info: None = None
    availability_nux: None = None
    display_name: str
    description: str
    model_specialty: str | None = None
    hidden: bool = False
    supported_reasoning_efforts: list[ReasoningEffortOption]
    default_reasoning_effort: ReasoningEffort
    input_modalities: list[InputModality]
    supports_personality: bool = False
    multi_agent_version: None = None
    additional_speed_tiers: list[str] = Field(default_factory=no_list)
    service_tiers: list[ModelServiceTier] = Field(default_factory=no_list)
    default_service_tier: str | None = None
    available_access_programs: None = None
    is_default: bool
    model_provider: str | None = None
    context_window: int | None = None


class ModelListResponse(Result):
    """One page of models."""

    data: list[Model]
    next_cursor: str | None = None


class ModelProviderListParams(Params):
    """All of them."""


class EndpointAuth(Wire):
    """Whether a key is sent along; which one was settled when the host was started."""

    mode: Literal["none", "externallyConfigured"]


class VariableAuth(Wire):
    """The key is in an environment variable."""

    env_key: str
    mode: Literal["environmentVariable"] = "environmentVariable"


class OpenaiProviderSettings(Wire):
    """OpenAI's own endpoint."""

    type: Literal["openai"] = "openai"


class GatewayProviderSettings(Wire):
    """Any other endpoint."""

    type: Literal["customGateway"] = "customGateway"
    auth: EndpointAuth | VariableAuth


ProviderSettings = Annotated[OpenaiProviderSettings | GatewayProviderSettings, Tagged()]


class ModelProviderSummary(Wire):
    """A provider of models; `base_url` None is not for display."""

    id: str
    name: str
    can_edit: bool
    base_url: str | None = None
    settings: ProviderSettings


class ModelProviderListResponse(Result):
    """The providers, and which one a thread has that names none."""

    data: list[ModelProviderSummary]
    default_provider_id: str
    can_change_default: bool
