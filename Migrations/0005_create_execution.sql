-- Purpose: events, runs, the journal, human tasks and the plants' runners: what the durable shell round the engine
-- keeps.
-- Locks: none but on new objects; the foreign keys take SHARE ROW EXCLUSIVE on plant for a moment.
--
-- Choices that hold for all of these tables:
--   * Payloads are json, not jsonb: the text comes back byte for byte (order of keys, form of numbers), which the
--     engine needs to be deterministic, and no query looks into them.  What a query or a check needs is a column.
--   * event, run, run_input, run_listener and journal_entry carry no foreign keys: at thousands of rows a second each
--     key costs a look-up and a row lock per row.  They are written only by the statements of Execution, in the one
--     transaction that also writes what they name, and journal and events age out apart from the runs.
--   * No statement of Execution leaves it to the planner's statistics how a row is found: a table that fills within
--     seconds is planned as if it were empty, and tenants make the three leading columns look far more selective than
--     they are.  Rows are found by ON CONFLICT, by = ANY (array), or by a LATERAL look-up with LIMIT 1; the tables
--     begin with statistics (0015), and the hot transactions use one plan for every plant (plan_for_any_plant).
--   * event_id and run_id are UUIDv7, so the keys that they lead are also keys by time: a later migration can partition
--     event by event_id and journal_entry by run_id, and drop old partitions.

