-- Who is to be told of the end of an execution, and was not yet: written with the end, removed when it is done.

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY,
    execution_project TEXT NOT NULL,
    execution_domain TEXT NOT NULL,
    execution_name TEXT NOT NULL,
    -- As launch plans have it: a Notification, in protobuf.
    notification BLOB NOT NULL,
    -- The ways by which it has been sent already, with commas between them.
    sent TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- Not before.
    due_at TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE INDEX notifications_due ON notifications (due_at);
