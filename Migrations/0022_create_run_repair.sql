-- Purpose: what operators do with runs: go on after a fault, restart, limits and a queue, starts that happen once, dead
-- letters, operations on many runs, and the plant's timeline.
-- Locks: ACCESS EXCLUSIVE on run, journal_entry and event_quarantine for the moment of the new columns and checks, which rewrite and
-- read nothing (0023 validates the one check and builds the indexes); the foreign keys take SHARE ROW EXCLUSIVE on plant
-- and workflow for a moment.

-- Where a run stood when it ended in an error or was cancelled.  Written for those runs alone, so that a run that goes
-- well pays nothing; taken up and deleted when the run goes on, and deleted when it is too old.
CREATE TABLE millwright.run_checkpoint (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  state json NOT NULL,
  -- Answers that had come and were not taken: [{"wait", "at", "result" | "error", "by"}].
  inputs json,
  stored_at timestamptz NOT NULL,
  CONSTRAINT run_checkpoint_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id),
  CONSTRAINT run_checkpoint_is_a_state CHECK (json_typeof(state) = 'object'),
  CONSTRAINT run_checkpoint_inputs_are_a_list CHECK (json_typeof(inputs) = 'array')
);
CALL millwright.protect('millwright.run_checkpoint', 'plant');
CALL millwright.grant_access('millwright.run_checkpoint', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
-- Read across tenants by what removes old ones.
CREATE INDEX run_checkpoint_by_age ON millwright.run_checkpoint (stored_at);

ALTER TABLE millwright.run
  -- How often the run went on after its end; it is metered once.
  ADD COLUMN reopened smallint NOT NULL DEFAULT 0,
  -- Somebody saw that it faulted, and it needs nothing more.
  ADD COLUMN handled_at timestamptz,
  ADD COLUMN restarted_from_run_id uuid,
  -- Waits for a slot of its workflow since then; NULL for a run that may start.
  ADD COLUMN queued_at timestamptz,
  -- Has a slot of its workflow since then; NULL for runs of workflows without limits.
  ADD COLUMN admitted_at timestamptz;

ALTER TABLE millwright.journal_entry
  DROP CONSTRAINT journal_kind_is_known,
  ADD CONSTRAINT journal_kind_is_known CHECK (
    kind IN (
      'run-started', 'task-completed', 'task-faulted', 'task-retried', 'task-skipped', 'wait-opened', 'event-emitted',
      'run-completed', 'run-faulted', 'run-cancelled', 'run-reopened')) NOT VALID;

-- When the entry was stored, in the order of which the plant's timeline is read. The entries of before get one moment.
ALTER TABLE millwright.journal_entry ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();

ALTER TABLE millwright.event_quarantine
  ADD COLUMN handled_at timestamptz,
  ADD COLUMN handled_as text,
  ADD CONSTRAINT quarantine_is_handled_somehow CHECK (
    (handled_at IS NULL) = (handled_as IS NULL) AND handled_as IN ('replayed', 'dismissed'));
CALL millwright.grant_access('millwright.event_quarantine', ARRAY['UPDATE']);

-- How many runs of a workflow may go on at once and how fast they start, and what makes two starts the same.  The row is
-- the lock under which slots are given; who has one is counted from the runs, so that none is lost however a run ends.
CREATE TABLE millwright.workflow_policy (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  max_concurrent integer,
  max_starts_per_minute integer,
  -- Starts that may come at once after a pause.
  burst integer,
  -- jq on the event; NULL for the event's subject, and for the usual priority.
  business_key text,
  priority text,
  deduplicate text,
  -- The bucket of the rate: what was in it, and when.
  tokens double precision NOT NULL DEFAULT 0,
  tokens_at timestamptz,
  -- Counts slots given: every fourth goes to whoever waits longest, whatever its priority.
  admitted bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL,
  CONSTRAINT workflow_policy_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT workflow_policy_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT workflow_policy_concurrency_is_bounded CHECK (max_concurrent BETWEEN 1 AND 100000),
  CONSTRAINT workflow_policy_rate_is_bounded CHECK (max_starts_per_minute BETWEEN 1 AND 1000000),
  CONSTRAINT workflow_policy_burst_belongs_to_a_rate CHECK (
    (burst IS NULL) = (max_starts_per_minute IS NULL) AND burst BETWEEN 1 AND 100000),
  CONSTRAINT workflow_policy_texts_are_bounded CHECK (
    length(business_key) BETWEEN 1 AND 2000 AND length(priority) BETWEEN 1 AND 2000),
  CONSTRAINT workflow_policy_deduplication_is_known CHECK (deduplicate IN ('open', 'ever'))
) WITH (fillfactor = 50);
CALL millwright.protect('millwright.workflow_policy', 'plant');
CALL millwright.grant_access('millwright.workflow_policy', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- Since when a new run of the workflow waits for a slot; NULL when it need not.
CREATE FUNCTION millwright.queued_since(partner uuid, client uuid, plant uuid, workflow uuid, moment timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
RETURN (
  SELECT moment
  FROM millwright.workflow_policy AS policy
  WHERE policy.partner_id = partner AND policy.client_id = client AND policy.plant_id = plant
    AND policy.workflow_id = workflow
    AND (policy.max_concurrent IS NOT NULL OR policy.max_starts_per_minute IS NOT NULL));
GRANT EXECUTE ON FUNCTION millwright.queued_since(uuid, uuid, uuid, uuid, timestamptz)
TO millwright_app, millwright_platform;

-- One action on all runs that a filter names: worked off in batches, and what became of it.
CREATE TABLE millwright.bulk_operation (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  bulk_operation_id uuid NOT NULL,
  action text NOT NULL,
  filter json NOT NULL,
  arguments json NOT NULL,
  reason text NOT NULL,
  actor json NOT NULL,
  status text NOT NULL,
  -- Only runs before this one, in the order in which they are taken: newest first.
  before_run_id uuid NOT NULL,
  planned bigint NOT NULL,
  succeeded bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT bulk_operation_pkey PRIMARY KEY (partner_id, client_id, plant_id, bulk_operation_id),
  CONSTRAINT bulk_operation_belongs_to_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT bulk_action_is_known CHECK (
    action IN ('cancel', 'suspend', 'resume', 'retry', 'rerun', 'restart', 'migrate')),
  CONSTRAINT bulk_status_is_known CHECK (status IN ('running', 'completed', 'cancelled')),
  CONSTRAINT only_an_ended_bulk_operation_has_an_end CHECK ((ended_at IS NULL) = (status = 'running')),
  CONSTRAINT bulk_counts_upwards CHECK (planned >= 0 AND succeeded >= 0 AND failed >= 0)
);
CALL millwright.protect('millwright.bulk_operation', 'plant');
CALL millwright.grant_access('millwright.bulk_operation', ARRAY['SELECT', 'INSERT', 'UPDATE']);
-- Read across tenants by the service that works them off.
CREATE INDEX bulk_operation_running ON millwright.bulk_operation (bulk_operation_id)
WHERE status = 'running';

-- Runs that an operation could not change, and why.
CREATE TABLE millwright.bulk_failure (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  bulk_operation_id uuid NOT NULL,
  run_id uuid NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  CONSTRAINT bulk_failure_pkey PRIMARY KEY (partner_id, client_id, plant_id, bulk_operation_id, run_id),
  CONSTRAINT bulk_failure_belongs_to_operation FOREIGN KEY (partner_id, client_id, plant_id, bulk_operation_id)
    REFERENCES millwright.bulk_operation (partner_id, client_id, plant_id, bulk_operation_id)
);
CALL millwright.protect('millwright.bulk_failure', 'plant');
CALL millwright.grant_access('millwright.bulk_failure', ARRAY['SELECT', 'INSERT']);

-- What became of a plant's runner, for the plant's timeline: written by a trigger, and seldom.
CREATE TABLE millwright.runner_change (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  epoch bigint NOT NULL,
  desired_state text NOT NULL,
  observed_state text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT runner_change_pkey PRIMARY KEY (partner_id, client_id, plant_id, number)
);
CALL millwright.protect('millwright.runner_change', 'plant');
CALL millwright.grant_access('millwright.runner_change', ARRAY['SELECT', 'INSERT']);
CREATE INDEX runner_change_by_time ON millwright.runner_change (partner_id, client_id, plant_id, changed_at);
CREATE TRIGGER runner_change_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.runner_change
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

CREATE FUNCTION millwright.record_runner_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO millwright.runner_change (partner_id, client_id, plant_id, epoch, desired_state, observed_state)
  VALUES (NEW.partner_id, NEW.client_id, NEW.plant_id, NEW.epoch, NEW.desired_state, NEW.observed_state);
  RETURN NULL;
END
$$;
CREATE TRIGGER runner_changes_are_recorded
AFTER UPDATE ON millwright.runner
FOR EACH ROW WHEN (
  OLD.epoch <> NEW.epoch OR OLD.desired_state <> NEW.desired_state OR OLD.observed_state <> NEW.observed_state)
EXECUTE FUNCTION millwright.record_runner_change();

-- The number of the transaction that made a row, across the turns of the 32-bit counter: what is asked about is young.
CREATE FUNCTION millwright.full_xid(short xid) RETURNS xid8
LANGUAGE sql STABLE
RETURN (
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint
  - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - short::text::bigint) & 4294967295))::text::xid8;
GRANT EXECUTE ON FUNCTION millwright.full_xid(xid) TO millwright_app, millwright_platform;
