-- Purpose: the checks of a run's schedule (0016) hold for the rows from before, too.
-- Locks: SHARE UPDATE EXCLUSIVE on run while it is read: runs start and end meanwhile.
--
-- In a transaction of its own, so that 0016 lets go of its lock on run before the table is read.

ALTER TABLE millwright.run
  VALIDATE CONSTRAINT a_scheduled_run_has_its_moment,
  VALIDATE CONSTRAINT run_schedule_kind_is_known;
