-- Purpose: a dry run is carried out once, a dead letter is replayed by one at a time, and a run's own values are bounded.
-- Locks: ACCESS EXCLUSIVE on bulk_operation, event_quarantine and run for a moment: nothing is read or rewritten. The check
-- holds for what is written from now on.

ALTER TABLE millwright.bulk_operation
  -- The dry run that it carries out; NULL for operations of before, and of the platform itself.
  ADD COLUMN dry_run_id uuid;

ALTER TABLE millwright.event_quarantine
  -- Somebody is sending it through the intake until then; whoever dies at it leaves it to the next.
  ADD COLUMN replaying_until timestamptz;

-- 4 MiB each (SyncLimits.maximumPayloadBytes): the run faults and says so, instead of growing until no message holds it.
ALTER TABLE millwright.run
  ADD CONSTRAINT run_values_are_bounded CHECK (
    octet_length(state::text) <= 4194304 AND octet_length(output::text) <= 4194304
    AND octet_length(error::text) <= 4194304) NOT VALID;
