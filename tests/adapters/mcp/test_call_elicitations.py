"""Questions of a server during a call: the time limit is paused, and all end with the call."""

import asyncio
from typing import Any

import pytest

from threadhost.actors.ports import ElicitationAnswer
from threadhost.adapters.mcp.call_elicitations import CallElicitations

LONGEST_URL = f"https://host/{'x' * 16_371}"
FORM = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}


class User:
    """A user who answers when the test releases the answer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def __call__(self, request: dict[str, Any]) -> ElicitationAnswer:
        self.asked.set()
        await self.answers.wait()
        return ElicitationAnswer("accept", {"a": 1})


async def test_the_time_in_which_the_user_answers_does_not_count_for_the_call() -> None:
    user = User()
    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, user) as asking:
        before = limit.when()
        task = asyncio.create_task(asking.ask(FORM))
        await user.asked.wait()
        assert limit.when() is None
        user.answers.set()
        assert await task == {"action": "accept", "content": {"a": 1}}
        after = limit.when()
    assert before is not None
    assert after is not None
    assert after > before


async def test_the_time_limit_of_a_call_is_paused_until_the_last_question_is_answered() -> None:
    first, second = User(), User()
    users = iter((first, second))

    async def user(request: dict[str, Any]) -> ElicitationAnswer:
        return await next(users)(request)

    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, user) as asking:
        tasks = []
        for one in (first, second):
            tasks.append(asyncio.create_task(asking.ask(FORM)))
            await one.asked.wait()
        first.answers.set()
        await tasks[0]
        assert limit.when() is None
        second.answers.set()
        await tasks[1]
        assert limit.when() is not None


async def test_a_question_to_the_user_is_cancelled_when_its_call_is_over() -> None:
    user = User()
    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, user) as asking:
        task = asyncio.create_task(asking.ask(FORM))
        await user.asked.wait()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asking.ask(FORM) == {"action": "cancel"}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"message": "?", "requestedSchema": []}, "must be an object of at most 64 fields"),
        ({"requestedSchema": {"properties": {"a": {}}}}, "must have a type: string"),
        (
            {"requestedSchema": {"properties": {"a": {"type": "string", "title": "x" * 70_000}}}},
            "more than 65536 bytes",
        ),
        ({"mode": "url", "url": "file:///etc/passwd"}, "must begin with https:// or http://"),
        ({"mode": "url", "url": LONGEST_URL + "x"}, "`url` .* has more than 16384 characters"),
    ],
)
async def test_an_elicitation_that_no_client_could_show_is_refused(
    request_: dict[str, Any], words: str
) -> None:
    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, User()) as asking:
        with pytest.raises(ValueError, match=words):
            await asking.ask(request_)


async def test_an_elicitation_url_of_the_longest_length_is_shown_whole() -> None:
    seen: list[dict[str, Any]] = []

    async def user(request: dict[str, Any]) -> ElicitationAnswer:
        seen.append(request)
        return ElicitationAnswer("unreached")

    asked = {"mode": "url", "url": LONGEST_URL, "elicitationId": "e"}
    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, user) as asking:
        await asking.ask(asked)
    assert seen[0].items() >= asked.items()


async def test_a_form_is_sent_to_clients_with_known_members_only() -> None:
    seen: list[dict[str, Any]] = []

    async def user(request: dict[str, Any]) -> ElicitationAnswer:
        seen.append(request)
        return ElicitationAnswer("unreached")

    field = {"type": "string", "maxLength": 5, "odd": 1, "title": None}
    form = {"message": "m", "requestedSchema": {"properties": {"a": field}, "required": ["a", "b"]}}
    async with asyncio.timeout(60) as limit, CallElicitations("s", limit, user) as asking:
        assert await asking.ask(form) == {"action": "cancel"}
    assert seen[0]["requestedSchema"] == {
        "type": "object",
        "properties": {"a": {"type": "string", "maxLength": 5}},
        "required": ["a"],
    }
