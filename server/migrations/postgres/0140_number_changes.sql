-- Which transaction changed a row last: streams of changes read by it. Triggers set it, so that no
-- statement can forget to. Transactions commit in another order than they begin, so a stream reads only
-- what is older than every transaction that still runs.

ALTER TABLE executions ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node_executions ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX executions_changed ON executions (execution_project, execution_domain, changed);
CREATE INDEX node_executions_changed
    ON node_executions (execution_project, execution_domain, execution_name, changed);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END;
$$;
CREATE TRIGGER executions_inserted BEFORE INSERT ON executions
    FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER executions_updated BEFORE UPDATE OF closure, spec, state ON executions
    FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER node_executions_inserted BEFORE INSERT ON node_executions
    FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER node_executions_updated
    BEFORE UPDATE OF closure, input_uri, node_execution_metadata ON node_executions
    FOR EACH ROW EXECUTE FUNCTION note_change();
