import JSON
import Primitives

/// Our JSON beside Foundation's decoder, which reads the same documents into the same kind of value in the same run.
struct JSONBench {
    let documents: [JSONDocument]
    let seconds: Double
    let report: BenchReport

    func measure() throws {
        report.say("Reading: ours beside JSONDecoder, \(documents.count) documents in turns …")
        var ratios: [Double] = []
        for document in documents {
            let times = try reading(document)
            ratios.append(times.ratio)
            report.comparison(
                "read-\(document.name)", ours: times.ours, peer: times.peer, named: "Foundation", unit: "µs",
                note: "\(document.bytes.count) bytes")
        }
        report.figure("read-times-faster-geometric-mean", GeometricMean.of(ratios), unit: "×", goal: 5)
        try eventTimes()
        try writing()
    }

    private func reading(_ document: JSONDocument) throws -> PairedTimer.Times {
        let bytes = document.bytes
        let foundation = FoundationReader(bytes)
        // Of two equal keys we keep the last and Foundation the first: such a document is no test of sameness.
        let isUnambiguous = (try? JSONValue(parsing: bytes, limits: JSONLimits(rejectDuplicateKeys: true))) != nil
        let (ours, theirs) = (Self.count(try JSONValue(parsing: bytes)), try foundation.read().count)
        guard ours == theirs || !isUnambiguous else {
            throw Problem(.internalError, "\(document.name): we read \(ours) values, Foundation \(theirs).")
        }
        return try PairedTimer.measure(
            rounds: 9, seconds: seconds / 18, ours: { _ = try JSONValue(parsing: bytes) },
            peer: { _ = try foundation.read() })
    }

    /// How many values there are.
    private static func count(_ value: JSONValue) -> Int {
        switch value {
        case .array(let elements): elements.reduce(1) { $0 + count($1) }
        case .object(let members): members.reduce(1) { $0 + count($1.value) }
        default: 1
        }
    }

    /// One event at a time, as the intake reads them.
    private func eventTimes() throws {
        let event = JSONDocument.event
        for _ in 0..<2_000 { _ = try JSONValue(parsing: event) }
        var times: [Double] = []
        times.reserveCapacity(50_000)
        for _ in 0..<50_000 {
            let start = ContinuousClock.now
            _ = try JSONValue(parsing: event)
            times.append((ContinuousClock.now - start) / .microseconds(1))
        }
        report.quantiles("read-event-of-\(event.count)-bytes", of: times, unit: "µs")
    }

    private func writing() throws {
        for document in documents {
            let value = try JSONValue(parsing: document.bytes)
            let size = value.serializedBytes().count
            let start = ContinuousClock.now
            var turns = 0
            while (ContinuousClock.now - start) / .seconds(1) < seconds / 4 {
                for _ in 0..<20 { _ = value.serializedBytes() }
                turns += 20
            }
            let spent = (ContinuousClock.now - start) / .seconds(1)
            report.figure("write-\(document.name)", Double(size * turns) / spent / 1e6, unit: "MB/s")
        }
    }
}
