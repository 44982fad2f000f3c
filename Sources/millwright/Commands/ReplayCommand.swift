import ArgumentParser
import Crypto
import JSON
import Primitives

/// Recorded data as events, with their own dates.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send the rows of a CSV, JSON or JSON-lines file to a plant as events.",
        discussion: """
            Each row is mapped to a CloudEvent by a jq program. Events keep their own dates and get an id from their \
            content, so replaying a file again creates nothing new. An interrupted replay goes on where it stopped.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "The plant: its id, or partner/client/plant.")
    var plant: String

    @Option(help: "The file to replay.")
    var file: String

    @Option(help: "The jq program that turns a row into a CloudEvent; $line is the row's line.")
    var map: String

    @Option(help: "The source of events that the program gives none.")
    var source: String?

    @Option(help: "Events a second; as fast as possible when it is not given.")
    var rate: Double?

    @Option(help: "Where progress is kept. Default: beside the file.")
    var progressFile: String?

    @Flag(help: "Begin at the first row, also when an earlier replay of this file was interrupted.")
    var fromStart = false

    func validate() throws {
        if let rate, rate <= 0 { throw ValidationError("--rate must be more than 0.") }
    }

    func run() async throws {
        let client = try server.client()
        let plantID = try await client.plantID(plant)
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let mapping = try EventMapping(map, source: source ?? "replay/" + name)
        let (events, unreadable) = mapping.map(try ReplayRow.read(path: file))
        let progress = ReplayProgress(
            path: progressFile ?? file + ".replay", fingerprint: Self.fingerprint(events, plantID))
        let start = fromStart ? 0 : progress.load()
        if start > 0 { Terminal.writeError("Going on after \(start) of \(events.count) events.\n") }
        let bar = ProgressBar("Replaying \(name)", total: events.count)
        bar.advance(by: start)
        var last = start
        let replayer = Replayer(client: client, plantID: plantID, rate: rate)
        var report = try await replayer.send(events, from: start) { position in
            bar.advance(by: position - last)
            last = position
            try progress.save(position)
        }
        bar.finish()
        progress.remove()
        report.refused = (unreadable + report.refused).sorted { $0.line < $1.line }
        Terminal.writeLine(
            "accepted \(report.accepted), duplicate \(report.duplicate), refused \(report.refused.count)")
        for refused in report.refused { Terminal.writeLine("  line \(refused.line): \(refused.reason)") }
        if !report.refused.isEmpty { throw ExitCode(1) }
    }

    private static func fingerprint(_ events: [EventMapping.Mapped], _ plantID: String) -> String {
        var hash = SHA256()
        hash.update(data: Array(plantID.utf8))
        for event in events { hash.update(data: event.event.serializedBytes()) }
        return hash.finalize().prefix(8).map { String($0, radix: 16) }.joined()
    }
}

/// How far a replay came, for the same events to the same plant.
struct ReplayProgress {
    let path: String
    let fingerprint: String

    func load() -> Int {
        guard let text = try? FileText.read(path) else { return 0 }
        let parts = text.trimmed.split(separator: " ")
        guard parts.count == 2, parts[0] == fingerprint else { return 0 }
        return Int(parts[1]) ?? 0
    }

    func save(_ position: Int) throws { try FileText.write("\(fingerprint) \(position)\n", to: path, mode: 0o644) }

    func remove() { FileText.remove(path) }
}
