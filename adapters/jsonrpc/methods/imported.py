"""`host/import/codex`: imports threads of codex into the log while the host runs."""

from pathlib import Path

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import invalid_field_error, refusal
from threadhost.adapters.jsonrpc.models.imported import (
    ImportCodexParams,
    ImportCodexResponse,
    ImportCounts,
    ImportFault,
    ImportLeft,
    ImportProgressNotification,
)
from threadhost.adapters.jsonrpc.progress import Progress
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.jsonrpc.scopes import ScopeKey

IN_MEMORY = "Invalid request: this host keeps everything in memory; only `dryRun` makes sense"
NOT_ABSOLUTE = "Invalid request: `path` is not absolute; give the whole path of a codex home"
ITSELF = "Invalid request: `path` is the home of this host; its threads are here already"


@method(
    "host/import/codex",
    ImportCodexParams,
    scope=lambda _: ScopeKey("import"),
    experimental=True,
)
async def import_codex(params: ImportCodexParams, call: Call) -> ImportCodexResponse:
    """Import threads that are not there yet; a repeated call resumes where an earlier one ended."""
    from threadhost.adapters.codex.importer import Importer, NoCodexHome, Step
    from threadhost.adapters.codex.metadata import MetadataUnavailable

    app = call.app
    if not (app.logs.durable.is_durable or params.dry_run):
        raise refusal("inMemory", IN_MEMORY)
    if not params.path.startswith("/") or "\0" in params.path:
        raise invalid_field_error("path", NOT_ABSOLUTE)

    if params.path and app.logs.durable.is_durable and app.settings.home == Path(params.path):
        raise refusal("importOfItself", ITSELF)

    progress = Progress(call)

    def tell(step: Step) -> None:
        progress.tell(
            lambda: ImportProgressNotification(request_id=call.request_id, counts=_counts(step)),
            is_over=step.done >= step.total,
        )

    def _counts(step: Step) -> ImportCounts:
        return ImportCounts.model_validate(step._asdict(), by_name=True)

    importer = Importer(
        app.host.threads, app.logs.durable, app.ids, call.origin, dry_run=params.dry_run
    )
    try:
        step, left_out, faults = await importer.run(Path(params.path), tell)
    except NoCodexHome as error:
        raise refusal("noCodexHome", str(error)) from None
    except MetadataUnavailable as error:
        raise refusal("codexUnreadable", str(error)) from None
    return ImportCodexResponse(
        counts=_counts(step),
        left=[
            ImportLeft(thread_id=t or None, path=path, why=reason) for t, path, reason in left_out
        ],
        faults=[
            ImportFault(
                thread_id=fault.thread_id, path=fault.path, line=fault.line or None, why=fault.why
            )
            for fault in faults
        ],
    )
