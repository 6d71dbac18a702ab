"""`model/list` and `modelProvider/list`: the models of threads, and their providers."""

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
    """How many models the page has at most, at least 1; all without it, or null."""
    include_hidden: bool | None = None
    """Whether models are listed that nobody offers to people; null for not."""
    model_provider: str | None = None
    """The provider whose models are wanted; null for those of all, the default provider first."""


class ReasoningEffortOption(Wire):
    """An effort that a model can be asked for."""

    reasoning_effort: ReasoningEffort
    """The effort, as `effort` of `turn/start` takes it."""
    description: str
    """What it is good for."""


class ModelServiceTier(Wire):
    """A tier of service that a model comes in."""

    id: str
    name: str
    description: str
    """What it is good for."""


class Model(Wire):
    """A model as clients offer it to people.

    `model_provider` and `context_window`, in tokens, are this host's own.
    """

    id: str
    model: str
    """What a thread's `model` has to say for it."""
    upgrade: str | None = None
    """Always null: the host recommends nothing."""
    upgrade_info: None = None
    """Always null: the host recommends nothing."""
    availability_nux: None = None
    """Always null: the host recommends nothing."""
    display_name: str
    """What people call it."""
    description: str
    """What it is good for."""
    model_specialty: str | None = None
    """Always null: the host does not know."""
    hidden: bool = False
    """Whether nobody is offered it."""
    supported_reasoning_efforts: list[ReasoningEffortOption]
    """The reasoning efforts that it can be asked for."""
    default_reasoning_effort: ReasoningEffort
    """How long it thinks if nobody says."""
    input_modalities: list[InputModality]
    """The kinds of input that it takes: text, pictures."""
    supports_personality: bool = False
    """Always false: a tone is told to any model, as an instruction."""
    multi_agent_version: None = None
    """Always null: the configuration says which tools agents have."""
    additional_speed_tiers: list[str] = Field(default_factory=no_list)
    """Always empty: which there are is for its provider to say."""
    service_tiers: list[ModelServiceTier] = Field(default_factory=no_list)
    """Always empty: which there are is for its provider to say."""
    default_service_tier: str | None = None
    """Always null: that is for its provider to say."""
    available_access_programs: None = None
    """Always null: the host takes part in none."""
    is_default: bool
    """Whether a thread has it that names none."""
    model_provider: str | None = None
    """This host's own: its provider, by its name; null if it has none."""
    context_window: int | None = None
    """This host's own: how many tokens it takes in; null if that is not known."""


class ModelListResponse(Result):
    """One page of models."""

    data: list[Model]
    """The models, those of the default provider first."""
    next_cursor: str | None = None


class ModelProviderListParams(Params):
    """All of them."""


class EndpointAuth(Wire):
    """Whether a key is sent along; which one was settled when the host was started."""

    mode: Literal["none", "externallyConfigured"]
    """Whether a key is sent along."""


class VariableAuth(Wire):
    """The key is in an environment variable."""

    env_key: str
    """The variable of the environment that holds the key."""
    mode: Literal["environmentVariable"] = "environmentVariable"
    """That the key comes from the environment."""


class OpenaiProviderSettings(Wire):
    """OpenAI's own endpoint."""

    type: Literal["openai"] = "openai"


class GatewayProviderSettings(Wire):
    """Any other endpoint."""

    type: Literal["customGateway"] = "customGateway"
    auth: EndpointAuth | VariableAuth
    """How the host says who it is."""


ProviderSettings = Annotated[OpenaiProviderSettings | GatewayProviderSettings, Tagged()]


class ModelProviderSummary(Wire):
    """A provider of models; `base_url` None is not for display."""

    id: str
    name: str
    """What people call it."""
    can_edit: bool
    """Whether clients can change it: never."""
    base_url: str | None = None
    """Where it is; null if that is not for display."""
    settings: ProviderSettings
    """Of which kind it is."""


class ModelProviderListResponse(Result):
    """The providers, and which one a thread has that names none."""

    data: list[ModelProviderSummary]
    """The providers."""
    default_provider_id: str
    """Which one a thread has that names none."""
    can_change_default: bool
    """Whether clients can change that: never."""
