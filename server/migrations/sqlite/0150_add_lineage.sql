-- Which node launched an execution, and the label of the data planes that may run it; none for most.
ALTER TABLE executions ADD COLUMN parent_node_execution_id INTEGER;
ALTER TABLE executions ADD COLUMN cluster_label TEXT NOT NULL DEFAULT '';
-- The trace that its launch belongs to, as in the header `traceparent`; empty for none.
ALTER TABLE executions ADD COLUMN trace_parent TEXT NOT NULL DEFAULT '';

-- Nodes that an attempt started.
CREATE INDEX node_executions_parent_attempt ON node_executions (parent_task_execution_id)
    WHERE parent_task_execution_id IS NOT NULL;
