import ArgumentParser
import Glibc
import JSON
import Primitives
import Workflow
import YAML

struct WorkflowBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow",
        abstract: "The engine alone on ten tasks with expressions; checking a definition, and its memory.")

    @Flag(help: "One JSON line a figure: bench, metric, unit, value, floor, ratio.") var json = false
    @Option(help: "How long each load lasts.") var seconds = 3.0
    @Option(help: "The definition that is checked.")
    var definition = Settings.defaultHome + "/Templates/production-incident/workflow.yaml"

    func validate() throws { try BenchLimits.check(seconds: seconds, connections: 1) }

    func run() throws {
        try WorkflowBench(
            seconds: seconds, definition: definition, report: BenchReport(bench: "workflow", isJSON: json)
        ).measure()
    }
}

/// What the language layer costs by itself: one thread, no database, nothing performed.
struct WorkflowBench {
    let seconds: Double
    let definition: String
    let report: BenchReport

    func measure() throws {
        try engine()
        try validation()
    }

    // MARK: The engine

    /// Ten tasks, each with an expression, as an order's checks would be written.
    private static let tenTasks = """
        document: {dsl: '1.0.3', namespace: bench, name: ten-tasks, version: '1.0.0'}
        do:
          - read: {set: '${ {order: .order, quantity, asset: (.asset | ascii_upcase), limits: [10, 100, 1000]} }'}
          - weigh: {set: '${ . + {weight: (.quantity * 2.5)} }'}
          - classify:
              set: '${ . + {class: (if .weight > 500 then "bulk" elif .weight > 50 then "pallet" else "parcel" end)} }'
          - choose:
              switch:
                - bulk: {when: '${ .class == "bulk" }', then: price}
                - other: {then: price}
          - price: {set: '${ . + {price: (.weight * 3 | floor)} }'}
          - bound: {if: '${ .price > 10 }', set: '${ . + {isLarge: ([.limits[] | select(. < 500)] | length > 1)} }'}
          - label:
              set: '${ . + {label: "\\(.asset)/\\(.order)/\\(.class)"} }'
              export: {as: '${ $context + {label: .label} }'}
          - remember: {set: '${ . + {seen: $context.label} }'}
          - trim: {set: '${ del(.limits) }'}
          - finish: {set: '${ {label, price, weight, isLarge} }', output: {as: '${ {result: .} }'}}
        """

    private func engine() throws {
        let document = try YAMLDocument(parsing: Self.tenTasks).value
        guard let definition = DefinitionDecoder.decode(document).definition else {
            throw Problem(.internalError, "The bench's definition cannot be read.")
        }
        let engine = Engine(definition: definition, facts: RunFacts(runID: RunID()))
        let moment = Timestamp(unixMicroseconds: 1_700_000_000_000_000)
        let input: JSONValue = ["order": "A-1007", "quantity": 42, "asset": "press-7"]
        let expected = engine.start(input: input, at: moment)
        let done = expected.journal.count { $0.kind == .taskCompleted }
        guard expected.status == .completed, done == 10 else {
            let reason = expected.error?.detail ?? "\(done) tasks"
            throw Problem(.internalError, "The bench's run did not complete: \(reason).")
        }
        let rate = rate { engine.start(input: input, at: moment).status == .completed }
        report.figure("tasks-with-expressions", rate * 10, unit: "tasks/s")
    }

    private func rate(_ body: () -> Bool) -> Double {
        for _ in 0..<200 { _ = body() }
        let start = ContinuousClock.now
        var count = 0
        while (ContinuousClock.now - start).seconds < seconds {
            for _ in 0..<20 { _ = body() }
            count += 20
        }
        return Double(count) / (ContinuousClock.now - start).seconds
    }

    // MARK: A definition

    private func validation() throws {
        let bytes = try FileBytes.read(definition)
        report.figure("definition-lines", Double(bytes.count { $0 == UInt8(ascii: "\n") }), unit: "lines")
        var times: [Double] = []
        let begin = ContinuousClock.now
        while times.count < 20 || (ContinuousClock.now - begin).seconds < seconds {
            let start = ContinuousClock.now
            let decoded = try Self.decode(bytes)
            times.append((ContinuousClock.now - start).seconds * 1000)
            guard decoded.errors.isEmpty else {
                throw Problem(.invalidDefinition, "\(definition): \(decoded.errors.map(\.description))")
            }
        }
        report.quantiles("definition-checked", of: times, unit: "ms")
        report.figure("definition-memory", try memory(bytes) / 1024, unit: "KiB")
    }

    /// From the text to the compiled definition, with every check and every place.
    private static func decode(_ bytes: [UInt8]) throws -> DecodedDefinition {
        let document = try YAMLDocument(parsing: bytes)
        let locations = SourceLocations(document.locations.mapValues { (line: $0.line, column: $0.column) })
        return DefinitionDecoder.decode(document.value, locations: locations)
    }

    /// Bytes of the process that one kept definition costs: the parsed document and everything compiled from it. Many are
    /// kept, after as many were made and dropped, so that the allocator's own needs do not count.
    private func memory(_ bytes: [UInt8]) throws -> Double {
        let count = 400
        for _ in 0..<count / 4 { _ = try Self.decode(bytes) }
        var kept: [Definition] = []
        kept.reserveCapacity(count)
        let own = getpid()
        let before = ProcessMemory.proportionalBytes(of: own) ?? 0
        for _ in 0..<count {
            if let definition = try Self.decode(bytes).definition { kept.append(definition) }
        }
        let after = ProcessMemory.proportionalBytes(of: own) ?? 0
        return withExtendedLifetime(kept) { Double(after - before) / Double(kept.count) }
    }
}
