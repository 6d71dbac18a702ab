"""The input of a user or a program to a thread: text, pictures, sound, skills and mentions."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_list

ImageDetail = Literal["auto", "low", "high", "original"]


class ByteRange(Wire):
    """A half-open span of UTF-8 bytes."""

    start: U64
    """The first byte, counted from 0."""
    end: U64
    """The end of the span: the byte after the last one."""


class TextElement(Wire):
    """A span of the text that a client draws in its own way."""

    byte_range: ByteRange
    """The place of the span in the text."""
    placeholder: str | None = None
    """What the client shows instead; null for the text itself."""


class TextInput(Wire):
    """Plain text."""

    type: Literal["text"] = "text"
    text: str
    """The text."""
    text_elements: list[TextElement] = Field(default_factory=no_list, alias="text_elements")
    """Spans that a client draws in its own way; models do not see them."""


class Referenced(Wire):
    """Content at a URL or in an uploaded file; only the given one is on the wire."""

    type: str
    url: str | None = None
    """Its URL, or its contents as a `data:` URL; absent or null if `fileId` is given."""
    file_id: str | None = None
    """The id of a file that was uploaded to the provider; absent or null if `url` is given."""

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        if self.url is None and self.file_id is None:
            raise PydanticCustomError("untagged_enum", "missing field `url` or `fileId`")
        return self

    @model_serializer(mode="wrap")
    def _without_the_other(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        fields: dict[str, object] = dump(self)
        absent = "url" if self.url is None else "fileId"
        if self.url is None or self.file_id is None:
            fields.pop(absent)
        return fields

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The schema of the fields, which the serializer would hide."""
        checked = cast(dict[str, Any], schema)
        model = {k: v for k, v in checked["schema"].items() if k != "serialization"}
        schema_of_model = handler(cast(core_schema.CoreSchema, {**checked, "schema": model}))
        fields = handler.resolve_ref_schema(schema_of_model)
        always = [name for name in fields.get("required", ()) if name not in ("url", "fileId")]
        fields["required"] = always
        return schema_of_model


class ImageInput(Referenced):
    """A picture by reference."""

    type: Literal["image"] = "image"
    detail: ImageDetail | None = None
    """The detail with which the model sees it; null for the provider's default."""


class LocalImageInput(Wire):
    """A picture in a file on the host's machine."""

    type: Literal["localImage"] = "localImage"
    path: str
    """The path of the file on the host's machine."""
    detail: ImageDetail | None = None
    """The detail with which the model sees it; null for the provider's default."""


class AudioInput(Referenced):
    """Sound by reference."""

    type: Literal["audio"] = "audio"


class LocalAudioInput(Wire):
    """Sound in a file on the host's machine."""

    type: Literal["localAudio"] = "localAudio"
    path: str
    """The path of the file on the host's machine."""


class SkillInput(Wire):
    """A skill to use."""

    type: Literal["skill"] = "skill"
    name: str
    """The name of the skill."""
    path: str
    """Its path."""


class MentionInput(Wire):
    """A file or an app that the text mentions."""

    type: Literal["mention"] = "mention"
    name: str
    """Its name."""
    path: str
    """Its path, or the address of the app."""


UserInput = Annotated[
    TextInput
    | ImageInput
    | LocalImageInput
    | AudioInput
    | LocalAudioInput
    | SkillInput
    | MentionInput,
    Tagged(),
]
