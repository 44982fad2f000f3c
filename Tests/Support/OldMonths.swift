package import Database

/// Gives a database the months of an installation that has run for a while: the first partition begins this month, and
/// the months before it have one each, without rows.
package enum OldMonths {
    package static func make(_ count: Int, on database: Database) async throws {
        try await SuperuserSession.run(
            """
            SET ROLE millwright_owner;
            DO $$
            DECLARE
              parent text;
              wanted text;
              part record;
              month timestamptz;
              name text;
            BEGIN
              FOREACH parent IN ARRAY ARRAY['event', 'journal_entry', 'run_payload'] LOOP
                wanted := parent;
                SELECT * INTO part FROM millwright.partitions() AS p
                WHERE p.parent = wanted AND p.from_key IS NULL AND NOT p.is_default;
                month := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
                EXECUTE format('ALTER TABLE millwright.%I DETACH PARTITION millwright.%I', parent, part.name);
                EXECUTE format(
                  'ALTER TABLE millwright.%I ATTACH PARTITION millwright.%I FOR VALUES FROM (%L) TO (%L)', parent,
                  part.name, millwright.first_key_at(month), part.to_key);
                FOR back IN 1..\(count) LOOP
                  month := (month AT TIME ZONE 'UTC' - interval '1 month') AT TIME ZONE 'UTC';
                  name := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
                  EXECUTE format(
                    'CREATE TABLE millwright.%I (LIKE millwright.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
                    ' INCLUDING STORAGE INCLUDING INDEXES)', name, parent);
                  CALL millwright.protect_partition(format('millwright.%I', name)::regclass, parent);
                  EXECUTE format(
                    'ALTER TABLE millwright.%I ATTACH PARTITION millwright.%I FOR VALUES FROM (%L) TO (%L)', parent, name,
                    millwright.first_key_at(month),
                    millwright.first_key_at((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
                END LOOP;
              END LOOP;
            END
            $$;
            """, on: database)
    }
}
