import JQ
import JSON
import Primitives

/// Runs every hostile program in its budget, and an ordinary one after each: what must hold is how each ends, that the
/// process is well afterwards, and that memory stays bounded.
struct BudgetCheck {
    /// Eight MiB of budget, twice that while an array grows, and what the allocator keeps.
    static let memoryBoundBytes = 64 << 20
    /// Steps are what is bounded; this only says that a step is never long. Unoptimised code takes ten times as much.
    static let timeBoundMilliseconds: Double = {
        #if DEBUG
            60_000
        #else
            5_000
        #endif
    }()

    let hostile: HostilePrograms
    let isJSON: Bool

    /// What was seen of the programs that try the same thing.
    private struct Row {
        var count = 0
        var ends: [(end: String, count: Int)] = []
        var slowestMilliseconds = 0.0
        var peakGrowthBytes = 0

        mutating func add(_ end: String, milliseconds: Double, growth: Int) {
            count += 1
            slowestMilliseconds = max(slowestMilliseconds, milliseconds)
            peakGrowthBytes = max(peakGrowthBytes, growth)
            if let place = ends.firstIndex(where: { $0.end == end }) {
                ends[place].count += 1
            } else {
                ends.append((end, 1))
            }
        }
    }

    /// - Returns: whether everything held.
    func run() throws -> Bool {
        var complaints: [String] = []
        try SmallStack.run { complaints = try measure() }
        for complaint in complaints { Terminal.writeError("check budget: \(complaint)\n") }
        return complaints.isEmpty
    }

    private func measure() throws -> [String] {
        let ordinary = try JQProgram("[limit(3; repeat(.n))] | add")
        var complaints: [String] = []
        var rows: [(intent: String, row: Row)] = []
        for intent in hostile.intents {
            var row = Row()
            for program in hostile.programs where program.intent == intent {
                let before = MemoryPeak.restart()
                let start = ContinuousClock.now
                let end = program.run(hostile.budget)
                let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
                let growth = max(0, MemoryPeak.bytes() - before)
                row.add(end, milliseconds: milliseconds, growth: growth)
                let place = "line \(program.line), \(program.source)"
                if end != program.end { complaints.append("\(place): ends with \(end), not with \(program.end)") }
                if growth > Self.memoryBoundBytes { complaints.append("\(place): took \(growth >> 20) MiB") }
                if milliseconds > Self.timeBoundMilliseconds { complaints.append("\(place): took \(milliseconds) ms") }
                if (try? ordinary.evaluate(["n": 14])) != [42] {
                    complaints.append("\(place): an ordinary program does not work after it")
                }
            }
            rows.append((intent, row))
        }
        isJSON ? printLines(rows) : printTable(rows)
        return complaints
    }

    private func printTable(_ rows: [(intent: String, row: Row)]) {
        var table = TextTable("what they try", "programs", "slowest ms", "peak MiB", "how they end")
        for (intent, row) in rows {
            table.add(
                intent, "\(row.count)", Decimal1.text(row.slowestMilliseconds),
                Decimal1.text(Double(row.peakGrowthBytes) / 1_048_576),
                row.ends.map { "\($0.count) \($0.end)" }.joined(separator: ", "))
        }
        Terminal.writeLine(table.text)
        let exhausted = hostile.programs.filter { !["raised", "refused", "finishes"].contains($0.end) }.count
        let budget = hostile.budget
        Terminal.writeLine(
            "\(hostile.programs.count) programs, \(exhausted) of them use up their budget: \(budget.steps) steps, depth "
                + "\(budget.depth), nesting \(budget.nesting), \(budget.outputs) results, \(budget.memoryBytes >> 20) MiB, "
                + "on a stack of \(SmallStack.bytes >> 10) KiB.")
    }

    private func printLines(_ rows: [(intent: String, row: Row)]) {
        for (intent, row) in rows {
            var ends = JSONObject()
            for (end, count) in row.ends { ends[end] = JSONValue(count) }
            let line: JSONValue = [
                "check": "budget", "class": .string(intent), "programs": JSONValue(row.count),
                "slowestMilliseconds": JSONValue((row.slowestMilliseconds * 1000).rounded() / 1000),
                "peakGrowthBytes": JSONValue(row.peakGrowthBytes), "ends": .object(ends),
            ]
            Terminal.writeLine(line.serialized())
        }
    }
}
