-- Lists of executions ask for one state, archived or not; few are archived.
CREATE INDEX executions_states ON executions (execution_project, execution_domain, state, created_at);
DROP INDEX executions_created;

-- With the phase in it, what has not ended is counted without a look at the rows.
DROP INDEX executions_live;
CREATE INDEX executions_live ON executions (launch_plan_id, phase)
    WHERE phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT');
