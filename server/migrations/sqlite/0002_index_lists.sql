-- Every list has an index for its scope and the order of creation; a row's id, which ends each index,
-- makes the order total.

CREATE INDEX tasks_listed ON tasks (project, domain, created_at);
CREATE INDEX tasks_versions ON tasks (project, domain, name, created_at);
CREATE INDEX workflows_listed ON workflows (project, domain, created_at);
CREATE INDEX workflows_versions ON workflows (project, domain, name, created_at);
CREATE INDEX launch_plans_listed ON launch_plans (project, domain, created_at);
CREATE INDEX launch_plans_versions ON launch_plans (project, domain, name, created_at);
CREATE INDEX executions_phases ON executions (execution_project, execution_domain, phase, created_at);
CREATE INDEX node_executions_listed
    ON node_executions (execution_project, execution_domain, execution_name, parent_id, created_at);
CREATE INDEX node_executions_of_tasks ON node_executions (parent_task_execution_id, created_at)
    WHERE parent_task_execution_id IS NOT NULL;
CREATE INDEX task_executions_listed
    ON task_executions (execution_project, execution_domain, execution_name, node_id, created_at);

-- What a concurrency policy counts.
CREATE INDEX executions_live ON executions (launch_plan_id)
    WHERE phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT');

DROP INDEX executions_phase;
