-- Purpose: a moment of a schedule starts one run, whoever starts it and however often.
-- Locks: SHARE on run while it is read: runs are read, and starting or ending one waits.
--
-- In a transaction of its own, so that nothing else is held meanwhile.  A migration cannot build CONCURRENTLY; no row from
-- before is in the index, so that it takes one reading of the table.

CREATE UNIQUE INDEX a_moment_starts_one_run
  ON millwright.run (partner_id, client_id, plant_id, workflow_id, schedule_kind, scheduled_at)
WHERE scheduled_at IS NOT NULL;
