import Foundation
import JSON
import Testing

/// `millwright check`: the attacks on the language layer, and that they can see what breaks.
@Suite("Checks of the language layer")
struct LanguageCheckTests {
    @Test("a fuzz gives the same inputs for the same seed, and counts all of them")
    func fuzz() async throws {
        var lines: [JSONValue] = []
        for _ in 0..<2 {
            let run = try await Command.run([
                "check", "fuzz", "--target", "json", "--inputs", "2000", "--seed", "7", "--json",
            ])
            #expect(run.status == 0, "\(run)")
            lines.append(try JSONValue(parsing: run.output))
        }
        #expect(lines[0]["accepted"] == lines[1]["accepted"])
        let accepted = try #require(lines[0]["accepted"]?.intValue)
        let refused = try #require(lines[0]["refused"]?.intValue)
        #expect(accepted > 0 && refused > 0 && accepted + refused == 2000)
    }

    @Test("every target is fuzzed", arguments: ["schema", "jq", "yaml", "workflow"])
    func targets(_ target: String) async throws {
        let run = try await Command.run(["check", "fuzz", "--target", target, "--inputs", "300", "--seed", "11"])
        #expect(run.status == 0, "\(run)")
        #expect(run.output.contains("\(target): 300 inputs from seed 11"), "\(run)")
    }

    @Test("a worker that dies is named with the seed and the position, and the input can be repeated")
    func death() async throws {
        let seed = String(UInt32.random(in: 1...(.max)))
        async let run = Command.run(["check", "fuzz", "--target", "json", "--inputs", "300000", "--seed", seed])
        if let worker = try await Self.worker(of: seed) { kill(worker, SIGKILL) }
        let ended = try await run
        #expect(ended.status == 1, "\(ended)")
        #expect(ended.error.contains("of seed \(seed) died of signal 9"), "\(ended)")
        let position = try #require(ended.error.split(separator: "--only ").last?.split(separator: "\n").first)
        let again = try await Command.run([
            "check", "fuzz", "--target", "json", "--seed", seed, "--only", String(position),
        ])
        #expect(again.status == 0 && again.output.contains("input \(position) of seed \(seed)"), "\(again)")
    }

    @Test("hostile programs stay in their budget")
    func budget() async throws {
        let run = try await Command.run(["check", "budget", "--json"])
        #expect(run.status == 0, "\(run)")
        let programs = try run.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            .compactMap { $0["programs"]?.intValue }
        #expect(programs.count >= 7 && programs.reduce(0, +) >= 200, "\(run)")
    }

    @Test("mistakes in the flags are named", arguments: [["--target", "xml"], ["--inputs", "0"], ["--only", "3"]])
    func mistakes(_ flags: [String]) async throws {
        let run = try await Command.run(["check", "fuzz"] + flags)
        #expect(run.status != 0 && run.error.contains(flags[0]), "\(run)")
    }

    /// The process that does the work of the fuzz with this seed: its arguments say so.
    private static func worker(of seed: String) async throws -> Int32? {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let pid = Int32(name), let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
                else {
                    continue
                }
                let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                if words.contains("--worker"), words.contains(seed) { return pid }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}
