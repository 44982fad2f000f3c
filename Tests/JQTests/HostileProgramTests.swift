import Foundation
import JQ
import JSON
import Testing

@Suite("Hostile programs")
struct HostileProgramTests {
    @Test("each ends within its budget, on a small stack, and in bounded memory")
    func everyProgramEnds() async {
        let before = residentBytes()
        for program in HostilePrograms.programs {
            let end = await onThread(stackBytes: smallStackBytes) { HostilePrograms.end(of: program.source) }
            #expect(end == program.end, "\(program.source)")
        }
        let count = HostilePrograms.programs.count
        let exhausted = HostilePrograms.programs.filter { ![.raised, .refused, .finishes].contains($0.end) }.count
        print("jq hostile programs: \(count), \(exhausted) of them use up their budget")
        #expect(exhausted >= 200)
        #expect(HostilePrograms.budget == JQBudget(steps: 200_000, depth: 2_000, outputs: 1_000, memoryBytes: 8 << 20))
        // Eight MiB of budget, twice that while an array grows, what the allocator keeps, and the suites beside this one.
        #expect(residentBytes() - before < 256 << 20)
    }

    @Test("the process is healthy afterwards")
    func healthy() throws {
        #expect(try JQProgram("[limit(3; repeat(1))] | add").evaluate(.null) == [3])
    }

    @Test("many at once do not disturb each other")
    func concurrently() async throws {
        let good = try JQProgram(".items | map(.n) | add")
        let input: JSONValue = ["items": .array((1...100).map { ["n": JSONValue($0)] })]
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    if number.isMultiple(of: 4) {
                        return HostilePrograms.end(of: "[recurse([.])] | tojson") != .finishes
                    }
                    return (try? good.evaluate(input)) == [5050]
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("programs that were damaged at random are refused or end")
    func mutations() async {
        let sources = HostilePrograms.programs.map { Array($0.source.utf8) }
        let pieces = [
            "\\(", "\"", "..", "?//", " as [$a] |", "|=", "#\n", "é", "\0", "{", "}", "(", ")", "[", "]", "$x", "-",
        ]
        .map { Array($0.utf8) }
        let seed: UInt64 = 0x5EED
        let budget = JQBudget(steps: 2_000, depth: 200, outputs: 10, memoryBytes: 1 << 18)
        let ended = await onThread(stackBytes: smallStackBytes) {
            var random = XorShift(state: seed)
            var ended = 0
            for _ in 0..<3_000 {
                var program = sources.randomElement(using: &random)!
                for _ in 0...Int.random(in: 0...2, using: &random) where !program.isEmpty {
                    let place = program.indices.randomElement(using: &random)!
                    switch Int.random(in: 0...3, using: &random) {
                    case 0: program.remove(at: place)
                    case 1: program.insert(contentsOf: pieces.randomElement(using: &random)!, at: place)
                    case 2: program[place] = .random(in: 0...255, using: &random)
                    default: program.replaceSubrange(place..., with: sources.randomElement(using: &random)!)
                    }
                }
                let compiled = try? JQProgram(String(decoding: program, as: UTF8.self))
                _ = try? compiled?.evaluate(["a": [1, "x"]], budget: budget)
                ended += 1
            }
            return ended
        }
        #expect(ended == 3_000, "seed \(seed)")
    }

    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (Int(text.split(separator: " ").dropFirst().first ?? "0") ?? 0) * 4096
    }
}

/// The same numbers in every run, so that a failure can be repeated.
private struct XorShift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension HostilePrograms {
    static func end(of source: String) -> End {
        guard let program = try? JQProgram(source) else { return .refused }
        do throws(JQError) {
            _ = try program.evaluate(.null, budget: budget)
            return .finishes
        } catch {
            switch error {
            case .raised: return .raised
            case .budget(let kind): return .budget(kind)
            }
        }
    }
}
