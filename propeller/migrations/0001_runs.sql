-- One row a run. The row of an ended run stays, so that it is never started again.
CREATE TABLE runs (
    id       INTEGER PRIMARY KEY,
    project  TEXT NOT NULL,
    domain   TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- The flyteworkflow object as JSON; NULL once the run has ended.
    workflow TEXT,
    -- The engine's phase of the run as JSON.
    phase    TEXT NOT NULL,
    UNIQUE (project, domain, name)
) STRICT;

CREATE INDEX live_runs ON runs (id) WHERE workflow IS NOT NULL;

-- One row a node that has begun, by its place in the plan. Removed after the run has ended.
CREATE TABLE nodes (
    run   INTEGER NOT NULL REFERENCES runs (id),
    node  INTEGER NOT NULL,
    -- The engine's state of the node as JSON.
    state TEXT NOT NULL,
    PRIMARY KEY (run, node)
) STRICT, WITHOUT ROWID;

-- Events not yet delivered, in the order they were decided; one row a round.
CREATE TABLE outbox (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    events BLOB NOT NULL
) STRICT;
