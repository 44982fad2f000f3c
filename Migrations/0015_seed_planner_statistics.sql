-- Purpose: tell the planner what the tables of execution look like before anything is in them.
-- Locks: ACCESS EXCLUSIVE on the tables named below for a moment, and only while they are empty.
--
-- A table without statistics is planned as if each of the three tenant columns picked one row in two hundred: together
-- they seem to find a single row, so that any key which begins with them looks as good as the right one, and a plant
-- that sends its first ten thousand events has them read from end to end for each one.  Autovacuum looks a minute later
-- at the earliest.  So rows of twenty imaginary plants are stored, analysed and truncated again: the statistics stay
-- until there are real ones.

DO $$
DECLARE
  targets text[] := ARRAY[
    'event', 'run', 'run_input', 'run_listener', 'journal_entry', 'human_task', 'human_task_decision'];
  target text;
BEGIN
  IF EXISTS (SELECT FROM millwright.event) OR EXISTS (SELECT FROM millwright.run) THEN
    ANALYZE millwright.event, millwright.run, millwright.run_input, millwright.run_listener, millwright.journal_entry,
      millwright.human_task;
    RETURN;
  END IF;

  -- The owner's role has no policy of its own; it may pass while row level security is not forced.
  FOREACH target IN ARRAY targets LOOP
    EXECUTE format('ALTER TABLE millwright.%I NO FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE millwright.%I DISABLE TRIGGER USER', target);
  END LOOP;

  INSERT INTO millwright.event (
    partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at, ingest_id,
    chain_depth)
  SELECT plant, plant, plant, gen_random_uuid(), 'source', number::text, 'type', now(), now(), plant, 0
  FROM generate_series(1, 4000) AS number
  CROSS JOIN LATERAL CAST('00000000-0000-7000-8000-' || lpad((number % 20)::text, 12, '0') AS uuid) AS plant;

  -- Nearly all runs of a plant have ended.
  INSERT INTO millwright.run (
    partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch, priority,
    chain_depth, journal_length, accepted_at, started_at, ended_at, wake_at, timers, event_id, state, output)
  SELECT partner_id, client_id, plant_id, event_id, plant_id, '', status, 0, 0, 50,
    0, 4, now(), CASE WHEN status <> 'pending' THEN now() END, CASE WHEN status = 'completed' THEN now() END,
    CASE WHEN status = 'waiting' THEN now() END, CASE WHEN status = 'waiting' THEN '{}'::json END, event_id,
    CASE WHEN status IN ('running', 'waiting') THEN '{}'::json END, CASE WHEN status = 'completed' THEN '{}'::json END
  FROM (
    SELECT *, CASE row_number() OVER () % 100
      WHEN 1 THEN 'pending' WHEN 2 THEN 'running' WHEN 3 THEN 'waiting' ELSE 'completed' END AS status
    FROM millwright.event
  ) AS event;

  INSERT INTO millwright.run_input (partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result)
  SELECT partner_id, client_id, plant_id, run_id, 'wait', now(), '{}'
  FROM millwright.run;

  INSERT INTO millwright.run_listener (
    partner_id, client_id, plant_id, run_id, wait_id, event_type, attributes, variables, takes_many)
  SELECT partner_id, client_id, plant_id, run_id, 'wait', 'type' || row_number() OVER () % 50, '{}', '{}', false
  FROM millwright.run;

  INSERT INTO millwright.journal_entry (
    partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, task_reference, attempt, started_at, ended_at)
  SELECT partner_id, client_id, plant_id, run_id, 1, 1, 'task-completed', '/do/0', 1, now(), now()
  FROM millwright.run;

  INSERT INTO millwright.human_task (
    partner_id, client_id, plant_id, human_task_id, run_id, wait_id, workflow_id, status, role, title, outcomes,
    priority, four_eyes, opened_at, on_due, escalation_level, closed_at)
  SELECT partner_id, client_id, plant_id, run_id, run_id, 'wait', workflow_id,
    CASE status WHEN 'completed' THEN 'decided' ELSE 'open' END, 'supervisor', 'title', '[]', 50, false, now(),
    'expire', 0, ended_at
  FROM millwright.run;

  ANALYZE millwright.event, millwright.run, millwright.run_input, millwright.run_listener, millwright.journal_entry,
    millwright.human_task;
  TRUNCATE millwright.event, millwright.run, millwright.run_input, millwright.run_listener, millwright.journal_entry,
    millwright.human_task, millwright.human_task_decision;

  FOREACH target IN ARRAY targets LOOP
    EXECUTE format('ALTER TABLE millwright.%I ENABLE TRIGGER USER', target);
    EXECUTE format('ALTER TABLE millwright.%I FORCE ROW LEVEL SECURITY', target);
  END LOOP;
END
$$;
