-- What an execution is of, by name: lists of a workflow's executions, or of a launch plan's or a task's in all
-- versions, are read in the order of an index, and join nothing. Names never change.

ALTER TABLE executions ADD COLUMN launch_plan_name TEXT;
ALTER TABLE executions ADD COLUMN workflow_name TEXT;
ALTER TABLE executions ADD COLUMN task_name TEXT;
UPDATE executions SET
    launch_plan_name = (SELECT name FROM launch_plans WHERE id = launch_plan_id),
    workflow_name = (SELECT name FROM workflows WHERE id = workflow_id),
    task_name = (SELECT name FROM tasks WHERE id = task_id);

CREATE INDEX executions_of_launch_plans
    ON executions (execution_project, execution_domain, launch_plan_name, state, phase, created_at)
    WHERE launch_plan_name IS NOT NULL;
CREATE INDEX executions_of_workflows
    ON executions (execution_project, execution_domain, workflow_name, state, phase, created_at);
CREATE INDEX executions_of_tasks
    ON executions (execution_project, execution_domain, task_name, state, phase, created_at)
    WHERE task_name IS NOT NULL;
DROP INDEX executions_launch_plan_id;
DROP INDEX executions_workflow_id;
DROP INDEX executions_task_id;

-- As equal to a phase and a state as the list is, so that no planner prefers the index of states.
DROP INDEX executions_phases;
CREATE INDEX executions_phases ON executions (execution_project, execution_domain, state, phase, created_at);

-- What it led to is read by node_executions_listed.
DROP INDEX node_executions_parent_id;

-- The oldest that is due comes first.
DROP INDEX executions_handover;
CREATE INDEX executions_handover ON executions (handover_after, id) WHERE handover <> 'done';
