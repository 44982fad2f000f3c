-- Purpose: promised times: the plants' business calendars, the clocks that runs start on them, and what the clocks said.
-- Locks: the foreign key takes SHARE ROW EXCLUSIVE on plant for a moment, and so does the trigger on it.
--
-- No foreign key leads to run, for the reasons that 0005 gives: a clock is written in the transaction that moves its run.

CREATE TABLE millwright.business_calendar (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  -- As it was written: {"hours": …, "holidays": …, "exceptions": …}.
  calendar json NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT business_calendar_pkey PRIMARY KEY (partner_id, client_id, plant_id),
  CONSTRAINT business_calendar_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT business_calendar_is_bounded CHECK (octet_length(calendar::text) <= 262144)
);
CALL millwright.protect('millwright.business_calendar', 'plant');
CALL millwright.grant_access('millwright.business_calendar', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- One row a name in a run; a clock that is started again takes the row of the one that was stopped.
CREATE TABLE millwright.sla_clock (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  name text NOT NULL,
  workflow_id uuid NOT NULL,
  status text NOT NULL,
  -- plant: the business calendar; elapsed: every second.
  calendar text NOT NULL,
  target_seconds double precision NOT NULL,
  -- Seconds before the end, descending.
  warnings double precision[] NOT NULL,
  on_warning json NOT NULL,
  on_breach json NOT NULL,
  started_at timestamptz NOT NULL,
  -- Working time up to running_since, which is NULL while the clock is paused.
  elapsed_seconds double precision NOT NULL,
  running_since timestamptz,
  stopped_at timestamptz,
  warnings_given smallint NOT NULL,
  breached_at timestamptz,
  -- When the promise ends, as far as it is known now, and when the clock has something to say.
  due_at timestamptz,
  next_action_at timestamptz,
  CONSTRAINT sla_clock_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id, name),
  CONSTRAINT sla_clock_status_is_known CHECK (status IN ('running', 'paused', 'stopped')),
  CONSTRAINT sla_clock_calendar_is_known CHECK (calendar IN ('plant', 'elapsed')),
  CONSTRAINT a_running_clock_runs_since CHECK (status <> 'running' OR running_since IS NOT NULL),
  CONSTRAINT a_paused_clock_does_not_run CHECK (status <> 'paused' OR (running_since IS NULL AND due_at IS NULL)),
  CONSTRAINT only_a_stopped_clock_was_stopped CHECK ((stopped_at IS NOT NULL) = (status = 'stopped')),
  CONSTRAINT sla_clock_is_bounded CHECK (
    length(name) BETWEEN 1 AND 100 AND target_seconds > 0 AND cardinality(warnings) <= 10
    AND warnings_given BETWEEN 0 AND cardinality(warnings) AND elapsed_seconds >= 0)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.sla_clock', 'plant');
CALL millwright.grant_access('millwright.sla_clock', ARRAY['SELECT', 'INSERT', 'UPDATE']);
-- Read across tenants by the service that lets clocks speak, so the moment leads.
CREATE INDEX sla_clock_next_action ON millwright.sla_clock (next_action_at)
WHERE next_action_at IS NOT NULL;
-- What people ask for: the clocks that run, the earliest end first, and those that were breached, the last first.
CREATE INDEX sla_clock_open ON millwright.sla_clock (partner_id, client_id, plant_id, due_at)
WHERE status <> 'stopped';
CREATE INDEX sla_clock_breached ON millwright.sla_clock (partner_id, client_id, plant_id, breached_at)
WHERE breached_at IS NOT NULL;

-- What happened to the clocks, once. Insert-only: it is the evidence.
CREATE TABLE millwright.sla_occurrence (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  name text NOT NULL,
  -- Of the clock that it is about: a name can be started again.
  started_at timestamptz NOT NULL,
  -- started, paused-<µs>, resumed-<µs>, stopped, warning-<n>, breached: what can happen once to a clock.
  occasion text NOT NULL,
  -- When it was so, and when that was recorded.
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  due_at timestamptz,
  CONSTRAINT sla_occurrence_pkey PRIMARY KEY (
    partner_id, client_id, plant_id, run_id, name, started_at, occasion)
);
CALL millwright.protect('millwright.sla_occurrence', 'plant');
CALL millwright.grant_access('millwright.sla_occurrence', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER sla_occurrence_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.sla_occurrence
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- The plant's clocks are set by its calendar and its time zone: when one of them changes they are looked at anew.
CREATE FUNCTION millwright.look_at_clocks_again() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE millwright.sla_clock AS clock
  SET next_action_at = now()
  WHERE clock.partner_id = NEW.partner_id AND clock.client_id = NEW.client_id AND clock.plant_id = NEW.plant_id
    AND clock.status = 'running' AND clock.calendar = 'plant' AND clock.breached_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER sets_the_clocks AFTER INSERT OR UPDATE ON millwright.business_calendar
FOR EACH ROW EXECUTE FUNCTION millwright.look_at_clocks_again();
CREATE TRIGGER sets_the_clocks AFTER UPDATE OF time_zone ON millwright.plant
FOR EACH ROW WHEN (NEW.time_zone IS DISTINCT FROM OLD.time_zone) EXECUTE FUNCTION millwright.look_at_clocks_again();
