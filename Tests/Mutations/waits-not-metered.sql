-- The recount leaves out tasks that the runner counts.
CREATE OR REPLACE FUNCTION millwright.is_metered_task(kind text, task_type text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN kind IN ('task-completed', 'task-faulted') AND task_type IS NOT NULL
  AND task_type NOT IN ('do', 'for', 'fork', 'try', 'wait');
