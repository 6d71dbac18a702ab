"""Where agents do not do here what they did with the reference, each with what they do."""

from tests.protocol.kinds_of_difference import Behaviour

OF_AGENTS = [
    Behaviour(
        "an agent is interrupted, by a client or because its host ends",
        "its parent hears nothing, and a wait for it runs into its time-out",
        "its parent hears of it, and a wait for it ends at once",
    ),
    Behaviour(
        "a later turn of an agent ends",
        "its parent hears nothing unless it waits",
        "its parent hears of each end, once",
    ),
    Behaviour(
        "a host is started again",
        "agents are `not_found` until `resume_agent`",
        "they are found, and loaded when they are told something",
    ),
    Behaviour(
        "a model, an effort or a role of a spawn cannot be; a wait is interrupted",
        "the item of the call is in progress for ever",
        "it is completed as failed",
    ),
    Behaviour(
        "a call of an MCP server's tool is interrupted, or its thread is deleted",
        "its item is in progress for ever, and missing when the thread is read",
        "it is completed as failed, and read so",
    ),
    Behaviour(
        "a model calls for a command, which its user is to approve",
        "the user is asked, and it is run, declined or cancelled",
        "the model is told that there is no such tool, and goes on; nobody is asked",
    ),
    Behaviour(
        "a model starts more agents than nobody has to approve, where the file has such a number",
        "-",
        "the user is asked with `mcpServer/elicitation/request`, by the approval policy",
    ),
    Behaviour(
        "an agent tells or closes itself",
        "it steers itself; its thread is dead afterwards",
        "it is told that it cannot",
    ),
    Behaviour(
        "an agent of a team says something to another",
        "an input item `agent_message`, which its own backend knows",
        "the same words in a message of the role user",
    ),
    Behaviour(
        "an agent of a team fails or is stopped, or ends while its lead does nothing",
        "not recorded",
        "the lead's model is told; `subAgentActivity` `completed` is an item of a turn that runs",
    ),
    Behaviour(
        "`wait_agent` of a team in which nobody else is at work",
        "not recorded",
        "ends at once, and says so",
    ),
    Behaviour(
        "`followup_task` for an agent that does nothing, where as many work as may",
        "not recorded",
        "is refused, as a spawn is",
    ),
    Behaviour(
        "more agents of a team are idle than may be live",
        "some are unloaded and not listed",
        "all are listed, loaded or not",
    ),
    Behaviour(
        "a model starts an agent on a thread in memory",
        "it is started",
        "the tools are not offered",
    ),
]