CREATE TABLE millwright.event (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  event_id uuid NOT NULL,
  source text NOT NULL,
  source_event_id text NOT NULL,
  type text NOT NULL,
  subject text,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  -- The accepted batch, which is the subject of the usage record; NULL for an event that a run of this plant emitted.
  ingest_id uuid,
  emitted_by_run_id uuid,
  sender_principal_id uuid,
  -- How many runs and emitted events led to this one; 0 for an event from outside.
  chain_depth smallint NOT NULL,
  -- The other CloudEvents attributes, as they came.
  attributes json,
  data json,
  CONSTRAINT event_pkey PRIMARY KEY (partner_id, client_id, plant_id, event_id),
  CONSTRAINT event_is_accepted_once UNIQUE (partner_id, client_id, plant_id, source, source_event_id),
  CONSTRAINT event_comes_from_outside_or_a_run CHECK ((ingest_id IS NULL) = (emitted_by_run_id IS NOT NULL)),
  CONSTRAINT event_names_are_bounded CHECK (
    octet_length(source) BETWEEN 1 AND 1024 AND octet_length(source_event_id) BETWEEN 1 AND 1024
    AND octet_length(type) BETWEEN 1 AND 512)
);
CALL millwright.protect('millwright.event', 'plant');
CALL millwright.grant_access('millwright.event', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER event_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.event
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- What could not be accepted and whose sender could not be answered.
CREATE TABLE millwright.event_quarantine (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  quarantine_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  channel text NOT NULL,
  reason text NOT NULL,
  items json NOT NULL,
  -- The input as it came, cut off at a limit; not text, because it need not be valid UTF-8.
  body bytea NOT NULL,
  is_cut_off boolean NOT NULL,
  CONSTRAINT event_quarantine_pkey PRIMARY KEY (partner_id, client_id, plant_id, quarantine_id),
  CONSTRAINT quarantine_channel_is_known CHECK (channel IN ('webhook', 'emitted', 'replay', 'stream')),
  CONSTRAINT quarantined_body_is_bounded CHECK (length(body) <= 65536)
);
CALL millwright.protect('millwright.event_quarantine', 'plant');
CALL millwright.grant_access('millwright.event_quarantine', ARRAY['SELECT', 'INSERT']);

CREATE TABLE millwright.run (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  definition_digest text NOT NULL,
  status text NOT NULL,
  -- What a suspended run goes on as.
  suspended_status text,
  -- Counts transitions; a commit names the one that it continues.
  sequence bigint NOT NULL,
  -- The runner's epoch that wrote the last transition; 0 when something else did.
  epoch bigint NOT NULL,
  priority smallint NOT NULL,
  chain_depth smallint NOT NULL,
  journal_length integer NOT NULL,
  accepted_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  -- The earliest of the open timers, and all of them: {"<wait id>": <microseconds since 1970 UTC>}.
  wake_at timestamptz,
  timers json,
  -- An event-started run reads its input from the event; any other has its own.
  event_id uuid,
  input json,
  business_key text,
  initiator_principal_id uuid,
  requested_by text,
  parent_run_id uuid,
  parent_wait_id text,
  state json,
  output json,
  error json,
  CONSTRAINT run_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id),
  CONSTRAINT run_status_is_known CHECK (
    status IN ('pending', 'running', 'waiting', 'suspended', 'completed', 'faulted', 'cancelled')),
  CONSTRAINT only_a_suspended_run_goes_on_as_something CHECK ((suspended_status IS NOT NULL) = (status = 'suspended')),
  CONSTRAINT suspended_status_is_open CHECK (suspended_status IN ('pending', 'running', 'waiting')),
  CONSTRAINT run_has_one_input CHECK ((event_id IS NULL) = (input IS NOT NULL)),
  CONSTRAINT only_an_ended_run_has_an_end CHECK (
    (ended_at IS NOT NULL) = (status IN ('completed', 'faulted', 'cancelled'))),
  CONSTRAINT a_started_open_run_has_a_state CHECK (
    CASE status
      WHEN 'pending' THEN state IS NULL AND started_at IS NULL
      WHEN 'suspended' THEN (state IS NULL) = (started_at IS NULL)
      WHEN 'running' THEN state IS NOT NULL AND started_at IS NOT NULL
      WHEN 'waiting' THEN state IS NOT NULL AND started_at IS NOT NULL
      ELSE state IS NULL AND timers IS NULL
    END),
  CONSTRAINT only_a_completed_run_has_output CHECK ((output IS NOT NULL) = (status = 'completed')),
  CONSTRAINT only_a_faulted_run_has_an_error CHECK ((error IS NOT NULL) = (status = 'faulted')),
  CONSTRAINT a_run_with_timers_wakes CHECK ((wake_at IS NULL) = (timers IS NULL)),
  CONSTRAINT a_parent_waits_by_name CHECK (parent_wait_id IS NULL OR parent_run_id IS NOT NULL),
  CONSTRAINT run_names_are_bounded CHECK (octet_length(business_key) BETWEEN 1 AND 512),
  CONSTRAINT run_counts_upwards CHECK (sequence >= 0 AND journal_length >= 0 AND chain_depth >= 0)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
CALL millwright.protect('millwright.run', 'plant');
CALL millwright.grant_access('millwright.run', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- A commit is written as INSERT … ON CONFLICT DO UPDATE, which finds the run through its key whatever the planner
-- believes.  Should there be no such run, nothing may be made of it: a run begins with its acceptance.
CREATE FUNCTION millwright.refuse_run_without_beginning() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'there is no such run to go on with'
    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'a_run_begins_with_its_acceptance', TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER a_run_begins_with_its_acceptance AFTER INSERT ON millwright.run
FOR EACH ROW WHEN (NEW.sequence <> 0) EXECUTE FUNCTION millwright.refuse_run_without_beginning();

-- What a runner asks for: new runs in order, …
CREATE INDEX run_pending ON millwright.run (partner_id, client_id, plant_id, priority DESC, run_id)
WHERE status = 'pending';
-- … timers that are due, …
CREATE INDEX run_wake ON millwright.run (partner_id, client_id, plant_id, wake_at)
WHERE wake_at IS NOT NULL AND status IN ('running', 'waiting');
-- … and runs that an earlier runner had in hand.
CREATE INDEX run_in_hand ON millwright.run (partner_id, client_id, plant_id, epoch)
WHERE status = 'running';
-- What people ask for: runs that need a look, a run by its business key, the children of a run.
CREATE INDEX run_open_or_faulted ON millwright.run (partner_id, client_id, plant_id, status, run_id)
WHERE status IN ('waiting', 'suspended', 'faulted');
CREATE INDEX run_by_business_key ON millwright.run (partner_id, client_id, plant_id, business_key, run_id)
WHERE business_key IS NOT NULL;
CREATE INDEX run_by_parent ON millwright.run (partner_id, client_id, plant_id, parent_run_id)
WHERE parent_run_id IS NOT NULL;
-- The runs that an event started need no index: they carry the millisecond of the event in their own run_id.

-- Answers to waits, kept until the commit that consumed them.
CREATE TABLE millwright.run_input (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  wait_id text NOT NULL,
  arrived_at timestamptz NOT NULL,
  -- What was answered, or the error that the wait ended in.
  result json,
  error json,
  answered_by json,
  CONSTRAINT run_input_pkey PRIMARY KEY (partner_id, client_id, plant_id, number),
  CONSTRAINT run_input_is_a_result_or_an_error CHECK ((result IS NULL) <> (error IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.run_input', 'plant');
CALL millwright.grant_access('millwright.run_input', ARRAY['SELECT', 'INSERT', 'DELETE']);
CREATE INDEX run_input_by_run ON millwright.run_input (partner_id, client_id, plant_id, run_id);

-- Runs that wait for an event of the plant. A listener takes one event and is gone, or all of them until it is closed.
CREATE TABLE millwright.run_listener (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  wait_id text NOT NULL,
  -- Empty for a listener that takes any type.
  event_type text NOT NULL,
  attributes json NOT NULL,
  condition text,
  variables json NOT NULL,
  takes_many boolean NOT NULL,
  CONSTRAINT run_listener_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id, wait_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.run_listener', 'plant');
CALL millwright.grant_access('millwright.run_listener', ARRAY['SELECT', 'INSERT', 'DELETE']);
CREATE INDEX run_listener_by_type ON millwright.run_listener (partner_id, client_id, plant_id, event_type);

-- Every transition of every run, once. Insert-only: it is the evidence and the base of every recount.
CREATE TABLE millwright.journal_entry (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  ordinal integer NOT NULL,
  -- The run's transition that recorded the entry; usage is counted per transition.
  sequence bigint NOT NULL,
  kind text NOT NULL,
  task_reference text,
  task_type text,
  function text,
  attempt integer NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  input json,
  output json,
  error json,
  detail json,
  CONSTRAINT journal_entry_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id, ordinal),
  CONSTRAINT journal_kind_is_known CHECK (
    kind IN (
      'run-started', 'task-completed', 'task-faulted', 'task-retried', 'task-skipped', 'wait-opened', 'event-emitted',
      'run-completed', 'run-faulted', 'run-cancelled')),
  CONSTRAINT only_an_entry_of_the_run_has_no_task CHECK ((task_reference IS NULL) = (kind LIKE 'run-%')),
  CONSTRAINT journal_counts_from_one CHECK (ordinal >= 1 AND sequence >= 1 AND attempt >= 1),
  CONSTRAINT journal_time_runs_forward CHECK (ended_at >= started_at)
);
CALL millwright.protect('millwright.journal_entry', 'plant');
CALL millwright.grant_access('millwright.journal_entry', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER journal_entry_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- Whether an entry is a task that is billed: tasks that do the work, each time they end. Tasks that only hold others
-- are free. The same rule as JournalEntry.isMetered of the engine, for a recount that does not ask the engine.
CREATE FUNCTION millwright.is_metered_task(kind text, task_type text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN kind IN ('task-completed', 'task-faulted') AND task_type IS NOT NULL
  AND task_type NOT IN ('do', 'for', 'fork', 'try');

-- Whether an entry is a call to another system: `call: http` and the capabilities, not people.
CREATE FUNCTION millwright.is_connector_call(kind text, task_type text, function text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN kind IN ('task-completed', 'task-faulted') AND task_type = 'call' AND function IS NOT NULL
  AND function NOT LIKE 'human-task:%';

GRANT EXECUTE ON FUNCTION millwright.is_metered_task(text, text), millwright.is_connector_call(text, text, text)
TO millwright_app, millwright_platform;

CREATE TABLE millwright.human_task (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  run_id uuid NOT NULL,
  wait_id text NOT NULL,
  workflow_id uuid NOT NULL,
  status text NOT NULL,
  role text NOT NULL,
  assignee_principal_id uuid,
  assignee_name text,
  title text NOT NULL,
  description text,
  form json,
  evidence json,
  -- [{"name": …, "label": …, "requiresReason": …}]
  outcomes json NOT NULL,
  priority smallint NOT NULL,
  four_eyes boolean NOT NULL,
  -- Who may not decide when four eyes are asked for: the principal that started the run, and a name in the data.
  initiator_principal_id uuid,
  requested_by text,
  opened_at timestamptz NOT NULL,
  due_at timestamptz,
  on_due text NOT NULL,
  -- [{"afterSeconds": …, "role": …}], and how many of them have been taken.
  escalation json,
  escalation_level smallint NOT NULL,
  -- When the next escalation or the deadline is to be acted on.
  next_action_at timestamptz,
  claimed_at timestamptz,
  closed_at timestamptz,
  CONSTRAINT human_task_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT human_task_is_opened_once UNIQUE (partner_id, client_id, plant_id, run_id, wait_id),
  CONSTRAINT human_task_belongs_to_a_run FOREIGN KEY (partner_id, client_id, plant_id, run_id)
    REFERENCES millwright.run (partner_id, client_id, plant_id, run_id),
  CONSTRAINT human_task_status_is_known CHECK (status IN ('open', 'claimed', 'decided', 'expired', 'cancelled')),
  CONSTRAINT only_a_claimed_task_was_claimed CHECK (status <> 'claimed' OR assignee_principal_id IS NOT NULL),
  CONSTRAINT an_open_task_has_no_assignee CHECK (status <> 'open' OR assignee_principal_id IS NULL),
  CONSTRAINT only_a_closed_task_has_an_end CHECK (
    (closed_at IS NOT NULL) = (status IN ('decided', 'expired', 'cancelled'))),
  CONSTRAINT a_closed_task_needs_no_action CHECK (closed_at IS NULL OR next_action_at IS NULL),
  CONSTRAINT on_due_is_known CHECK (on_due IN ('expire', 'escalate')),
  CONSTRAINT human_task_priority_is_a_percentage CHECK (priority BETWEEN 0 AND 100),
  CONSTRAINT human_task_texts_are_bounded CHECK (
    length(title) BETWEEN 1 AND 500 AND length(description) <= 20000 AND length(role) BETWEEN 1 AND 100)
);
CALL millwright.protect('millwright.human_task', 'plant');
CALL millwright.grant_access('millwright.human_task', ARRAY['SELECT', 'INSERT', 'UPDATE']);
CREATE INDEX human_task_open ON millwright.human_task (partner_id, client_id, plant_id, role, human_task_id)
WHERE status IN ('open', 'claimed');
-- Read across tenants by the deadlines service, so the moment leads.
CREATE INDEX human_task_next_action ON millwright.human_task (next_action_at)
WHERE next_action_at IS NOT NULL;

CREATE TABLE millwright.human_task_decision (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  outcome text NOT NULL,
  reason text,
  form_values json,
  decided_by_principal_id uuid NOT NULL,
  decided_by_name text NOT NULL,
  decided_as_role text NOT NULL,
  decided_at timestamptz NOT NULL,
  CONSTRAINT human_task_decision_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT decision_belongs_to_a_task FOREIGN KEY (partner_id, client_id, plant_id, human_task_id)
    REFERENCES millwright.human_task (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT decision_texts_are_bounded CHECK (length(outcome) BETWEEN 1 AND 100 AND length(reason) <= 10000)
);
CALL millwright.protect('millwright.human_task_decision', 'plant');
CALL millwright.grant_access('millwright.human_task_decision', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER human_task_decision_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.human_task_decision
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- One row a plant: which runner may write (the epoch), and what the reconciler wants and sees.
CREATE TABLE millwright.runner (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  -- New with each epoch.
  runner_id uuid NOT NULL,
  epoch bigint NOT NULL,
  desired_state text NOT NULL,
  observed_state text NOT NULL,
  -- Of the current epoch.
  started_at timestamptz,
  ready_at timestamptz,
  last_seen_at timestamptz,
  restarts integer NOT NULL,
  detail text,
  -- Up to where the runner's seconds are metered, and how many records that made in this epoch.
  metered_until timestamptz,
  meter_sequence bigint NOT NULL,
  CONSTRAINT runner_pkey PRIMARY KEY (partner_id, client_id, plant_id),
  CONSTRAINT runner_belongs_to_a_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT runner_desired_state_is_known CHECK (desired_state IN ('running', 'stopped')),
  CONSTRAINT runner_observed_state_is_known CHECK (
    observed_state IN ('absent', 'starting', 'ready', 'draining', 'failed')),
  CONSTRAINT runner_counts_upwards CHECK (epoch >= 0 AND restarts >= 0 AND meter_sequence >= 0),
  CONSTRAINT a_ready_runner_is_metered CHECK (observed_state <> 'ready' OR metered_until IS NOT NULL)
) WITH (fillfactor = 50);
CALL millwright.protect('millwright.runner', 'plant');
CALL millwright.grant_access('millwright.runner', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- For the statements of the transaction that follow: one plan for every plant, which does not depend on whether this
-- one is known to the statistics yet, and which is no scan because it was made while a table was small.
CREATE FUNCTION millwright.plan_for_any_plant() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true);
END
$$;
GRANT EXECUTE ON FUNCTION millwright.plan_for_any_plant() TO millwright_app;

-- Stands first in every transaction of a runner: an older epoch fails the transaction as a whole (SQLSTATE MW001), and
-- the share lock keeps the next epoch from beginning until this transaction has ended.
CREATE FUNCTION millwright.assert_epoch(partner uuid, client uuid, plant uuid, claimed bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  current_epoch bigint;
BEGIN
  SELECT runner.epoch
  INTO current_epoch
  FROM millwright.runner AS runner
  WHERE runner.partner_id = partner AND runner.client_id = client AND runner.plant_id = plant
  FOR SHARE;
  PERFORM millwright.plan_for_any_plant();
  IF current_epoch IS DISTINCT FROM claimed THEN
    RAISE EXCEPTION 'epoch % is not the current one', claimed USING ERRCODE = 'MW001';
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION millwright.assert_epoch(uuid, uuid, uuid, bigint) TO millwright_app;

-- Whether anything may be accepted or started in the plant (SQLSTATE MW002 when not).
CREATE FUNCTION millwright.assert_active(partner uuid, client uuid, plant uuid) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM FROM millwright.plant AS p
  JOIN millwright.client AS c ON c.partner_id = p.partner_id AND c.client_id = p.client_id
  JOIN millwright.partner AS o ON o.partner_id = p.partner_id
  WHERE p.partner_id = partner AND p.client_id = client AND p.plant_id = plant
    AND p.status = 'active' AND c.status = 'active' AND o.status = 'active';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the plant is not active' USING ERRCODE = 'MW002';
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION millwright.assert_active(uuid, uuid, uuid) TO millwright_app;

-- Counts every change of the plant's workflows: rows are never deleted, and each change adds one to some row_version.
CREATE FUNCTION millwright.trigger_revision(partner uuid, client uuid, plant uuid) RETURNS bigint
LANGUAGE sql STABLE
RETURN (
  SELECT coalesce(sum(workflow.row_version), 0)::bigint
  FROM millwright.workflow AS workflow
  WHERE workflow.partner_id = partner AND workflow.client_id = client AND workflow.plant_id = plant);
GRANT EXECUTE ON FUNCTION millwright.trigger_revision(uuid, uuid, uuid) TO millwright_app;

-- Stands first in a transaction that stores events which were matched outside of it: it fails as a whole when the plant
-- is not active (MW002), when its workflows are not those that the events were matched with (MW003), or when a run
-- listens for one of the types, which needs a closer look (MW004).
CREATE FUNCTION millwright.assert_intake(
  partner uuid, client uuid, plant uuid, known_revision bigint, event_types text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM millwright.plan_for_any_plant();
  PERFORM millwright.assert_active(partner, client, plant);
  IF millwright.trigger_revision(partner, client, plant) <> known_revision THEN
    RAISE EXCEPTION 'the workflows of the plant have changed' USING ERRCODE = 'MW003';
  END IF;
  PERFORM FROM millwright.run_listener AS listener
  WHERE listener.partner_id = partner AND listener.client_id = client AND listener.plant_id = plant
    AND (listener.event_type = ANY (event_types) OR listener.event_type = '')
    AND cardinality(event_types) > 0;
  IF FOUND THEN
    RAISE EXCEPTION 'a run listens for one of the events' USING ERRCODE = 'MW004';
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION millwright.assert_intake(uuid, uuid, uuid, bigint, text[]) TO millwright_app;

-- A plant has one client and one partner: without this the planner counts one condition as three.
CREATE STATISTICS millwright.event_tenancy (dependencies) ON partner_id, client_id, plant_id FROM millwright.event;
CREATE STATISTICS millwright.run_tenancy (dependencies) ON partner_id, client_id, plant_id FROM millwright.run;
CREATE STATISTICS millwright.journal_tenancy (dependencies) ON partner_id, client_id, plant_id
FROM millwright.journal_entry;
CREATE STATISTICS millwright.human_task_tenancy (dependencies) ON partner_id, client_id, plant_id
FROM millwright.human_task;
CREATE STATISTICS millwright.run_input_tenancy (dependencies) ON partner_id, client_id, plant_id
FROM millwright.run_input;
CREATE STATISTICS millwright.run_listener_tenancy (dependencies) ON partner_id, client_id, plant_id
FROM millwright.run_listener;
