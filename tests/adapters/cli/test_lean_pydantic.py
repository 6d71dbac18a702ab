"""The lean import of pydantic leaves its behaviour unchanged."""

import json
import subprocess
import sys

LEAN = """
import json, sys, typing, typing_extensions
given = typing.TypedDict, typing_extensions.TypedDict
from threadhost.adapters.cli.lean_pydantic import import_lean_pydantic
import_lean_pydantic()
import_lean_pydantic()
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import core_schema

class Said(typing_extensions.TypedDict, total=False):
    word: str

class Model(BaseModel):
    said: Said
    count: int = 0

try:
    Model(said={"word": 1})
except ValidationError as error:
    refused = error.errors()[0]["loc"]
print(json.dumps({
    "kept": (typing.TypedDict, typing_extensions.TypedDict) == given,
    "undescribed": not hasattr(core_schema.StringSchema, "__required_keys__"),
    "metadata": "importlib.metadata" in sys.modules,
    "plugins": "pydantic.plugin._loader" in sys.modules,
    "read": Model.model_validate_json('{"said":{"word":"x"}}').model_dump(),
    "refused": refused,
    "shape": Model.model_json_schema()["properties"]["count"],
    "adapted": TypeAdapter(Said).validate_python({}),
}))
"""


def test_the_lean_import_of_pydantic_leaves_out_only_unused_metadata() -> None:
    ran = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {
        "kept": True,
        "undescribed": True,
        "metadata": False,
        "plugins": True,
        "read": {"said": {"word": "x"}, "count": 0},
        "refused": ["said", "word"],
        "shape": {"default": 0, "title": "Count", "type": "integer"},
        "adapted": {},
    }
