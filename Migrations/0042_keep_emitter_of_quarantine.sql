-- Purpose: an emitted event that the plant did not take remembers its run, so that a replay has the same people behind it and the
-- same length of chain.
-- Locks: ACCESS EXCLUSIVE on event_quarantine for a moment: nothing is read or rewritten. The check holds for what is written
-- from now on; an event of before is replayed as one from outside.

ALTER TABLE millwright.event_quarantine
  -- The run that emitted it; NULL for what came from outside.
  ADD COLUMN emitted_by_run_id uuid,
  -- How many runs and events led to it; NULL for what came from outside.
  ADD COLUMN chain_depth smallint,
  ADD CONSTRAINT quarantine_knows_the_emitter CHECK (
    (emitted_by_run_id IS NULL) = (chain_depth IS NULL) AND chain_depth >= 1) NOT VALID;
