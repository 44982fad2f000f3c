import Database
import Execution
import Primitives
import TestSupport

/// Gives a database the months of an installation that has run for a while: the first partition begins this month, and
/// the months before it have one each, without rows.
enum OldMonths {
    static func make(_ count: Int, on database: Database) async throws {
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

extension ShellFixture {
    /// The middle of the month that is so many months before this one.
    static func middle(monthsAgo months: Int) -> Timestamp {
        CalendarMonth(of: .now()).adding(months: -months).start.adding(seconds: 14 * 86_400)
    }

    /// Sets the clock of the control plane; the database keeps its own.
    func setClock(_ moment: Timestamp) {
        clock.advance(seconds: moment.unixSeconds - clock.now().unixSeconds)
    }

    func retention(eventMonths: Int = 2, journalMonths: Int = 2) -> Retention {
        Retention(
            database: database, policy: RetentionPolicy(eventMonths: eventMonths, journalMonths: journalMonths),
            logger: PostgresFixture.logger)
    }

    /// Rows of the plant in the partition.
    func rows(in partition: String, of table: Statement) async throws -> Int {
        try await count(table, "tableoid = ('millwright.' || \(partition))::regclass")
    }
}
