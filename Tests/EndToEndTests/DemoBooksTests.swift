import Foundation
import JSON
import Subprocess
import SystemPackage
import Testing

/// The program as a user runs it, from an empty data directory to balanced books.
@Suite("The main job, end to end", .serialized)
struct DemoBooksTests {
    @Test("the bundled sample ends with balanced books", .timeLimit(.minutes(10)))
    func sample() async throws {
        let books = try await Program.books(["--seed", "1"])
        #expect(books["events"]?["accepted"]?.intValue == 258)
        #expect(books["runs"]?["completed"]?.intValue == 258)
    }

    @Test("every real work order becomes a run, and every ticket is there once", .timeLimit(.minutes(15)))
    func realWorkOrders() async throws {
        guard let file = Program.realWorkOrders() else { return }
        let books = try await Program.books(["--events", file])
        #expect(books["events"]?["accepted"]?.intValue == 5485)
        #expect(books["events"]?["refused"]?.intValue == 0)
        #expect(books["runs"]?["faulted"]?.intValue == 0)
    }

    @Test("20 kills and two restarts of PostgreSQL lose and double nothing", .timeLimit(.minutes(20)))
    func faults() async throws {
        guard let file = Program.realWorkOrders() else { return }
        let books = try await Program.books([
            "--events", file, "--kills", "20", "--database-restarts", "2", "--seed", "20",
        ])
        #expect(books["events"]?["accepted"]?.intValue == 5485)
        #expect(books["tickets"]?["doubled"]?.intValue == 0)
    }
}

/// The built program.
enum Program {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Where the programs were built: `./millwright test` says it.
    static var directory: String {
        ProcessInfo.processInfo.environment["MILLWRIGHT_PROGRAMS"] ?? root.appending(path: ".build/debug").path
    }

    /// The public data, where it is; without it this prints what was not run, unless it is required.
    static func realWorkOrders() -> String? {
        let environment = ProcessInfo.processInfo.environment
        let shared = environment["MILLWRIGHT_SHARED"] ?? root.appending(path: "../shared").standardized.path
        let file = shared + "/data/maintenance-work-orders/excavators.csv"
        if FileManager.default.fileExists(atPath: file) { return file }
        if environment["MILLWRIGHT_REQUIRE_SHARED"] == "1" { Issue.record("\(file) is required and not there") }
        print("not run: the real work orders (\(file) is not there)")
        return nil
    }

    /// Runs the demo in a data directory of its own and returns its books, which must balance.
    static func books(_ arguments: [String]) async throws -> JSONValue {
        let data = "/tmp/millwright-test-\(UUID().uuidString.prefix(8))"
        let result = try await Subprocess.run(
            .path(FilePath(directory + "/millwright")),
            arguments: Arguments(["demo", "--once", "--json", "--data-dir", data] + arguments),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let books = try JSONValue(parsing: result.standardOutput)
        #expect(result.terminationStatus.isSuccess, "\(books) \(result.standardError)")
        #expect(books["objections"]?.arrayValue?.isEmpty == true, "\(books)")
        try? FileManager.default.removeItem(atPath: data)
        return books
    }
}
