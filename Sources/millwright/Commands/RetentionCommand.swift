import ArgumentParser
import Execution
import JSON
import Logging
import Primitives

/// The months of events and journals: what there is, and what is older than the policy keeps.
struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Show the months of events and journals, and drop those that are older than the policy keeps.",
        discussion: """
            The control plane does the same every hour. The policy: event-retention-months and journal-retention-months, whole \
            months, 0 for ever. A month that an open run began in stays. Runs, decisions, usage records and the audit are \
            always kept.
            """)

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Only show what would be done.") var dryRun = false
    @Flag(help: "Write JSON.") var json = false

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let dryRun = dryRun
        let result = try await OperatorSession.run(settings) { domain in
            let retention = Retention(
                database: domain.database, policy: domain.settings.retention, logger: Logger(label: "retention"))
            return try await dryRun ? retention.look() : retention.keep()
        }
        guard !result.isElsewhere else {
            throw Problem(.conflict, "The control plane is at it right now. Try again in a moment.")
        }
        Terminal.writeLine(json ? Self.json(result).serialized(.pretty) : Self.text(result, isDryRun: dryRun))
    }

    private static func json(_ result: Retention.Result) -> JSONValue {
        let partitions = result.partitions.map { partition -> JSONValue in
            let (fate, reason) = words(partition.fate)
            var object: JSONObject = [
                "table": .string(partition.table.rawValue), "name": .string(partition.name),
                "rowsEstimated": JSONValue(partition.rows), "bytes": JSONValue(partition.bytes),
                "isDefault": .bool(partition.isDefault), "holdsRows": .bool(partition.holdsRows), "fate": .string(fate),
            ]
            if let month = partition.lastMonth { object["lastMonth"] = .string(month.description) }
            if let reason { object["reason"] = .string(reason) }
            return .object(object)
        }
        return ["partitions": .array(partitions), "created": .array(result.created.map { .string($0) })]
    }

    private static func text(_ result: Retention.Result, isDryRun: Bool) -> String {
        var table = TextTable("Table", "Up to", "Rows", "Bytes", "What becomes of it")
        for partition in result.partitions where !partition.isDefault || partition.holdsRows {
            let (fate, reason) = words(partition.fate)
            table.add(
                partition.table.rawValue, partition.lastMonth?.description ?? "default", String(partition.rows),
                String(partition.bytes), reason.map { "\(fate): \($0)" } ?? fate)
        }
        var lines = [table.text]
        for name in result.created { lines.append("made \(name)") }
        for stray in result.strays {
            lines.append(
                "note: \(stray.name) holds rows: their month was not made in time, or was dropped while a run went on.")
        }
        if isDryRun { lines.append("Nothing was changed (--dry-run).") }
        return lines.joined(separator: "\n")
    }

    private static func words(_ fate: MonthPartition.Fate) -> (fate: String, reason: String?) {
        switch fate {
        case .kept: ("kept", nil)
        case .due: ("due", nil)
        case .held(let reason): ("held", reason)
        case .dropped: ("dropped", nil)
        }
    }
}
