-- Purpose: a bound on the keys of event and journal_entry, so that 0030 can make each of them the first partition of a
-- partitioned table without reading it under a strong lock; and the place for large values of the journal.
-- Locks: ACCESS EXCLUSIVE on event and journal_entry for a moment; nothing is read, because the checks are not valid yet.
--
-- Everything that is there, and everything that comes in the next month, stands before the bound.

-- The lowest key of a moment, whatever follows the milliseconds.
CREATE FUNCTION millwright.first_key_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
GRANT EXECUTE ON FUNCTION millwright.first_key_at(timestamptz) TO millwright_app, millwright_platform;

-- The large values of a run's journal, each once, by the SHA-256 of its text: the same value is input and output of one task
-- after the other.
CREATE TABLE millwright.run_payload (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  run_id uuid NOT NULL,
  digest bytea NOT NULL,
  value json NOT NULL,
  CONSTRAINT run_payload_pkey PRIMARY KEY (partner_id, client_id, plant_id, run_id, digest),
  CONSTRAINT run_payload_digest_is_sha256 CHECK (octet_length(digest) = 32)
);
CALL millwright.protect('millwright.run_payload', 'plant');
CREATE TRIGGER run_payload_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.run_payload
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();
CREATE STATISTICS millwright.run_payload_tenancy (dependencies) ON partner_id, client_id, plant_id
FROM millwright.run_payload;

ALTER TABLE millwright.journal_entry
  -- Instead of the value itself, where it is in run_payload.
  ADD COLUMN input_digest bytea,
  ADD COLUMN output_digest bytea,
  ADD CONSTRAINT a_journaled_value_stands_in_one_place CHECK (
    (input_digest IS NULL OR input IS NULL) AND (output_digest IS NULL OR output IS NULL)) NOT VALID;

DO $$
DECLARE
  bound uuid := millwright.first_key_at((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
BEGIN
  EXECUTE format(
    'ALTER TABLE millwright.event ADD CONSTRAINT stands_before_the_first_month CHECK (event_id < %L) NOT VALID', bound);
  EXECUTE format(
    'ALTER TABLE millwright.journal_entry ADD CONSTRAINT stands_before_the_first_month CHECK (run_id < %L) NOT VALID',
    bound);
  EXECUTE format(
    'ALTER TABLE millwright.run_payload ADD CONSTRAINT stands_before_the_first_month CHECK (run_id < %L)', bound);
END
$$;
