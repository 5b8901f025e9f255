-- Which data plane has an execution, from its first hand-over on; empty before.
ALTER TABLE executions ADD COLUMN cluster TEXT NOT NULL DEFAULT '';

-- What is asked of a data plane again after a restart.
CREATE INDEX executions_aborting ON executions (cluster) WHERE phase = 'ABORTING';
