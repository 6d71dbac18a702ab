"""Where agents do not do here what they did with the reference, each with what they do."""

from tests.protocol.kinds_of_difference import Behaviour

OF_AGENTS = [
    Behaviour(
        "an agent is interrupted, by a client or because its host ends",
        "its parent gets no message, and a wait for it ends only at its time-out",
        "its parent gets a message, and a wait for it ends at once",
    ),
    Behaviour(
        "a later turn of an agent ends",
        "its parent gets no message unless it waits",
        "its parent gets one message for each end",
    ),
    Behaviour(
        "a host is started again",
        "agents are `not_found` until `resume_agent` is called",
        "agents are found, and loaded when they get a message",
    ),
    Behaviour(
        "a spawn names an invalid model, effort or role; a wait is interrupted",
        "the item of the call stays in progress",
        "the item is completed as failed",
    ),
    Behaviour(
        "a call of an MCP server's tool is interrupted, or its thread is deleted",
        "its item stays in progress, and is missing when a client reads the thread",
        "its item is completed as failed, also when a client reads the thread",
    ),
    Behaviour(
        "a model calls a command that the user must approve",
        "the user is asked, and the command is run, declined or cancelled",
        "the model gets the answer that there is no such tool, and goes on; the user is not asked",
    ),
    Behaviour(
        "a model starts more agents than the file allows without an approval",
        "-",
        "the host asks the user with `mcpServer/elicitation/request`, by the approval policy",
    ),
    Behaviour(
        "an agent sends a message to itself, or closes itself",
        "it steers itself; its thread no longer works afterwards",
        "the call is refused",
    ),
    Behaviour(
        "an agent of a team sends a message to another",
        "an input item `agent_message`, which only OpenAI's backend knows",
        "the same text in a message of the role user",
    ),
    Behaviour(
        "an agent of a team fails or is stopped, or ends while its lead is idle",
        "not recorded",
        "the lead's model gets a message; a running turn gets an item `subAgentActivity`"
        " `completed`",
    ),
    Behaviour(
        "`wait_agent` of a team in which no other agent is at work",
        "not recorded",
        "ends at once, and says so",
    ),
    Behaviour(
        "`followup_task` for an idle agent while the largest number of agents work",
        "not recorded",
        "is refused, as a spawn is",
    ),
    Behaviour(
        "a team has more idle agents than may be loaded",
        "some are unloaded and not listed",
        "all are listed, loaded or not",
    ),
    Behaviour(
        "a model starts an agent on an ephemeral thread",
        "the agent is started",
        "the host does not offer the tools",
    ),
]
