-- Who may do what: people and programs with secrets of this server's own, roles, short-lived secrets, and what was done.

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Argon2id, in the form of PHC.
    password_hash TEXT NOT NULL,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- JSON, a list of names.
    groups TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE clients (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    description TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE role_bindings (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (subject, role, project, domain)
);

CREATE TABLE grants (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    -- SHA-256 of what was given out; that itself is nowhere.
    secret_hash TEXT NOT NULL UNIQUE,
    -- What belongs together and ends together: a refresh token and those it was exchanged for.
    family TEXT NOT NULL,
    -- A second name by which a person finds it, such as the code of a device; empty for none.
    code TEXT NOT NULL,
    -- JSON.
    content TEXT NOT NULL,
    -- Seconds since the epoch.
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE INDEX grants_by_family ON grants (family);
CREATE INDEX grants_by_code ON grants (kind, code);
CREATE INDEX grants_by_end ON grants (expires_at);

CREATE TABLE audit_records (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    caller TEXT NOT NULL,
    via TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    entity TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL
);
CREATE INDEX audit_records_by_place ON audit_records (project, domain, id);
CREATE INDEX audit_records_by_caller ON audit_records (caller, id);
