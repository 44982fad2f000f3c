-- Purpose: event, journal_entry and run_payload become tables of one partition a month, so that what is older than the
-- policy says is dropped as a file, and no row is ever deleted.
-- Locks: SHARE UPDATE EXCLUSIVE on event and journal_entry while their keys are read once (VALIDATE); then ACCESS EXCLUSIVE on
-- them for the moment in which they get another name and become the first partition.  Nothing is rewritten, no index is built.
--
-- The first partition is what was there and has no lower bound; then comes one partition a month, made ahead of its time by
-- create_partition(), and a default one, which is empty unless nobody made the months in time or a run goes on whose month
-- was dropped.  A month is a range of keys, because run_id and event_id begin with the time.
--
-- "An event is accepted once" cannot be a key over all partitions, since such a key would have to hold event_id.  Each
-- partition has the key for itself, and the statement that stores events looks into the other months of the duplicate
-- window (EventAdmission).  The index is made by create_partition() and not by the parent, which may not have it.

-- Which months were dropped, for those who must say that something is not kept any more.  It names no tenant.
CREATE TABLE millwright.dropped_partition (
  parent text NOT NULL,
  name text NOT NULL,
  -- NULL for the first partition, which has no lower bound.
  from_key uuid,
  -- Exclusive.
  to_key uuid NOT NULL,
  rows_estimated bigint NOT NULL,
  bytes bigint NOT NULL,
  dropped_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT dropped_partition_pkey PRIMARY KEY (parent, name)
);
GRANT SELECT ON millwright.dropped_partition TO millwright_app, millwright_platform;

-- Whether the rows of a key were dropped with their month.
CREATE FUNCTION millwright.has_aged_out(table_name text, key uuid) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
  SELECT FROM millwright.dropped_partition AS gone
  WHERE gone.parent = table_name AND key < gone.to_key AND (gone.from_key IS NULL OR key >= gone.from_key));
GRANT EXECUTE ON FUNCTION millwright.has_aged_out(text, uuid) TO millwright_app, millwright_platform;

