-- What is known of all versions of a name. A row comes with the first version.
CREATE TABLE named_entities (
    id INTEGER PRIMARY KEY,
    resource_type INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    state INTEGER NOT NULL,
    UNIQUE (resource_type, project, domain, name)
);

INSERT INTO named_entities (resource_type, project, domain, name, description, state)
SELECT DISTINCT 1, project, domain, name, '', 0 FROM tasks
UNION ALL
SELECT DISTINCT 2, project, domain, name, '', CASE WHEN name LIKE '.flytegen.%' THEN 2 ELSE 0 END FROM workflows
UNION ALL
SELECT DISTINCT 3, project, domain, name, '', 0 FROM launch_plans;

-- What the author of a version says about it; the message is kept whole.
CREATE TABLE description_entities (
    id INTEGER PRIMARY KEY,
    resource_type INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    short_description TEXT NOT NULL,
    description BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (resource_type, project, domain, name, version)
);
CREATE INDEX description_entities_listed
    ON description_entities (resource_type, project, domain, name, created_at);
