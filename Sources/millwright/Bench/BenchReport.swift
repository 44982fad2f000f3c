import JSON

/// Prints figures as they are measured: a line for people, or one JSON object a line.
struct BenchReport: Sendable {
    let bench: String
    let isJSON: Bool

    /// - Parameters:
    ///   - unit: as people write it: `runs/s`, `ms`, `MiB`.
    ///   - floor: the least that PostgreSQL needs for the same, in the same unit; `nil` where there is none.
    func figure(_ metric: String, _ value: Double, unit: String, floor: Double? = nil) {
        let ratio = floor.map { $0 == 0 ? 0 : value / $0 }
        if isJSON {
            let line: JSONValue = [
                "bench": .string(bench), "metric": .string(metric), "unit": .string(unit),
                "value": Self.number(value), "floor": floor.map(Self.number) ?? .null,
                "ratio": ratio.map(Self.number) ?? .null,
            ]
            Terminal.writeLine(line.serialized())
            return
        }
        var text = "  \(bench)  \(Self.padded(metric, 38)) \(Self.text(value)) \(unit)"
        if let floor, let ratio { text += "   (floor \(Self.text(floor)), ratio \(Self.text(ratio)))" }
        Terminal.writeLine(text)
    }

    /// A figure that has a goal: whether it is reached stands beside it.
    func figure(_ metric: String, _ value: Double, unit: String, goal: Double) {
        standing(metric, value, unit: unit, goal: goal, isReached: value >= goal)
    }

    func standing(_ metric: String, _ value: Double, unit: String, goal: Double, isReached: Bool) {
        if isJSON {
            let line: JSONValue = [
                "bench": .string(bench), "metric": .string(metric), "unit": .string(unit),
                "value": Self.number(value), "goal": Self.number(goal), "isReached": .bool(isReached),
            ]
            return Terminal.writeLine(line.serialized())
        }
        Terminal.writeLine(
            "  \(bench)  \(Self.padded(metric, 38)) \(Self.text(value)) \(unit)   (goal \(Self.text(goal)): "
                + "\(isReached ? "reached" : "missed"))")
    }

    /// The same work done by us and by somebody else, as times: the ratio says how many times faster ours is.
    func comparison(_ metric: String, ours: Double, peer: Double, named name: String, unit: String, note: String = "") {
        let ratio = ours > 0 ? peer / ours : 0
        if isJSON {
            let line: JSONValue = [
                "bench": .string(bench), "metric": .string(metric), "unit": .string(unit), "value": Self.number(ours),
                "peer": .string(name), "peerValue": Self.number(peer), "ratio": Self.number(ratio),
            ]
            return Terminal.writeLine(line.serialized())
        }
        let remark = note.isEmpty ? "" : "; \(note)"
        Terminal.writeLine(
            "  \(bench)  \(Self.padded(metric, 38)) \(Self.text(ours)) \(unit)   (\(name) \(Self.text(peer)), "
                + "\(Self.text(ratio)) times faster\(remark))")
    }

    /// What goes on, for a person who waits.
    func say(_ text: String) { Terminal.writeError(text + "\n") }

    /// Quantiles of measured times, in the unit of the values.
    func quantiles(_ metric: String, of values: [Double], unit: String) {
        quantiles(metric, of: values, unit: unit, goalOfMedian: nil)
    }

    private static func number(_ value: Double) -> JSONValue {
        (try? JSONValue(parsing: rounded(value))) ?? .null
    }

    private static func text(_ value: Double) -> String { rounded(value) }

    /// Four significant digits are more than such a measurement holds.
    private static func rounded(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        var scale = 1.0
        while abs(value) * scale < 1000, scale < 1_000_000 { scale *= 10 }
        let result = (value * scale).rounded() / scale
        return result == result.rounded() ? "\(Int64(result))" : "\(result)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
