-- Purpose: a bound on the keys of event and journal_entry, so that 0030 can make each of them the first partition of a
-- partitioned table without reading it under a strong lock.
-- Locks: ACCESS EXCLUSIVE on event and journal_entry for a moment; nothing is read, because the checks are not valid yet.
--
-- Everything that is there, and everything that comes in the next month, stands before the bound.

-- The lowest key of a moment, whatever follows the milliseconds.
CREATE FUNCTION millwright.first_key_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
GRANT EXECUTE ON FUNCTION millwright.first_key_at(timestamptz) TO millwright_app, millwright_platform;

DO $$
DECLARE
  bound uuid := millwright.first_key_at((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
BEGIN
  EXECUTE format(
    'ALTER TABLE millwright.event ADD CONSTRAINT stands_before_the_first_month CHECK (event_id < %L) NOT VALID', bound);
  EXECUTE format(
    'ALTER TABLE millwright.journal_entry ADD CONSTRAINT stands_before_the_first_month CHECK (run_id < %L) NOT VALID',
    bound);
END
$$;
