"""Keys of the reference's configuration file that are unused here: accepted, named and ignored.

They are those of all its versions, so that a file for the reference works for this host, too.
"""

_TOP_LEVEL = """
    allow_login_shell analytics approval_policy approvals_reviewer apps apps_mcp_product_sku
    audio auto_review background_terminal_max_timeout browser_use chatgpt_base_url
    check_for_update_on_startup cli_auth_credentials_store client_search_provider
    commit_attribution compact_prompt computer_use debug default_permissions desktop
    disable_paste_burst disable_response_storage experimental_compact_prompt_file
    experimental_instructions_file experimental_realtime_start_instructions
    experimental_realtime_webrtc_call_base_url experimental_realtime_ws_backend_prompt
    experimental_realtime_ws_base_url experimental_realtime_ws_model
    experimental_realtime_ws_startup_context experimental_resume
    experimental_sandbox_command_assessment experimental_thread_config_endpoint
    experimental_thread_store experimental_thread_store_endpoint
    experimental_use_exec_command_tool experimental_use_freeform_apply_patch
    experimental_use_rmcp_client experimental_use_unified_exec_tool feedback file_opener
    forced_chatgpt_workspace_id forced_login_method ghost_snapshot goals hide_agent_reasoning
    history hooks include_apply_patch_tool include_apps_instructions
    include_collaboration_mode_instructions include_environment_context
    include_permissions_instructions include_plan_tool include_view_image_tool
    js_repl_node_module_dirs js_repl_node_path log_dir marketplaces mcp_oauth_callback_port
    mcp_oauth_callback_url mcp_oauth_credentials_store
    model_auto_compact_token_limit_scope model_catalog_json model_max_output_tokens
    model_reasoning_summary_format model_supports_reasoning_summaries network_access notice notify
    openai_file_api_base_url orchestrator oss_provider otel permissions
    plan_mode_reasoning_effort plugins preferred_auth_method project_doc_fallback_filenames
    project_doc_max_bytes project_root_markers projects realtime responses_api_metadata
    responses_originator_header_internal_override review_model sandbox_mode sandbox_permissions
    sandbox_workspace_write shell_environment_policy show_raw_agent_reasoning skills sqlite
    sqlite_home suppress_unstable_features_warning tool_output_token_limit tool_suggest tools
    tools_view_image tools_web_search trust_level tui use_experimental_reasoning_summary web_search
    windows windows_wsl_setup_acknowledged zsh_path
"""
_PROVIDER = """
    aws gateway_oauth model_catalog_url supports_standalone_web_search supports_websockets
    websocket_connect_timeout_ms
"""
_MCP_SERVER = """
    auth bearer_token default_tools_approval_mode environment_id experimental_environment name oauth
    oauth_resource scopes startup_timeout_ms supports_parallel_tool_calls tools
"""
_MEMORIES = """
    dedicated_tools max_unused_days min_rate_limit_remaining_percent
    no_memories_if_mcp_or_web_search phase_1_model phase_2_model
"""

TOP_LEVEL = frozenset(_TOP_LEVEL.split())
PROVIDER = frozenset(_PROVIDER.split())
MCP_SERVER = frozenset(_MCP_SERVER.split())
PROFILE = TOP_LEVEL | {"agents", "features", "memories"}
MEMORIES = frozenset(_MEMORIES.split())
AGENTS = frozenset({"max_threads"})
NONE: frozenset[str] = frozenset()