-- The moment that a key begins with.
CREATE FUNCTION millwright.moment_of(key uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_timestamp(('x' || lpad(replace(left(key::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0);
GRANT EXECUTE ON FUNCTION millwright.moment_of(uuid) TO millwright_app, millwright_platform;

-- The partitions as they are, in the order of their keys; the default one last.  Rows are the planner's estimate.
CREATE FUNCTION millwright.partitions() RETURNS TABLE (
  parent text, name text, from_key uuid, to_key uuid, is_default boolean, holds_rows boolean, rows_estimated bigint,
  bytes bigint
)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT above.relname::text, part.relname::text,
    substring(bound.text FROM 'FROM \(''([0-9a-f-]{36})''\)')::uuid,
    substring(bound.text FROM 'TO \(''([0-9a-f-]{36})''\)')::uuid,
    bound.text = 'DEFAULT', size.heap > 0, greatest(part.reltuples, 0)::bigint, size.total
  FROM pg_inherits AS tie
  JOIN pg_class AS part ON part.oid = tie.inhrelid
  JOIN pg_class AS above ON above.oid = tie.inhparent
  CROSS JOIN LATERAL pg_get_expr(part.relpartbound, part.oid) AS bound (text)
  CROSS JOIN LATERAL (SELECT pg_relation_size(part.oid), pg_total_relation_size(part.oid)) AS size (heap, total)
  -- One that is dropped at this moment has no size.
  WHERE bound.text IS NOT NULL AND size.heap IS NOT NULL AND size.total IS NOT NULL
    AND above.relnamespace = 'millwright'::regnamespace AND above.relkind = 'p' AND part.relkind = 'r'
  ORDER BY 1, 5, 4;
END;
GRANT EXECUTE ON FUNCTION millwright.partitions() TO millwright_platform;

-- Statistics for a partition that has no rows yet, for the reasons that 0015 gives.  The partition must not have row level
-- security yet.  A later migration that adds a column without a default changes this too; until it does, a month begins
-- without statistics.
CREATE PROCEDURE millwright.seed_statistics(target regclass, parent text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF parent = 'event' THEN
    EXECUTE format($seed$
      INSERT INTO %s (
        partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at, ingest_id,
        chain_depth)
      SELECT plant, plant, plant, gen_random_uuid(), 'source', number::text, 'type', now(), now(), plant, 0
      FROM generate_series(1, 4000) AS number
      CROSS JOIN LATERAL CAST('00000000-0000-7000-8000-' || lpad((number %% 20)::text, 12, '0') AS uuid) AS plant
      $seed$, target);
  ELSIF parent = 'journal_entry' THEN
    EXECUTE format($seed$
      INSERT INTO %s (
        partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, task_reference, attempt, started_at, ended_at)
      SELECT plant, plant, plant, gen_random_uuid(), 1, 1, 'task-completed', '/do/0', 1, now(), now()
      FROM generate_series(1, 4000) AS number
      CROSS JOIN LATERAL CAST('00000000-0000-7000-8000-' || lpad((number %% 20)::text, 12, '0') AS uuid) AS plant
      $seed$, target);
  ELSIF parent = 'run_payload' THEN
    EXECUTE format($seed$
      INSERT INTO %s (partner_id, client_id, plant_id, run_id, digest, value)
      SELECT plant, plant, plant, gen_random_uuid(), sha256(number::text::bytea), '{}'
      FROM generate_series(1, 4000) AS number
      CROSS JOIN LATERAL CAST('00000000-0000-7000-8000-' || lpad((number %% 20)::text, 12, '0') AS uuid) AS plant
      $seed$, target);
  END IF;
  EXECUTE format('ANALYZE %s', target);
  EXECUTE format('TRUNCATE %s', target);
EXCEPTION WHEN not_null_violation OR check_violation OR undefined_column THEN
  RAISE WARNING 'the partition % begins without statistics: %', target, SQLERRM;
END
$$;

-- Everything that a partition has of its own.
CREATE PROCEDURE millwright.protect_partition(target regclass, parent text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF parent = 'event' THEN
    EXECUTE format(
      'CREATE UNIQUE INDEX %I ON %s (partner_id, client_id, plant_id, source, source_event_id)',
      split_part(target::text, '.', 2) || '_is_accepted_once', target);
  END IF;
  CALL millwright.protect(target, 'plant');
  EXECUTE format(
    'CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change()',
    parent || '_is_insert_only', target);
END
$$;

-- Makes the next month that is missing, from the end of the last one up to months_ahead from now, and answers its name;
-- NULL when none is missing.  One a call, so that each has a transaction of its own.  The clock is the database's, which all
-- control planes share.
--
-- The new table is filled with what it needs while nobody knows it; only then it is attached, which takes SHARE UPDATE
-- EXCLUSIVE on the parent and ACCESS EXCLUSIVE on the default partition.  Rows of the month that stand in the default
-- partition, because nobody had made the month, are moved.
CREATE FUNCTION millwright.create_partition(parent text, months_ahead integer) RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
  key_column text := CASE
    WHEN parent = 'event' THEN 'event_id' WHEN parent IN ('journal_entry', 'run_payload') THEN 'run_id' END;
  last_key uuid;
  month timestamp;
  from_key uuid;
  to_key uuid;
  name text;
  columns text;
  is_empty boolean;
BEGIN
  IF key_column IS NULL THEN
    RAISE EXCEPTION '% is not a table of months', parent USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months_ahead must be 0 to 24' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT max(part.to_key::text)::uuid INTO last_key
  FROM millwright.partitions() AS part
  WHERE part.parent = create_partition.parent AND NOT part.is_default;
  month := millwright.moment_of(last_key) AT TIME ZONE 'UTC';
  IF month > (now() AT TIME ZONE 'UTC') + make_interval(months => months_ahead) THEN
    RETURN NULL;
  END IF;
  from_key := millwright.first_key_at(month AT TIME ZONE 'UTC');
  to_key := millwright.first_key_at((month + interval '1 month') AT TIME ZONE 'UTC');
  name := parent || '_' || to_char(month, 'YYYY_MM');

  EXECUTE format(
    'CREATE TABLE millwright.%I (LIKE millwright.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE'
    ' INCLUDING STATISTICS INCLUDING INDEXES)', name, parent);
  CALL millwright.seed_statistics(format('millwright.%I', name)::regclass, parent);

  -- The owner sees rows only while row level security is not forced; nobody else comes near the table meanwhile.
  EXECUTE format('LOCK TABLE millwright.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
  EXECUTE format('ALTER TABLE millwright.%I NO FORCE ROW LEVEL SECURITY', parent || '_default');
  EXECUTE format('ALTER TABLE millwright.%I DISABLE TRIGGER USER', parent || '_default');
  SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) INTO columns
  FROM pg_attribute
  WHERE attrelid = format('millwright.%I', parent)::regclass AND attnum > 0 AND NOT attisdropped;
  EXECUTE format(
    'WITH moved AS (DELETE FROM millwright.%1$I WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)'
    ' INSERT INTO millwright.%6$I (%5$s) SELECT %5$s FROM moved',
    parent || '_default', key_column, from_key, to_key, columns, name);
  -- So that its size says whether it holds rows.
  EXECUTE format('SELECT NOT EXISTS (SELECT FROM millwright.%I)', parent || '_default') INTO is_empty;
  IF is_empty THEN
    EXECUTE format('TRUNCATE millwright.%I', parent || '_default');
  END IF;
  EXECUTE format('ALTER TABLE millwright.%I ENABLE TRIGGER USER', parent || '_default');
  EXECUTE format('ALTER TABLE millwright.%I FORCE ROW LEVEL SECURITY', parent || '_default');

  CALL millwright.protect_partition(format('millwright.%I', name)::regclass, parent);
  EXECUTE format(
    'ALTER TABLE millwright.%I ATTACH PARTITION millwright.%I FOR VALUES FROM (%L) TO (%L)', parent, name, from_key, to_key);
  RETURN name;
END
$$;
GRANT EXECUTE ON FUNCTION millwright.create_partition(text, integer) TO millwright_platform;

-- Drops a month that ends before a key, and remembers that; answers its bytes, or NULL when there is no such month any more.
-- What must not be dropped is the caller's to know: the owner, who runs this, sees no rows.  It takes ACCESS EXCLUSIVE on
-- the parent for a moment, and gives up after half a second of waiting for it, because everybody queues behind it.
CREATE FUNCTION millwright.drop_partition(partition_name text, keep_from uuid) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '500ms'
AS $$
DECLARE
  part record;
BEGIN
  SELECT * INTO part FROM millwright.partitions() AS listed WHERE listed.name = partition_name;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF part.is_default OR part.parent NOT IN ('event', 'journal_entry', 'run_payload') THEN
    RAISE EXCEPTION '% is not a month', partition_name USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Not even a caller that is wrong drops what is younger than a whole month.
  IF part.to_key > least(keep_from, millwright.first_key_at(now() - interval '31 days')) THEN
    RAISE EXCEPTION '% is not old enough to be dropped', partition_name USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('ALTER TABLE millwright.%I DETACH PARTITION millwright.%I', part.parent, part.name);
  EXECUTE format('DROP TABLE millwright.%I', part.name);
  INSERT INTO millwright.dropped_partition (parent, name, from_key, to_key, rows_estimated, bytes)
  VALUES (part.parent, part.name, part.from_key, part.to_key, part.rows_estimated, part.bytes);
  RETURN part.bytes;
END
$$;
GRANT EXECUTE ON FUNCTION millwright.drop_partition(text, uuid) TO millwright_platform;

ALTER TABLE millwright.event VALIDATE CONSTRAINT stands_before_the_first_month;
ALTER TABLE millwright.journal_entry
  VALIDATE CONSTRAINT stands_before_the_first_month,
  VALIDATE CONSTRAINT a_journaled_value_stands_in_one_place;

DO $$
DECLARE
  parent text;
  key_column text;
  bound uuid;
  suffix text;
  first text;
  object record;
  objects jsonb;
BEGIN
  -- What describes an index or a statistic names its table with the schema only where it must.
  PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
  FOREACH parent IN ARRAY ARRAY['event', 'journal_entry', 'run_payload'] LOOP
    key_column := CASE parent WHEN 'event' THEN 'event_id' ELSE 'run_id' END;
    SELECT substring(pg_get_constraintdef(oid) FROM '[0-9a-f]{8}-[0-9a-f-]{27}')::uuid INTO bound
    FROM pg_constraint
    WHERE conrelid = format('millwright.%I', parent)::regclass AND conname = 'stands_before_the_first_month';
    suffix := '_until_' || to_char(millwright.moment_of(bound) AT TIME ZONE 'UTC', 'YYYY_MM');
    first := parent || suffix;
    EXECUTE format('ALTER TABLE millwright.%I RENAME TO %I', parent, first);

    SELECT jsonb_agg(to_jsonb(listed)) INTO objects
    FROM (
      SELECT pg_get_indexdef(index.indexrelid) AS definition, class.relname::text AS name,
        index.indisprimary OR class.relname = 'event_is_accepted_once' AS is_own, false AS is_statistic
      FROM pg_index AS index
      JOIN pg_class AS class ON class.oid = index.indexrelid
      WHERE index.indrelid = format('millwright.%I', first)::regclass
      UNION ALL
      SELECT pg_get_statisticsobjdef(oid), stxname::text, false, true
      FROM pg_statistic_ext
      WHERE stxrelid = format('millwright.%I', first)::regclass
    ) AS listed;
    FOR object IN SELECT * FROM jsonb_to_recordset(objects) AS o (name text, is_statistic boolean) LOOP
      EXECUTE format(
        CASE WHEN object.is_statistic THEN 'ALTER STATISTICS millwright.%I RENAME TO %I'
          ELSE 'ALTER INDEX millwright.%I RENAME TO %I' END,
        object.name, object.name || suffix);
    END LOOP;

    EXECUTE format(
      'CREATE TABLE millwright.%I (LIKE millwright.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)'
      ' PARTITION BY RANGE (%I)', parent, first, key_column);
    EXECUTE format('ALTER TABLE millwright.%I DROP CONSTRAINT stands_before_the_first_month', parent);
    EXECUTE format(
      'ALTER TABLE millwright.%I ADD CONSTRAINT %I PRIMARY KEY (partner_id, client_id, plant_id, %s)',
      parent, parent || '_pkey', CASE parent WHEN 'event' THEN 'event_id' WHEN 'journal_entry' THEN 'run_id, ordinal' ELSE 'run_id, digest' END);
    FOR object IN
      SELECT * FROM jsonb_to_recordset(objects) AS o (definition text, is_own boolean) WHERE NOT is_own
    LOOP
      EXECUTE replace(object.definition, 'millwright.' || first, 'millwright.' || parent);
    END LOOP;
    CALL millwright.protect(format('millwright.%I', parent)::regclass, 'plant');
    CALL millwright.grant_access(format('millwright.%I', parent)::regclass, ARRAY['SELECT', 'INSERT']);
    EXECUTE format(
      'CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.%I'
      ' FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change()', parent || '_is_insert_only', parent);

    EXECUTE format('REVOKE ALL ON millwright.%I FROM millwright_app, millwright_platform', first);
    EXECUTE format(
      'ALTER TABLE millwright.%I ATTACH PARTITION millwright.%I FOR VALUES FROM (MINVALUE) TO (%L)', parent, first, bound);
    EXECUTE format('ALTER TABLE millwright.%I DROP CONSTRAINT stands_before_the_first_month', first);
    EXECUTE format('CREATE TABLE millwright.%I PARTITION OF millwright.%I DEFAULT', parent || '_default', parent);
    CALL millwright.protect_partition(format('millwright.%I', parent || '_default')::regclass, parent);
    WHILE millwright.create_partition(parent, 3) IS NOT NULL LOOP
    END LOOP;
  END LOOP;
END
$$;

-- The journal with its values, wherever they stand; for readers of single runs. What only counts reads journal_entry.
CREATE VIEW millwright.journal WITH (security_invoker = true) AS
SELECT entry.partner_id, entry.client_id, entry.plant_id, entry.run_id, entry.ordinal, entry.sequence, entry.kind,
  entry.task_reference, entry.task_type, entry.function, entry.attempt, entry.started_at, entry.ended_at,
  coalesce(entry.input, given.value) AS input, coalesce(entry.output, found.value) AS output, entry.error, entry.detail
FROM millwright.journal_entry AS entry
LEFT JOIN millwright.run_payload AS given
  ON given.partner_id = entry.partner_id AND given.client_id = entry.client_id AND given.plant_id = entry.plant_id
  AND given.run_id = entry.run_id AND given.digest = entry.input_digest
LEFT JOIN millwright.run_payload AS found
  ON found.partner_id = entry.partner_id AND found.client_id = entry.client_id AND found.plant_id = entry.plant_id
  AND found.run_id = entry.run_id AND found.digest = entry.output_digest;
GRANT SELECT ON millwright.journal TO millwright_app, millwright_platform;
