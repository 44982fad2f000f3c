import ArgumentParser

struct JSONBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "json", abstract: "Reading and writing JSON, beside Foundation's decoder in the same run.")

    @Flag(help: "One JSON line a figure: bench, metric, unit, value, peer, peerValue, ratio.")
    var json = false
    @Option(help: "How long each document is measured.")
    var seconds = 1.0

    func validate() throws { try BenchLimits.check(seconds: seconds, connections: 1) }

    func run() throws {
        let documents = try JSONDocument.all(
            home: CheckCommand.home, shared: EnvironmentText.value("MILLWRIGHT_SHARED"))
        try JSONBench(documents: documents, seconds: seconds, report: BenchReport(bench: "json", isJSON: json))
            .measure()
    }
}

struct JQBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jq", abstract: "Expressions: compile and evaluate, beside libjq in the same run (needs libjq1).")

    @Flag(help: "One JSON line a figure: bench, metric, unit, value, peer, peerValue, ratio.")
    var json = false
    @Option(help: "How long each program is measured.")
    var seconds = 1.0

    func validate() throws { try BenchLimits.check(seconds: seconds, connections: 1) }

    func run() throws {
        try JQBench(seconds: seconds, report: BenchReport(bench: "jq", isJSON: json)).measure()
    }
}
