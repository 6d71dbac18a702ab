"""The configuration file of the hosts that are tried here, and what it says in vain."""

SECRET = "sk-0123456789abcdef"
TEXT = """
model_provider = "local"
model_reasoning_effort = "high"
model_reasoning_summary = "concise"
model_verbosity = "low"
service_tier = "fast"
personality = "friendly"
instructions = "be brief"
developer_instructions = "work with care"
turn_timeout_ms = 60000
approval_policy = "never"
profile = "usual"

[tui]
notifications = true

[profiles.usual]
model_verbosity = "high"

[model_providers.local]
name = "The local server"
base_url = "{local}?token={secret}"
http_headers = {{ X-Key = "{secret}" }}

[model_providers.local.models.m-large]
name = "Large"
context_window = 8000
reasoning_efforts = ["low", "high"]
default_reasoning_effort = "high"

[model_providers.local.models.m-small]

[model_providers.other]
base_url = "{other}"
env_key = "OTHER_KEY"

[model_providers.other.models."o:1"]
context_window = 1000
auto_compact_token_limit = 500

[model_providers.locked]
base_url = "{other}"
env_key = "UNSET_KEY"
env_key_instructions = "ask the desk"
"""
UNUSED = "approval_policy, tui"
