-- What an execution is of, by name: lists of a workflow's executions, or of a launch plan's or a task's in all
-- versions, are read in the order of an index, and join nothing. Names never change.

ALTER TABLE executions ADD COLUMN launch_plan_name TEXT COLLATE "C";
ALTER TABLE executions ADD COLUMN workflow_name TEXT COLLATE "C";
ALTER TABLE executions ADD COLUMN task_name TEXT COLLATE "C";
UPDATE executions SET
    launch_plan_name = (SELECT name FROM launch_plans WHERE id = launch_plan_id),
    workflow_name = (SELECT name FROM workflows WHERE id = workflow_id),
    task_name = (SELECT name FROM tasks WHERE id = task_id);

-- For servers that are older than this and insert beside newer ones.
CREATE FUNCTION name_execution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.launch_plan_name := (SELECT name FROM launch_plans WHERE id = NEW.launch_plan_id);
    NEW.workflow_name := (SELECT name FROM workflows WHERE id = NEW.workflow_id);
    NEW.task_name := (SELECT name FROM tasks WHERE id = NEW.task_id);
    RETURN NEW;
END;
$$;
CREATE TRIGGER executions_named BEFORE INSERT ON executions
    FOR EACH ROW WHEN (NEW.workflow_name IS NULL) EXECUTE FUNCTION name_execution();

CREATE INDEX executions_of_launch_plans
    ON executions (execution_project, execution_domain, launch_plan_name, state, phase, created_at, id)
    WHERE launch_plan_name IS NOT NULL;
CREATE INDEX executions_of_workflows
    ON executions (execution_project, execution_domain, workflow_name, state, phase, created_at, id);
CREATE INDEX executions_of_tasks
    ON executions (execution_project, execution_domain, task_name, state, phase, created_at, id)
    WHERE task_name IS NOT NULL;
DROP INDEX executions_launch_plan_id;
DROP INDEX executions_workflow_id;
DROP INDEX executions_task_id;

-- As equal to a phase and a state as the list is, so that no planner prefers the index of states.
DROP INDEX executions_phases;
CREATE INDEX executions_phases ON executions (execution_project, execution_domain, state, phase, created_at, id);

-- What it led to is read by node_executions_listed.
DROP INDEX node_executions_parent_id;

-- The oldest that is due comes first.
DROP INDEX executions_handover;
CREATE INDEX executions_handover ON executions (handover_after, id) WHERE handover <> 'done';

-- Rows of one instant, as a fan-out makes them by the thousand, are in the order of their ids: in SQLite each index ends
-- with them.
DROP INDEX executions_states;
CREATE INDEX executions_states ON executions (execution_project, execution_domain, state, created_at, id);
DROP INDEX node_executions_listed;
CREATE INDEX node_executions_listed ON node_executions
    (execution_project, execution_domain, execution_name, parent_id, created_at, id);
DROP INDEX node_executions_of_tasks;
CREATE INDEX node_executions_of_tasks ON node_executions (parent_task_execution_id, created_at, id)
    WHERE parent_task_execution_id IS NOT NULL;
DROP INDEX task_executions_listed;
CREATE INDEX task_executions_listed
    ON task_executions (execution_project, execution_domain, execution_name, node_id, created_at, id);
