-- The cache of tasks' outputs. Literals are objects; rows say where they lie.
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    metadata BLOB NOT NULL,
    -- JSON list of names, in the order they were given.
    partition_keys TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project, domain, name, version)
);
CREATE INDEX datasets_listed ON datasets (created_at);
CREATE INDEX datasets_named ON datasets (name);

CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES datasets (id),
    artifact_id TEXT NOT NULL,
    metadata BLOB NOT NULL,
    -- JSON list of names and URIs.
    data TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (dataset_id, artifact_id)
);
CREATE INDEX artifacts_listed ON artifacts (dataset_id, created_at);

CREATE TABLE partitions (
    artifact_key INTEGER NOT NULL REFERENCES artifacts (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (artifact_key, key)
);

CREATE TABLE tags (
    dataset_id INTEGER NOT NULL REFERENCES datasets (id),
    name TEXT NOT NULL,
    artifact_key INTEGER NOT NULL REFERENCES artifacts (id),
    PRIMARY KEY (dataset_id, name)
);
CREATE INDEX tags_artifact ON tags (artifact_key);

-- Who works on what is not in the cache yet. Dataset and tag need not be there.
CREATE TABLE reservations (
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    tag_name TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (project, domain, name, version, tag_name)
);
