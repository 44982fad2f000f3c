-- Purpose: what starts runs besides single events: the clock (every, cron, after), and several events together.
-- Locks: the foreign keys take SHARE ROW EXCLUSIVE on workflow for a moment; ACCESS EXCLUSIVE on workflow_trigger, which is
-- small, while its new checks read it; ACCESS EXCLUSIVE on run, last, for the moment of the new columns: nothing is
-- rewritten or read, because the checks hold for new rows only.  0018 validates them, 0019 builds the index.
--
-- workflow_schedule has one row for each way in which the clock starts runs of a workflow.  The catalogue writes what the
-- definition says (rule) and that it is new; Execution's schedule service plans it, starts its runs, and moves it on in the
-- transaction that stores the run.  No foreign key leads to run, for the reasons that 0005 gives.

CREATE TABLE millwright.workflow_schedule (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  kind text NOT NULL,
  -- The definition's words, with the policy.  A change of them is a new schedule.
  rule json NOT NULL,
  -- new: to be planned.  planned: waits for a moment or for a run.  off: the workflow is disabled.  parked: the plant is
  -- not active.  broken: it cannot be planned, and detail says why; it is tried again.
  status text NOT NULL,
  detail text,
  -- The zone that the next moment was found in; NULL where none is needed.
  time_zone text,
  is_plant_zone boolean NOT NULL DEFAULT false,
  -- When it was planned first: every counts from here.
  anchor_at timestamptz,
  -- The moment that comes next, and when its run is to be started (later by the jitter).
  next_moment timestamptz,
  next_due_at timestamptz,
  -- The last moment that was dealt with: none that is not later is started again.
  last_moment timestamptz,
  last_started_at timestamptz,
  last_run_id uuid,
  -- A moment that waits for the end of a run (overlap queue).
  queued_moment timestamptz,
  -- The run whose end is waited for.
  awaits_run_id uuid,
  -- Moments that passed without a run, and why the last of them did.
  skipped bigint NOT NULL DEFAULT 0,
  skipped_at timestamptz,
  skip_reason text,
  CONSTRAINT workflow_schedule_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id, kind),
  CONSTRAINT workflow_schedule_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT schedule_kind_is_known CHECK (kind IN ('every', 'cron', 'after')),
  CONSTRAINT schedule_status_is_known CHECK (status IN ('new', 'planned', 'off', 'parked', 'broken')),
  CONSTRAINT only_a_broken_schedule_has_a_detail CHECK ((detail IS NOT NULL) = (status = 'broken')),
  CONSTRAINT a_stopped_schedule_waits_for_nothing CHECK (
    status NOT IN ('off', 'parked') OR (next_due_at IS NULL AND queued_moment IS NULL AND awaits_run_id IS NULL)),
  -- One that is broken keeps its moment, and is tried again before it comes.
  CONSTRAINT a_due_schedule_is_not_early CHECK (
    next_moment IS NULL OR status = 'broken' OR next_due_at >= next_moment),
  CONSTRAINT a_queued_moment_waits_for_a_run CHECK (queued_moment IS NULL OR awaits_run_id IS NOT NULL),
  CONSTRAINT a_skip_has_a_reason CHECK ((skipped > 0) = (skip_reason IS NOT NULL AND skipped_at IS NOT NULL)),
  CONSTRAINT skip_reason_is_known CHECK (skip_reason IN ('overlap', 'missed'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.workflow_schedule', 'plant');
CALL millwright.grant_access('millwright.workflow_schedule', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
-- Read across tenants by the schedule service, so the moment leads; and the rows that wait for a run, which are few.
CREATE INDEX workflow_schedule_due ON millwright.workflow_schedule (next_due_at)
WHERE next_due_at IS NOT NULL;
CREATE INDEX workflow_schedule_awaiting ON millwright.workflow_schedule (awaits_run_id)
WHERE awaits_run_id IS NOT NULL;

-- How many events start one run together (1: each alone), and what they have in common: {"<name>": "<jq on the event>"}.
ALTER TABLE millwright.workflow_trigger
  ADD COLUMN set_size smallint NOT NULL DEFAULT 1,
  ADD COLUMN correlations json NOT NULL DEFAULT '{}',
  ADD CONSTRAINT workflow_trigger_set_is_bounded CHECK (set_size BETWEEN 1 AND 16),
  ADD CONSTRAINT workflow_trigger_has_its_place CHECK (set_size = 1 OR position < set_size),
  ADD CONSTRAINT workflow_trigger_correlations_are_object CHECK (json_typeof(correlations) = 'object');

-- Events that wait for others to start a run with.  A set that is complete is deleted in the transaction that stores its
-- run; one that is given up stays for a while, so that somebody can see it.
CREATE TABLE millwright.event_set (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  event_set_id uuid NOT NULL,
  -- Names the filters that the set was gathered for.
  plan bigint NOT NULL,
  -- {"<name>": value}: what its events have in common so far.
  correlation json NOT NULL,
  -- In the order of the filters; NULL where the event is missing.
  event_ids uuid[] NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  reason text,
  CONSTRAINT event_set_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id, event_set_id),
  CONSTRAINT event_set_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT event_set_is_bounded CHECK (cardinality(event_ids) BETWEEN 2 AND 16),
  CONSTRAINT event_set_correlation_is_object CHECK (json_typeof(correlation) = 'object'),
  CONSTRAINT only_a_given_up_set_has_a_reason CHECK ((closed_at IS NULL) = (reason IS NULL)),
  CONSTRAINT event_set_reason_is_known CHECK (reason IN ('too-old', 'too-many', 'workflow-changed', 'too-large'))
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.event_set', 'plant');
CALL millwright.grant_access('millwright.event_set', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

-- A run that the clock started says of which schedule and for which moment; the pair is its idempotency key (0019).
ALTER TABLE millwright.run
  ADD COLUMN schedule_kind text,
  ADD COLUMN scheduled_at timestamptz,
  ADD CONSTRAINT a_scheduled_run_has_its_moment
    CHECK ((schedule_kind IS NULL) = (scheduled_at IS NULL)) NOT VALID,
  ADD CONSTRAINT run_schedule_kind_is_known CHECK (schedule_kind IN ('every', 'cron', 'after')) NOT VALID;
