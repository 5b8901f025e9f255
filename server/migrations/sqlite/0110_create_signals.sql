-- What gates wait for: a signal is made known by the data plane, and set by a user.

CREATE TABLE signals (
    id INTEGER PRIMARY KEY,
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    type BLOB NOT NULL,
    value BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (execution_project, execution_domain, execution_name, signal_id)
);
