"""What packed bodies share with each other: part of the log's format, and frozen with it.

Deflate refers cheapest to what stands near the end, so the events of a plain turn come last. A
body of another kind is packed less well, never wrongly. Ids and times are here by the digits that
they begin with; the one whole digest is that of a thread without tools.
"""

WORDS = b"".join(
    (
        # Compaction.
        b'","prompt":{"type":"message","role":"user","content":[{"type":"input_text","text":"',
        b'"}]}],"through_version":1}"output_text","text":"',
        # Agents, queue and jobs.
        b'{"submission_id":"01a","client_id":null,"metadata":null,"rank":1}',
        b'{"message":"task","content":[{"type":"text","text":"","root_turn_id":"01a',
        b'"author":"/root/","recipient":"/root","receiver_id":"","sender_id":"01a',
        b'","sender_version":1,"interrupts":false}',
        b'"type":"collabAgentToolCall","tool":"spawnAgent","status":"completed",',
        b'"senderThreadId":"01a","receiverThreadIds":["01a"],"prompt":"","model":null,',
        b'"reasoningEffort":null,"agentsStates":{"01a":{"status":"running","message":null}}',
        b'"first":1,"read_to":[1],"item_ids":["item-1","item-2"],"source_ids":[null,null],',
        b'"rows":[{"{"item":1,"thread_id":"01a","result":{"',
        b"You work on one item of a job, by yourself.\\n\\nJob: 01a\\nItem: item-1\\n\\n",
        b"\\n\\nThe item's row, as JSON:\\n{\\\"\\n\\nWhat your result has to look like, ",
        b"as a JSON Schema ({} means any object):\\n{}\\n\\nWhen you are done, call ",
        b"report_agent_job_result once, with this job_id and item_id and your result as a JSON ",
        b"object. Then stop. If you cannot do it, report that in the result.\\n",
        # Settings.
        b'{"settings":{"cwd":"/home/","model":"gpt-5","model_provider":"openai",',
        b'"originator":"codex_cli_rs","base_instructions":null,"developer_instructions":null,',
        b'"approval_policy":"on-request","approval_policy":"never","approvals_reviewer":"user",',
        b'"sandbox":{"type":"workspaceWrite","sandbox":{"type":"readOnly",',
        b'"networkAccess":false},"service_tier":null,"effort":"medium","effort":null,',
        b'"thread_source":"subagent","thread_source":null,"agent_nickname":null,',
        b'"agent_role":null,"config":{},"dynamic_tools":[],"user_input":false,"summary":null,',
        b'"verbosity":null,"personality":null,"disabled_plugin_ids":[],"permissions":null}}',
        # Failures.
        b'","attempt":1,"wait_ms":200,"message":"the model\'s ',
        b'"code":"responseStreamDisconnected","http_status":null,"details":null}',
        # Calls.
        b'"type":"commandExecution","command":"/bin/bash -lc \'","cwd":"/home/","processId":null,',
        b'"source":"agent","status":"completed","commandActions":[{"type":"unknown","command":"',
        b'"}],"aggregatedOutput":"","exitCode":0,"durationMs":1',
        b'"type":"mcpToolCall","id":"01a","server":"","environmentId":null,"tool":"',
        b'","status":"inProgress","status":"failed","arguments":{"","appContext":null,',
        b'"mcpAppUi":null,"pluginId":null,"readOnlyHint":null,"result":{"content":',
        b'[{"type":"text","text":""}],"structuredContent":null,"_meta":null},"error":null,',
        b'","arguments":"{\\"\\":\\"\\"}","namespace":null,"family":"agents","item":null}',
        b'","output":"{\\"accepted\\":true}"}","success":true,"duration_ms":1,"abandoned":false}',
        b'","call_id":"01a","called_at_ms":1,"item":{"type":"dynamicToolCall","id":"01a',
        b'","namespace":null,"tool":"","arguments":{"","status":"inProgress",',
        b'"contentItems":null,"success":null,"durationMs":null,"completedAtMs":null}}',
        b'","status":"completed","contentItems":[{"type":"inputText","text":"',
        b'"}],"success":true,"durationMs":1',
        b'","output":{"type":"function_call_output","call_id":"01a","output":"',
        b'","output":{"type":"reasoning","summary":[{"type":"summary_text","text":"',
        b'"}],"encrypted_content":"gAAAAA',
        b'","output":{"type":"function_call","call_id":"01a","name":"","arguments":"{\\"',
        b'","type":"contextCompaction","item":{"type":"contextCompaction","id":"01a',
        b'","type":"reasoning","item":{"type":"reasoning","id":"01a',
        b'","summary":["**"],"content":[""],"summary":[],"content":[],"startedAtMs":1',
        # A plain turn.
        b'","request":1,"response_id":"resp_","served_model":"","finish_reason":"stop',
        b'","first_output_ms":1,"duration_ms":1,"attempts":1,"steered":false}',
        b'","request":1,"model":"","history_items":1,"digest":"","provider":"',
        b'","left_out":0,"mended":{},"digests":{"instructions":"","settings":"","history":"',
        b'","tools":"a85b9cbafdb9a90955d86a6a12b2f41d"},"output_schema":null,"replaces":0}',
        b'","item_id":"01a","type":"userMessage","item":{"type":"userMessage","id":"01a',
        b'","clientId":null,"content":[{"type":"text","text":"","text_elements":[]}],',
        b'"phase":"final_answer","phase":"commentary',
        b'{"turn_id":"01a","item_id":"01a',
        b'","type":"agentMessage","item":{"type":"agentMessage","id":"01a","text":"',
        b'","phase":null,"moderation":null,"memoryCitation":null,"delivery":null,',
        b'"questions":null,"startedAtMs":1,"completedAtMs":1}}',
    )
)
