"""The statements that make the views; written from `tables.py` by `make docs`."""

TABLES: dict[str, tuple[str, ...]] = {
    "threads": (
        """CREATE TABLE IF NOT EXISTS threads (
            id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            parent_id TEXT,
            forked_from_id TEXT,
            depth INTEGER NOT NULL,
            ephemeral BOOLEAN NOT NULL,
            source TEXT NOT NULL,
            history_mode TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL,
            recency_at_ms INTEGER NOT NULL,
            archived BOOLEAN NOT NULL,
            listed BOOLEAN NOT NULL,
            memory_mode TEXT,
            PRIMARY KEY (id)
        )
         WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS threads_by_created
            ON threads (archived, listed, created_at_ms, id)""",
        """CREATE INDEX IF NOT EXISTS threads_by_recency
            ON threads (archived, listed, recency_at_ms, id)""",
        """CREATE INDEX IF NOT EXISTS threads_by_updated
            ON threads (archived, listed, updated_at_ms, id)""",
        """CREATE INDEX IF NOT EXISTS threads_parent
            ON threads (parent_id)""",
    ),
    "thread_texts": (
        """CREATE TABLE IF NOT EXISTS thread_texts (
            thread_id TEXT NOT NULL,
            name TEXT,
            preview TEXT,
            name_folded TEXT,
            preview_folded TEXT,
            model TEXT,
            model_provider TEXT,
            cwd TEXT,
            originator TEXT,
            thread_source TEXT,
            agent_nickname TEXT,
            agent_role TEXT,
            git_sha TEXT,
            git_branch TEXT,
            git_origin_url TEXT,
            daybreak BOOLEAN,
            PRIMARY KEY (thread_id)
        )
         WITHOUT ROWID""",
    ),
    "turns": (
        """CREATE TABLE IF NOT EXISTS turns (
            position INTEGER NOT NULL,
            version INTEGER NOT NULL,
            thread_id TEXT NOT NULL,
            turn_id TEXT NOT NULL,
            status TEXT NOT NULL,
            started_at_ms INTEGER NOT NULL,
            completed_at_ms INTEGER,
            end_position INTEGER,
            error_position INTEGER,
            PRIMARY KEY (thread_id, position)
        )
         WITHOUT ROWID""",
        """CREATE UNIQUE INDEX IF NOT EXISTS turns_by_id
            ON turns (turn_id, thread_id)""",
        """CREATE INDEX IF NOT EXISTS turns_running
            ON turns (thread_id) WHERE status = 'inProgress'""",
    ),
    "items": (
        """CREATE TABLE IF NOT EXISTS items (
            position INTEGER NOT NULL,
            version INTEGER NOT NULL,
            thread_id TEXT NOT NULL,
            turn_id TEXT NOT NULL,
            item_id TEXT NOT NULL,
            type TEXT NOT NULL,
            PRIMARY KEY (thread_id, position)
        )
         WITHOUT ROWID""",
    ),
    "spawn_edges": (
        """CREATE TABLE IF NOT EXISTS spawn_edges (
            child_id TEXT NOT NULL,
            parent_id TEXT NOT NULL,
            depth INTEGER NOT NULL,
            is_open BOOLEAN NOT NULL,
            PRIMARY KEY (child_id)
        )
         WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS spawn_edges_parent
            ON spawn_edges (parent_id, child_id)""",
    ),
    "open_deletions": (
        """CREATE TABLE IF NOT EXISTS open_deletions (
            deletion_id TEXT NOT NULL,
            stream TEXT NOT NULL,
            root_id TEXT NOT NULL,
            PRIMARY KEY (deletion_id)
        )
         WITHOUT ROWID""",
    ),
    "pending_erasures": (
        """CREATE TABLE IF NOT EXISTS pending_erasures (
            deletion_id TEXT NOT NULL,
            PRIMARY KEY (deletion_id)
        )
         WITHOUT ROWID""",
    ),
    "thread_queue": (
        """CREATE TABLE IF NOT EXISTS thread_queue (
            submission_id TEXT NOT NULL,
            thread_id TEXT NOT NULL,
            rank INTEGER NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (submission_id)
        )
         WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS thread_queue_order
            ON thread_queue (thread_id, rank)""",
    ),
    "thread_goals": (
        """CREATE TABLE IF NOT EXISTS thread_goals (
            thread_id TEXT NOT NULL,
            goal_id TEXT NOT NULL,
            objective_version INTEGER NOT NULL,
            status TEXT NOT NULL,
            token_budget INTEGER,
            tokens_used INTEGER NOT NULL,
            time_used_ms INTEGER NOT NULL,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL,
            PRIMARY KEY (thread_id)
        )
         WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS thread_goals_by_status
            ON thread_goals (status, thread_id)""",
    ),
}
