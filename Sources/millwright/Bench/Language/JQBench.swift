import JQ
import JSON
import Primitives

/// Our jq beside libjq, in the same run on the same programs: read the input's text, evaluate, write the results' text.
struct JQBench {
    let seconds: Double
    let report: BenchReport

    func measure() throws {
        let peer = try LibJQ()
        report.say("Evaluating: ours beside libjq, \(JQBenchCase.all.count) programs in turns …")
        var ratios: [Double] = []
        for bench in JQBenchCase.all {
            let times = try evaluating(bench, peer)
            ratios.append(times.ratio)
            report.comparison(bench.name, ours: times.ours, peer: times.peer, named: "libjq", unit: "µs")
        }
        report.figure("evaluation-times-faster-geometric-mean", GeometricMean.of(ratios), unit: "×", goal: 3)
        try compiling(peer)
    }

    private func evaluating(_ bench: JQBenchCase, _ peer: LibJQ) throws -> PairedTimer.Times {
        let program = try JQProgram(bench.program)
        let other = try peer.compile(bench.program)
        defer { peer.release(other) }
        var theirs: [String] = []
        peer.run(other, on: bench.input) { theirs.append(String(cString: $0)) }
        let ours = try program.evaluate(try JSONValue(parsing: bench.input)).map { $0.serialized() }
        guard !ours.isEmpty, try ours.map(Self.normal) == theirs.map(Self.normal) else {
            throw Problem(.internalError, "\(bench.name): we answer \(ours), libjq \(theirs)")
        }
        return try PairedTimer.measure(
            rounds: 5, seconds: seconds / 10,
            ours: {
                let input = try JSONValue(parsing: bench.input)
                try program.forEach(input) { result in
                    _ = result.serializedBytes()
                    return true
                }
            },
            peer: { peer.run(other, on: bench.input) { _ in } })
    }

    /// One text for results that mean the same: libjq 1.6 writes all numbers with 17 digits and sorts nothing.
    private static func normal(_ text: String) throws -> String {
        func rounded(_ value: JSONValue) -> JSONValue {
            switch value {
            case .number(let number): JSONValue(number.double)
            case .array(let elements): .array(elements.map(rounded))
            case .object(let members): .object(JSONObject(uniqueKeysWithValues: members.map { ($0, rounded($1)) }))
            default: value
            }
        }
        return rounded(try JSONValue(parsing: text)).serialized(.canonical)
    }

    private func compiling(_ peer: LibJQ) throws {
        report.say("Compiling …")
        var ratios: [Double] = []
        var times: (ours: [Double], peer: [Double]) = ([], [])
        for bench in JQBenchCase.all {
            let found = try PairedTimer.measure(
                rounds: 3, seconds: 0.02, ours: { _ = try JQProgram(bench.program) },
                peer: { peer.release(try peer.compile(bench.program)) })
            ratios.append(found.ratio)
            times.ours.append(found.ours)
            times.peer.append(found.peer)
        }
        report.comparison(
            "compile-median", ours: PairedTimer.median(times.ours), peer: PairedTimer.median(times.peer),
            named: "libjq", unit: "µs")
        report.figure("compile-times-faster-geometric-mean", GeometricMean.of(ratios), unit: "×", goal: 100)
    }
}
