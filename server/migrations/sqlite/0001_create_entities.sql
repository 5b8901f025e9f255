-- Names of tables and columns are API: lists sort and filter by them.
-- Instants are RFC 3339 text in UTC with nine decimals, so that text order is time order.
-- Columns of type BLOB hold encoded messages unless they are named digest.

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    labels BLOB NOT NULL,
    state INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    closure BLOB NOT NULL,
    digest BLOB NOT NULL,
    type TEXT NOT NULL,
    short_description TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project, domain, name, version)
);

CREATE TABLE workflows (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    typed_interface BLOB NOT NULL,
    remote_closure_identifier TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    digest BLOB NOT NULL,
    short_description TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project, domain, name, version)
);

CREATE TABLE launch_plans (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    spec BLOB NOT NULL,
    closure BLOB NOT NULL,
    workflow_id INTEGER NOT NULL REFERENCES workflows (id),
    state INTEGER NOT NULL,
    digest BLOB NOT NULL,
    schedule_type TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project, domain, name, version)
);
CREATE INDEX launch_plans_workflow_id ON launch_plans (workflow_id);
CREATE UNIQUE INDEX launch_plans_active ON launch_plans (project, domain, name) WHERE state = 1;

CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    launch_plan_id INTEGER REFERENCES launch_plans (id),
    workflow_id INTEGER NOT NULL REFERENCES workflows (id),
    task_id INTEGER REFERENCES tasks (id),
    launch_entity TEXT NOT NULL,
    phase TEXT NOT NULL,
    spec BLOB NOT NULL,
    closure BLOB NOT NULL,
    mode INTEGER NOT NULL,
    state INTEGER NOT NULL,
    user TEXT NOT NULL,
    abort_cause TEXT,
    error_kind TEXT,
    error_code TEXT,
    inputs_uri TEXT NOT NULL,
    user_inputs_uri TEXT NOT NULL,
    source_execution_id INTEGER REFERENCES executions (id),
    started_at TEXT,
    duration INTEGER,
    execution_created_at TEXT NOT NULL,
    execution_updated_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- What the launcher still owes the data plane, and when it may try (again).
    handover TEXT NOT NULL,
    handover_attempts INTEGER NOT NULL,
    handover_after TEXT NOT NULL,
    UNIQUE (execution_project, execution_domain, execution_name)
);
CREATE INDEX executions_launch_plan_id ON executions (launch_plan_id);
CREATE INDEX executions_workflow_id ON executions (workflow_id);
CREATE INDEX executions_task_id ON executions (task_id);
CREATE INDEX executions_phase ON executions (phase);
CREATE INDEX executions_created ON executions (execution_project, execution_domain, created_at);
CREATE INDEX executions_handover ON executions (handover, handover_after) WHERE handover <> 'done';

CREATE TABLE node_executions (
    id INTEGER PRIMARY KEY,
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    node_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    input_uri TEXT NOT NULL,
    closure BLOB NOT NULL,
    node_execution_metadata BLOB NOT NULL,
    parent_id INTEGER REFERENCES node_executions (id),
    parent_task_execution_id INTEGER,
    error_kind TEXT,
    error_code TEXT,
    cache_status TEXT,
    started_at TEXT,
    duration INTEGER,
    node_execution_created_at TEXT NOT NULL,
    node_execution_updated_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (execution_project, execution_domain, execution_name, node_id)
);
CREATE INDEX node_executions_parent_id ON node_executions (parent_id);

CREATE TABLE task_executions (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    node_id TEXT NOT NULL,
    retry_attempt INTEGER NOT NULL,
    phase TEXT NOT NULL,
    phase_version INTEGER NOT NULL,
    input_uri TEXT NOT NULL,
    closure BLOB NOT NULL,
    started_at TEXT,
    duration INTEGER,
    task_execution_created_at TEXT NOT NULL,
    task_execution_updated_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (execution_project, execution_domain, execution_name, node_id, project, domain, name, version, retry_attempt)
);

-- Labels and tags that an execution was created with; a tag has an empty value.
CREATE TABLE execution_tags (
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution_project, execution_domain, execution_name, key, value)
);
CREATE INDEX execution_tags_key ON execution_tags (key, value);
