-- What nodes turned out to have inside at run time, in the order in which the plan grew by it: doing it
-- again gives the same plan, and thus the meaning of every node's number.
CREATE TABLE growths (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES runs (id),
    node    INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    -- JSON: where the compiled workflow lies that a task made, or how many items an array has.
    inside  TEXT NOT NULL
) STRICT;

CREATE INDEX growths_of_runs ON growths (run);

-- One row a block of an array's items of which one has begun.
CREATE TABLE blocks (
    run    INTEGER NOT NULL REFERENCES runs (id),
    node   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    -- The engine's states of the items as JSON.
    items  TEXT NOT NULL,
    PRIMARY KEY (run, node, number)
) STRICT, WITHOUT ROWID;
