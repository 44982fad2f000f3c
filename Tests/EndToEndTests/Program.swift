import Foundation
import JSON
import Subprocess
import SystemPackage
import Testing

/// The built program.
enum Program {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Where the programs were built: `./millwright test` says it.
    static var path: FilePath {
        let directory =
            ProcessInfo.processInfo.environment["MILLWRIGHT_PROGRAMS"] ?? root.appending(path: ".build/debug").path
        return FilePath(directory + "/millwright")
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

    static func withDataDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let data = "/tmp/millwright-test-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: data) }
        return try await body(data)
    }

    /// Runs the demo until nothing is left to do and returns its books, which must balance.
    static func books(_ arguments: [String], data: String) async throws -> JSONValue {
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(["demo", "--once", "--json", "--data-dir", data] + arguments),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let books = try JSONValue(parsing: result.standardOutput)
        #expect(result.terminationStatus.isSuccess, "\(books) \(result.standardError)")
        #expect(books["objections"]?.arrayValue?.isEmpty == true, "\(books)")
        return books
    }

    /// What a command prints; it must succeed.
    static func output(_ arguments: [String], environment: [String: String] = [:]) async throws -> String {
        let extra = environment.map { (Environment.Key(rawValue: $0.key)!, Optional($0.value)) }
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: extra)), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess, "\(arguments): \(result.standardError)")
        return result.standardOutput
    }

    /// Starts the demo, waits until it has said everything, lets `body` use it, and stops it as Ctrl-C does.
    static func whileDemoRuns(data: String, _ body: @escaping @Sendable (String) async throws -> Void) async throws {
        let result = try await Subprocess.run(
            .path(path), arguments: ["demo", "--data-dir", data], input: .none, output: .sequence,
            error: .discarded
        ) { execution in
            var text = ""
            var isUsed = false
            for try await line in execution.standardOutput.strings() {
                text += line + "\n"
                if isUsed || !text.contains("Ctrl-C stops everything") { continue }
                isUsed = true
                do {
                    try await body(text)
                } catch {
                    Issue.record(error)
                }
                try execution.send(signal: .interrupt)
            }
        }
        #expect(result.terminationStatus == .exited(0))
    }
}
