"""Checks results against a job's schema: draft 2020-12, at a bounded cost."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import islice
from threading import Lock
from typing import Any

from threadhost.actors.job_ports import SchemaRefused
from threadhost.events.bounds import fault_in
from threadhost.events.job_rows import compact
from threadhost.events.words import truncate

SCHEMA_CHARS_MAX = 64 * 1024
SCHEMA_DEPTH_MAX = 40
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TOO_LONG = "it takes too long to check it against the output schema; report less"
KEPT = 16
FAULTS_TOLD = 3
MISFIT_CHARS_MAX = 500
LAST = ("unevaluatedItems", "unevaluatedProperties")
"""They read what all other keywords evaluated, so they come last."""


class ResultValidator:
    """Checks results against schemas, on a thread beside the loop; caches the last schemas."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._compiled: OrderedDict[str, CompiledSchema] = OrderedDict()

    async def require(self, schema: Mapping[str, Any]) -> None:
        """Raise SchemaRefused unless results can be checked against the schema."""
        await asyncio.to_thread(self._check, schema)

    async def misfit(self, schema: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        """Why a result does not match, on one line; None if it does. Raises SchemaRefused."""

        def look() -> str | None:
            return self._check(schema).misfit(result)

        return await asyncio.to_thread(look)

    def _check(self, schema: Mapping[str, Any]) -> "CompiledSchema":
        require_small(schema)
        text = compact(schema)
        with self._lock:
            if text in self._compiled:
                self._compiled.move_to_end(text)
                return self._compiled[text]
        compiled = CompiledSchema(schema)
        with self._lock:
            self._compiled[text] = compiled
            while len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
        return compiled


class CompiledSchema:
    """One schema, compiled for checks. Raises SchemaRefused if it is invalid."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        from jsonschema import Draft202012Validator, FormatChecker
        from jsonschema.exceptions import SchemaError
        from referencing import Registry

        from threadhost.adapters.tables.schema_keywords import StepBudget, bounded

        require_small(schema)
        self._lock = Lock()
        self._steps = StepBudget()
        try:
            Draft202012Validator.check_schema(schema, format_checker=FormatChecker(()))
        except SchemaError as error:
            fault = truncate(error.message, MISFIT_CHARS_MAX)
            raise SchemaRefused(
                f"output_schema is no JSON Schema: {truncate(error.json_path, 100)}: {fault}"
            ) from None
        _require_bounded(schema, self._steps)
        # A registry of its own, which is empty and fetches nothing.
        self._validator = bounded(self._steps)(_ordered(schema), registry=Registry())
        if self.misfit({}) == TOO_LONG:
            raise SchemaRefused("output_schema takes too long to check anything against it")

    def misfit(self, result: Mapping[str, Any]) -> str | None:
        """Why a result does not match, on one line; None if it does."""
        from threadhost.adapters.tables.schema_keywords import StepBudgetExceeded

        with self._lock:
            self._steps.begin()
            try:
                errors = list(islice(self._validator.iter_errors(result), FAULTS_TOLD))
            except (StepBudgetExceeded, RecursionError):
                return TOO_LONG
            except ArithmeticError as error:
                return truncate(
                    f"it has a number that cannot be checked: {error}", MISFIT_CHARS_MAX
                )
        faults = "; ".join(f"{error.json_path}: {error.message}" for error in errors)
        return truncate(" ".join(faults.split()), MISFIT_CHARS_MAX) or None


def require_small(schema: Mapping[str, Any]) -> None:
    """Raise SchemaRefused for a schema that is too large or too deep to be examined."""
    if not isinstance(schema, dict):
        raise SchemaRefused("output_schema must be a JSON object")
    if fault := fault_in(schema):
        raise SchemaRefused(f"output_schema cannot be used: {fault}")
    if depth(schema) > SCHEMA_DEPTH_MAX:
        raise SchemaRefused(f"output_schema is nested more than {SCHEMA_DEPTH_MAX} deep")
    if (chars := len(compact(schema))) > SCHEMA_CHARS_MAX:
        raise SchemaRefused(
            f"output_schema has {chars} letters, which is more than {SCHEMA_CHARS_MAX}"
        )


def depth(value: object) -> int:
    """The nesting depth of objects and arrays."""
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def _require_bounded(schema: Mapping[str, Any], steps: Any) -> None:  # noqa: ANN401
    """Raise SchemaRefused for references or patterns without a bounded cost."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    from threadhost.adapters.tables.patterns import PatternRefused

    base = str(schema.get("$id", ""))
    resource = DRAFT202012.create_resource(schema)
    look = Registry().with_resource(base, resource).resolver(base)
    keywords: set[str] = set()
    for holder in _objects(schema):
        keywords |= holder.keys()
        _require_own(holder, schema)
        for name in ("$ref", "$dynamicRef"):
            if isinstance(to := holder.get(name), str):
                try:
                    look.lookup(to)
                except Unresolvable:
                    raise SchemaRefused(f"output_schema has no {truncate(to, 100)}") from None
        patterns = holder.get("patternProperties")
        for text in (holder.get("pattern"), *(patterns if isinstance(patterns, dict) else ())):
            if isinstance(text, str):
                try:
                    steps.pattern(text)
                except PatternRefused as refused:
                    raise SchemaRefused(f"output_schema: {refused}") from None
    if {"patternProperties", "unevaluatedProperties"} <= keywords:
        raise SchemaRefused(
            "output_schema has unevaluatedProperties beside patternProperties;"
            " use additionalProperties"
        )


def _require_own(holder: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    draft = holder.get("$schema")
    if isinstance(draft, str) and draft.rstrip("#") != DRAFT:
        raise SchemaRefused(f"output_schema is of {truncate(draft, 100)}; give one of {DRAFT}")
    if holder is not schema and isinstance(holder.get("$id"), str):
        raise SchemaRefused("output_schema has an $id inside of it; refer by #/$defs/NAME")
    for name in ("$ref", "$dynamicRef"):
        to = holder.get(name)
        if isinstance(to, str) and not to.startswith("#"):
            raise SchemaRefused(
                f"output_schema refers to {truncate(to, 100)}, and nothing is fetched;"
                " put it into $defs and refer by #/$defs/NAME"
            )


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    """All objects in a value, itself included and first."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _objects(item)


def _ordered(value: Any) -> Any:  # noqa: ANN401
    """The same value, with the keywords that depend on others after these."""
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=LAST.__contains__)
    return {name: _ordered(value[name]) for name in names}
