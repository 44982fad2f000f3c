-- Purpose: a person's own substitutions are found by the person, as those of a substitute are.
-- Locks: SHARE on substitution while its rows are read once; nobody names a substitute meanwhile.
CREATE INDEX substitution_by_principal ON millwright.substitution (partner_id, principal_id)
WHERE ended_early_at IS NULL;
