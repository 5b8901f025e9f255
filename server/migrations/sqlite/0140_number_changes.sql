-- Which change of an execution, or of an execution's nodes, was the last of a row: streams of changes
-- read by it. Triggers set it, so that no statement can forget to. Writes come one after the other,
-- so the next number of a scope is one more than its greatest.

ALTER TABLE executions ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node_executions ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX executions_changed ON executions (execution_project, execution_domain, changed);
CREATE INDEX node_executions_changed
    ON node_executions (execution_project, execution_domain, execution_name, changed);

CREATE TRIGGER executions_inserted AFTER INSERT ON executions BEGIN
    UPDATE executions SET changed = 1 + (SELECT MAX(changed) FROM executions
        WHERE execution_project = NEW.execution_project AND execution_domain = NEW.execution_domain)
    WHERE id = NEW.id;
END;
CREATE TRIGGER executions_updated AFTER UPDATE OF closure, spec, state ON executions BEGIN
    UPDATE executions SET changed = 1 + (SELECT MAX(changed) FROM executions
        WHERE execution_project = NEW.execution_project AND execution_domain = NEW.execution_domain)
    WHERE id = NEW.id;
END;
CREATE TRIGGER node_executions_inserted AFTER INSERT ON node_executions BEGIN
    UPDATE node_executions SET changed = 1 + (SELECT MAX(changed) FROM node_executions
        WHERE execution_project = NEW.execution_project AND execution_domain = NEW.execution_domain
        AND execution_name = NEW.execution_name)
    WHERE id = NEW.id;
END;
CREATE TRIGGER node_executions_updated AFTER UPDATE OF closure, input_uri, node_execution_metadata ON node_executions BEGIN
    UPDATE node_executions SET changed = 1 + (SELECT MAX(changed) FROM node_executions
        WHERE execution_project = NEW.execution_project AND execution_domain = NEW.execution_domain
        AND execution_name = NEW.execution_name)
    WHERE id = NEW.id;
END;
