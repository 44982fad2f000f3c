-- Purpose: the indexes that lists, searches and the plant's timeline lacked.
-- Locks: SHARE on bulk_operation, audit_entry and run while the indexes are built: they are read, and whoever writes to them waits.
--
-- In a transaction of its own, so that 0033 lets go of its locks before a table is read.

CREATE UNIQUE INDEX a_dry_run_is_carried_out_once
ON millwright.bulk_operation (partner_id, client_id, plant_id, dry_run_id)
WHERE dry_run_id IS NOT NULL;

-- What operators did in a plant, for its timeline: the key of the audit begins with the partner alone.
CREATE INDEX audit_entry_of_plant ON millwright.audit_entry (partner_id, client_id, plant_id, recorded_at)
WHERE plant_id IS NOT NULL;

-- Runs of a workflow that have ended, which are most of all runs. Each is entered once, at its end; those that are open or
-- faulted are found by their states.
CREATE INDEX run_ended_by_workflow ON millwright.run (partner_id, client_id, plant_id, workflow_id, run_id)
WHERE status IN ('completed', 'cancelled');
-- Cancelled runs are few among those that have ended.
CREATE INDEX run_cancelled ON millwright.run (partner_id, client_id, plant_id, run_id)
WHERE status = 'cancelled';
