import Foundation
import Testing

/// `millwright check simulation`: that the shell holds, that a seed is always the same story, and that planted bugs are found.
@Suite("The shell under simulated faults", .serialized, .timeLimit(.minutes(15)))
struct SimulationCheckTests {
    @Test("five hundred seeds hold")
    func holds() async throws {
        let run = try await Command.run(["check", "simulation", "--seeds", "500"])
        #expect(run.status == 0, "\(run)")
        let seeds = run.output.matches(of: /([0-9]+) seeds held/).compactMap { Int($0.1) }
        #expect(seeds.reduce(0, +) == 500, "\(run)")
    }

    @Test("a seed is the same story each time, step by step")
    func replays() async throws {
        let first = try await Command.run(["check", "simulation", "--seed", "26", "--trace"])
        let second = try await Command.run(["check", "simulation", "--seed", "26", "--trace"])
        // What the log says between the steps begins with the real time.
        func steps(_ run: Command) -> [Substring] {
            run.output.split(separator: "\n").filter { $0.contains(/^[0-9]+ \+/) || $0.contains("digest") }
        }
        #expect(first.status == 0 && steps(first).last?.contains("digest") == true, "\(first)")
        #expect(steps(first).count > 50)
        #expect(steps(first) == steps(second))
    }

    @Test("a bug that is planted in the database is found, and the seed is named", arguments: mutations("sql"))
    func databaseMutations(_ name: String) async throws {
        let run = try await Command.run(["check", "simulation", "--seeds", "200", "--mutation", name])
        #expect(run.status == 1 && run.error.contains("does not hold"), "\(name) is not found: \(run)")
        #expect(run.error.contains("--seed"), "\(run)")
    }

    @Test(
        "a bug that is planted in the code can still be planted, and is live by its own name",
        arguments: mutations("patch"))
    func patchesApply(_ name: String) throws {
        let patch = Program.root.appending(path: "Tests/Mutations/\(name).patch")
        let status = try Self.run("/usr/bin/git", ["apply", "--check", patch.path], in: Program.root)
        #expect(status == 0, "\(name).patch does not apply: make it again from the code as it is")
        let names = try String(contentsOf: patch, encoding: .utf8).matches(of: /isPlanted\("([^"]*)"\)/).map(\.1)
        #expect(Set(names) == [Substring(name)])
    }

    @Test("the bugs that are planted in the code can be planted together, in one copy")
    func patchesApplyTogether() throws {
        let copy = FileManager.default.temporaryDirectory.appending(path: "mutations-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: copy) }
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Program.root.appending(path: "Sources"), to: copy.appending(path: "Sources"))
        for name in Self.mutations("patch") {
            let patch = Program.root.appending(path: "Tests/Mutations/\(name).patch").path
            let status = try Self.run("/usr/bin/patch", ["--quiet", "--strip=1", "--input=\(patch)"], in: copy)
            #expect(status == 0, "\(name).patch does not apply after those before it")
        }
    }

    private static func run(_ program: String, _ arguments: [String], in folder: URL) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.currentDirectoryURL = folder
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test(
        "mistakes in the flags are named", arguments: [["--seeds", "0"], ["--workers", "0"], ["--mutation", "../x"]])
    func mistakes(_ flags: [String]) async throws {
        let run = try await Command.run(["check", "simulation"] + flags)
        #expect(run.status != 0 && run.error.contains(flags[0]), "\(run)")
    }

    private static func mutations(_ ending: String) -> [String] {
        let folder = Program.root.appending(path: "Tests/Mutations").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".\(ending)") }.map { String($0.dropLast(ending.count + 1)) }.sorted()
    }
}
