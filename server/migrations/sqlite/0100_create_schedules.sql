-- The schedules of active launch plans: one a name, as one version of a name is active at most.
CREATE TABLE schedules (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    launch_plan_id INTEGER NOT NULL REFERENCES launch_plans (id),
    -- When the version was activated: fixed rates count from here.
    anchored_at TEXT NOT NULL,
    -- Every tick up to here is settled: it has its execution, or is told in missed_ticks.
    settled_until TEXT NOT NULL,
    -- The tick after that; null when there is none.
    next_at TEXT,
    UNIQUE (project, domain, name)
);
CREATE INDEX schedules_next_at ON schedules (next_at);
CREATE INDEX schedules_settled_until ON schedules (settled_until);
CREATE INDEX schedules_launch_plan_id ON schedules (launch_plan_id);

-- Ticks that became no execution; runs of the same outcome share a row.
CREATE TABLE missed_ticks (
    id INTEGER PRIMARY KEY,
    launch_plan_id INTEGER NOT NULL REFERENCES launch_plans (id),
    -- `skipped`: more were missed than are caught up with; `refused`: the launch was invalid.
    outcome TEXT NOT NULL,
    -- Why it was refused; empty for skipped ones.
    message TEXT NOT NULL,
    ticks INTEGER NOT NULL,
    first_tick_at TEXT NOT NULL,
    last_tick_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX missed_ticks_launch_plan_id ON missed_ticks (launch_plan_id, id);
