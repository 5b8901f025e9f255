-- Matchable attributes. An empty column matches everything; the row with the highest priority wins.
CREATE TABLE resources (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    workflow TEXT NOT NULL,
    launch_plan TEXT NOT NULL,
    resource_type INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    attributes BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project, domain, workflow, launch_plan, resource_type)
);
CREATE INDEX resources_listed ON resources (resource_type, project, domain);
