-- The object that holds the workflow that a node made while it ran, by its name in the node's folder.
ALTER TABLE node_executions ADD COLUMN dynamic_workflow TEXT;
