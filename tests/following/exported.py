"""The folder that the reference writes with `codex app-server generate-json-schema`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.following.published import UNNAMED_ANSWERS, Published, Roles, plain

BUNDLE = "codex_app_server_protocol.v2.schemas.json"
BUNDLES = "codex_app_server_protocol*"


def exported(folder: Path) -> Published:
    """All of it; whether a method is experimental the export does not say.

    A method's answer is what is named like its params, where there is such a definition.
    """
    definitions = _definitions(folder)
    methods = dict(_calls(folder / "ClientRequest.json", definitions))
    for name in UNNAMED_ANSWERS.keys() & methods.keys():
        methods[name]["response"] = UNNAMED_ANSWERS[name]
    notifications = {
        name: str(roles["params"])
        for name, roles in _calls(folder / "ServerNotification.json", definitions)
    }
    requests = dict(_calls(folder / "ServerRequest.json", definitions))
    return Published("", methods, notifications, requests, definitions, is_whole=True)


def _calls(path: Path, definitions: dict[str, Any]) -> Iterator[tuple[str, Roles]]:
    for variant in json.loads(path.read_text())["oneOf"]:
        members = variant["properties"]
        params = members.get("params", {}).get("$ref", "").rpartition("/")[2] or None
        answer = params.removesuffix("Params") + "Response" if params else None
        response = answer if answer in definitions else None
        [name] = members["method"]["enum"]
        yield name, {"params": params, "response": response, "experimental": None}


def _definitions(folder: Path) -> dict[str, Any]:
    """Those of the bundle, and those that stand in or beside each other file."""
    found: dict[str, Any] = {}
    files = (path for path in folder.rglob("*.json") if not path.match(BUNDLES))
    for path in [*sorted(files), folder / BUNDLE]:
        whole = json.loads(path.read_text())
        inner = whole.pop("definitions", {})
        found |= {path.stem: whole, **inner}
    return {name: plain(one) for name, one in found.items() if isinstance(one, dict)}
