import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

/// With enough rows that a wrong plan shows: it reads thousands of rows where the right one reads a page.
@Suite("searches and timelines read what they answer and little more", .timeLimit(.minutes(10)))
struct RunSearchPlanTests {
    private static let runs = 60_000
    /// What a statement may read for a page of 50: a few times the page.
    private static let mostRows = 400

    /// Runs of four months, one every so many seconds, of which one in `runs / 20` is of the workflow `rare`; of each state but
    /// completed there are ten.
    private func fill(_ shell: ShellFixture, rare: WorkflowID, usual: WorkflowID) async throws {
        let place = shell.place
        let keys = "'\(place.partnerID)', '\(place.clientID)', '\(place.plantID)'"
        try await SuperuserSession.run(
            """
            SET session_replication_role = replica;
            INSERT INTO millwright.run (
              partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, suspended_status, sequence,
              epoch, priority, chain_depth, journal_length, accepted_at, started_at, ended_at, input, output, error, state,
              business_key)
            SELECT \(keys), made.run_id, CASE WHEN n % 3000 = 7 THEN '\(rare)'::uuid ELSE '\(usual)'::uuid END, 'x', status,
              CASE WHEN status = 'suspended' THEN 'waiting' END, 1, 0, 50, 0, 2, moment,
              CASE WHEN status <> 'pending' THEN moment END,
              CASE WHEN status IN ('completed', 'faulted', 'cancelled') THEN moment END, '1',
              CASE WHEN status = 'completed' THEN '1'::json END,
              CASE WHEN status = 'faulted' THEN '{"type": "https://e.com/x"}'::json END,
              CASE WHEN status IN ('running', 'waiting', 'suspended') THEN '{}'::json END, 'lot-' || n
            FROM (
              SELECT n, moment,
                (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7'
                  || substr(md5(n::text), 1, 19))::uuid AS run_id,
                CASE n % 6000
                  WHEN 11 THEN 'pending' WHEN 12 THEN 'running' WHEN 13 THEN 'waiting' WHEN 14 THEN 'suspended'
                  WHEN 15 THEN 'faulted' WHEN 16 THEN 'cancelled' ELSE 'completed' END AS status
              FROM (
                SELECT n, now() - make_interval(secs => (\(Self.runs) - n) * 150) AS moment
                FROM generate_series(1, \(Self.runs)) AS n
              ) AS numbered
            ) AS made;
            INSERT INTO millwright.journal_entry (
              partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, attempt, started_at, ended_at, recorded_at)
            SELECT partner_id, client_id, plant_id, run_id, ordinal, 1,
              CASE ordinal WHEN 1 THEN 'run-started' ELSE 'run-completed' END, 1, accepted_at, accepted_at, accepted_at
            FROM millwright.run CROSS JOIN generate_series(1, 2) AS ordinal;
            ANALYZE millwright.run, millwright.journal_entry;
            """, on: shell.database)
    }

    /// A node of a plan that reads a table.
    private struct Scan {
        var kind: String
        var relation: String
        var index: String
        var rows: Int
    }

    private func scans(_ statement: Statement, _ shell: ShellFixture) async throws -> [Scan] {
        let row = try await shell.database.readPipeline(
            shell.scope, ["EXPLAIN (ANALYZE, FORMAT JSON) \(fragment: statement)"])[0][0]
        var scans: [Scan] = []
        func visit(_ node: JSONValue) {
            let loops = node["Actual Loops"]?.intValue ?? 0
            if let kind = node["Node Type"]?.stringValue, kind.hasSuffix("Scan"), loops > 0,
                let name = node["Relation Name"]?.stringValue ?? node["Index Name"]?.stringValue
            {
                let perLoop = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"].reduce(0) {
                    $0 + Int(node[$1]?.doubleValue ?? 0)
                }
                scans.append(
                    Scan(
                        kind: kind, relation: name, index: node["Index Name"]?.stringValue ?? "",
                        rows: perLoop * loops))
            }
            for child in node["Plans"]?.arrayValue ?? [] { visit(child) }
        }
        let plan: JSONValue = try row.decode("QUERY PLAN")
        visit(try #require(plan[0]?["Plan"]))
        return scans
    }

    @Test("each search of runs, and both timelines")
    func plans() async throws {
        try await ShellFixture.with { shell in
            try await OldMonths.make(5, on: shell.database)
            let rare = try await shell.addWorkflow("rare")
            let usual = try await shell.addWorkflow("usual")
            try await fill(shell, rare: rare, usual: usual)
            let now = shell.clock.now()
            var filters: [(String, RunFilter)] = [
                ("nothing", .init()), ("a rare workflow", .init(workflowID: rare)),
                ("a rare workflow's completed runs", .init(statuses: [.completed], workflowID: rare)),
                ("a business key", .init(businessKey: "lot-500")),
                ("the beginning of a key", .init(businessKeyPrefix: "lot-4711")),
                ("an event", .init(eventID: EventRecordID(UUIDv7()))),
                ("a time", .init(acceptedFrom: now.adding(seconds: -86_400), acceptedTo: now.adding(seconds: -82_800))),
                ("a kind of error", .init(errorType: "https://e.com/x")),
                ("open runs", .init(statuses: [.pending, .running, .waiting, .suspended])),
                ("a workflow's open runs", .init(statuses: [.pending, .running, .waiting], workflowID: usual)),
            ]
            for status in RunStatus.allCases { filters.append((status.rawValue, .init(statuses: [status]))) }
            for (name, filter) in filters {
                let scans = try await scans(RunDirectory.listing(filter, in: shell.scope, .init()), shell)
                let read = scans.filter { $0.relation == "run" }
                #expect(!read.isEmpty && read.allSatisfy { $0.kind != "Seq Scan" }, "\(name): \(scans)")
                #expect(read.reduce(0) { $0 + $1.rows } <= Self.mostRows, "\(name): \(scans)")
            }
            try await timelines(shell)
        }
    }

    private func timelines(_ shell: ShellFixture) async throws {
        let middle = try #require(
            try await shell.runs.list(
                in: shell.scope, matching: .init(acceptedTo: ShellFixture.middle(monthsAgo: 2)), page: .init()
            ).items.first)
        let ofRun = try await scans(RunDirectory.statement(of: middle.id, in: shell.scope, after: 0), shell)
        let journal = ofRun.filter { $0.relation.hasPrefix("journal_entry") }
        #expect(Set(journal.map(\.relation)).count == 1, "only the run's own month: \(ofRun)")
        #expect(ofRun.reduce(0) { $0 + $1.rows } <= 10 && ofRun.allSatisfy { $0.kind != "Seq Scan" }, "\(ofRun)")

        let timeline = shell.runs.plantTimeline
        let begun = try await timeline.now(in: shell.scope, backSeconds: 6 * 86_400)
        let (entries, next) = try await timeline.entries(in: shell.scope, after: begun)
        #expect(entries.count == PlantTimeline.pageEntries)
        for position in [begun, next] {
            let until = try await timeline.entries(in: shell.scope, after: position).entries.first?.position ?? position
            let ofPlant = try await scans(timeline.statement(in: shell.scope, after: until), shell)
            let journal = ofPlant.filter { $0.relation.hasPrefix("journal_entry") }
            #expect(journal.allSatisfy { $0.kind != "Seq Scan" }, "\(ofPlant)")
            #expect(journal.reduce(0) { $0 + $1.rows } <= 2 * PlantTimeline.pageEntries, "\(ofPlant)")
        }
    }
}
