"""`host/retention/*`: previews and applies the rules of retention."""

from collections.abc import Sequence

from threadhost.actors.runtime.retention import Applied, Retention, RetentionCandidate
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.models.retention import (
    RetentionDue,
    RetentionPreviewParams,
    RetentionPreviewResponse,
    RetentionRunResponse,
)
from threadhost.adapters.jsonrpc.registry import method

NAMED_MAX = 1_000
NO_RULES = (
    "this host has no retention rules; add a table `[retention.rules.NAME]` to its"
    " configuration file"
)


@method("host/retention/preview", RetentionPreviewParams, reads=True, large=SMALLER_PAGES)
async def preview_retention(params: RetentionPreviewParams, call: Call) -> RetentionPreviewResponse:
    """List what the retention rules would delete now, and what is due but stays; change nothing."""
    retention = _required(call)
    weighed = await retention.preview()
    limit = NAMED_MAX if params.limit is None else max(1, min(params.limit, NAMED_MAX))
    deletable = [candidate for candidate in weighed if not candidate.stays]
    return RetentionPreviewResponse(
        rules=[rule.name for rule in retention.policy.rules],
        data=_shown(weighed[:limit]),
        more=len(weighed) > limit,
        threads=sum(len(candidate.due.thread_ids) for candidate in deletable),
        bytes=sum(candidate.bytes for candidate in deletable),
    )


@method("host/retention/run")
async def run_retention(params: None, call: Call) -> RetentionRunResponse:
    """Apply the retention rules now; each deletion names its rule as the principal."""
    results = await _required(call).run(call.origin.causation_id)
    staying = [r.weighed._replace(stays=r.stays) for r in results if r.stays]
    deleting = [result for result in results if result.threads]
    return RetentionRunResponse(
        threads=sum(result.threads for result in results),
        bytes=sum(result.weighed.bytes for result in deleting),
        data=_shown(staying[:NAMED_MAX]),
        more=len(staying) > NAMED_MAX,
        deleted=[_deleted(result) for result in deleting[:NAMED_MAX]],
        more_deleted=len(deleting) > NAMED_MAX,
    )


def _deleted(result: Applied) -> RetentionDue:
    """What was deleted of a group; the reason for what stays of it is listed elsewhere."""
    [due] = _shown([result.weighed._replace(stays="")])
    return due.model_copy(update={"threads": result.threads})


def _required(call: Call) -> Retention:
    if call.app.retention is None:
        raise refusal("noRetentionRules", NO_RULES)
    return call.app.retention


def _shown(weighed: Sequence[RetentionCandidate]) -> list[RetentionDue]:
    return [
        RetentionDue(
            thread_id=candidate.due.root_id,
            rule=candidate.due.rule.name,
            of=candidate.due.rule.of,
            why=candidate.due.why,
            threads=len(candidate.due.thread_ids),
            bytes=candidate.bytes,
            active_at=candidate.due.active_at_ms // 1000,
            stays=candidate.stays or None,
        )
        for candidate in weighed
    ]
