"""`host/retention/*`: the rules of retention, looked at and applied."""

from collections.abc import Sequence

from threadhost.actors.runtime.retention import Retention, RetentionCandidate
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
    "no rules of retention: a table `[retention.rules.NAME]` of the host's configuration file is"
    " one"
)


@method("host/retention/preview", RetentionPreviewParams, reads=True, large=SMALLER_PAGES)
async def preview_retention(params: RetentionPreviewParams, call: Call) -> RetentionPreviewResponse:
    """What the rules would let go of now, and what is due and stays; changes nothing."""
    retention = _required(call)
    weighed = await retention.preview()
    most = NAMED_MAX if params.limit is None else max(1, min(params.limit, NAMED_MAX))
    goes = [one for one in weighed if not one.stays]
    return RetentionPreviewResponse(
        rules=[rule.name for rule in retention.policy.rules],
        data=_shown(weighed[:most]),
        more=len(weighed) > most,
        threads=sum(len(one.due.thread_ids) for one in goes),
        bytes=sum(one.bytes for one in goes),
    )


@method("host/retention/run")
async def run_retention(params: None, call: Call) -> RetentionRunResponse:
    """Have the rules let go of what is due, each act under the principal of its rule."""
    done = await _required(call).run(call.origin.causation_id)
    stays = [one.weighed._replace(stays=one.stays) for one in done if one.stays]
    return RetentionRunResponse(
        threads=sum(one.threads for one in done),
        bytes=sum(one.weighed.bytes for one in done if one.threads),
        data=_shown(stays[:NAMED_MAX]),
        more=len(stays) > NAMED_MAX,
    )


def _required(call: Call) -> Retention:
    if call.app.retention is None:
        raise refusal("noRetentionRules", NO_RULES)
    return call.app.retention


def _shown(weighed: Sequence[RetentionCandidate]) -> list[RetentionDue]:
    return [
        RetentionDue(
            thread_id=one.due.root_id,
            rule=one.due.rule.name,
            of=one.due.rule.of,
            why=one.due.why,
            threads=len(one.due.thread_ids),
            bytes=one.bytes,
            active_at=one.due.active_at_ms // 1000,
            stays=one.stays or None,
        )
        for one in weighed
    ]
