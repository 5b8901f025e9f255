-- What a data plane was given and has not ended is gone through in order, to find what is gone from it.
CREATE INDEX executions_under_way ON executions (cluster, id)
    WHERE phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT');
