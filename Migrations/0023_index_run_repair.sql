-- Purpose: the indexes of what 0022 added, and its check validated.
-- Locks: SHARE on run and event_quarantine while the indexes are built: they are read, and starting or ending a run waits.
-- SHARE on journal_entry and human_task_decision likewise, and SHARE UPDATE EXCLUSIVE while its kinds are checked.
--
-- In a transaction of its own, so that 0022 lets go of its locks before a table is read.

ALTER TABLE millwright.journal_entry VALIDATE CONSTRAINT journal_kind_is_known;

-- New runs in order, without those that wait for a slot: a long queue of one workflow costs the others nothing.
DROP INDEX millwright.run_pending;
CREATE INDEX run_pending ON millwright.run (partner_id, client_id, plant_id, priority DESC, run_id)
WHERE status = 'pending' AND queued_at IS NULL;
-- The queue of a workflow, by priority and by age …
CREATE INDEX run_queued ON millwright.run (partner_id, client_id, plant_id, workflow_id, priority DESC, run_id)
WHERE status = 'pending' AND queued_at IS NOT NULL;
CREATE INDEX run_queued_longest ON millwright.run (partner_id, client_id, plant_id, workflow_id, run_id)
WHERE status = 'pending' AND queued_at IS NOT NULL;
-- … and who has its slots.
CREATE INDEX run_with_slot ON millwright.run (partner_id, client_id, plant_id, workflow_id)
WHERE admitted_at IS NOT NULL AND status IN ('pending', 'running', 'waiting', 'suspended');
-- Faulted runs that nobody has seen to.
CREATE INDEX run_dead ON millwright.run (partner_id, client_id, plant_id, run_id)
WHERE status = 'faulted' AND handled_at IS NULL;
-- Faulted runs by the kind of error.
CREATE INDEX run_by_error
ON millwright.run (partner_id, client_id, plant_id, (error ->> 'type'), run_id)
WHERE status = 'faulted';
-- A business key by its beginning, whatever the database's collation; it finds a whole key as the one before it did.
DROP INDEX millwright.run_by_business_key;
CREATE INDEX run_by_business_key
ON millwright.run (partner_id, client_id, plant_id, business_key text_pattern_ops, run_id)
WHERE business_key IS NOT NULL;
CREATE INDEX event_quarantine_dead ON millwright.event_quarantine (partner_id, client_id, plant_id, quarantine_id)
WHERE handled_at IS NULL;
-- What the plant's timeline shows of the journal (the condition stands the same in its query), and of people.
CREATE INDEX journal_entry_of_timeline ON millwright.journal_entry (partner_id, client_id, plant_id, recorded_at)
WHERE task_reference IS NULL OR (kind = 'wait-opened' AND function LIKE 'human-task:%');
CREATE INDEX human_task_decision_by_time
ON millwright.human_task_decision (partner_id, client_id, plant_id, decided_at);
