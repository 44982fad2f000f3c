import Foundation
import SystemPackage
import Testing

/// A folder with a data directory of its own in which the program runs; removed with the test.
final class Workspace: Sendable {
    let path = "/tmp/millwright-test-\(UUID().uuidString.prefix(8))"

    struct Result: Sendable, CustomStringConvertible {
        var status: Int32
        var output: String
        var error: String
        var description: String { "status \(status)\n\(output)\n\(error)" }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) { write(name, bytes: Array(text.utf8)) }

    func write(_ name: String, bytes: [UInt8]) {
        let url = URL(filePath: "\(path)/\(name)")
        try? FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        #expect(throws: Never.self) { try Data(bytes).write(to: url) }
    }

    func remove(_ name: String) { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Runs the program to its end.
    func millwright(
        _ arguments: [String], settings: Bool = true, environment: [String: String] = [:]
    ) async throws -> Result {
        let process = process(arguments, settings: settings, environment: environment)
        let files = ["out", "err"].map { "\(path)/\(UUID().uuidString).\($0)" }
        for file in files { write(String(file.dropFirst(path.count + 1)), "") }
        // Files and not pipes: a cluster that the program starts keeps what it inherits open.
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return Result(status: process.terminationStatus, output: texts[0], error: texts[1])
    }

    /// Runs a control plane while `body` runs, which gets its address.
    func serving(_ body: (String) async throws -> Void) async throws {
        let process = process(["serve", "--port", "0"], settings: true, environment: [:])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        output.fileHandleForReading.readabilityHandler = { handle in
            line.yield(String(decoding: handle.availableData, as: UTF8.self))
        }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in
            line.finish()
            end.finish()
        }
        try process.run()
        var text = ""
        for await part in lines {
            text += part
            if text.contains("ready "), text.hasSuffix("\n") { break }
        }
        output.fileHandleForReading.readabilityHandler = nil
        let address = try #require(text.split(separator: "ready ").last.map { $0.filter { !$0.isWhitespace } })
        do {
            try await body(address)
        } catch {
            process.terminate()
            for await _ in ends {}
            throw error
        }
        process.terminate()
        for await _ in ends {}
    }

    private func process(_ arguments: [String], settings: Bool, environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: Program.path.string)
        process.arguments = arguments + (settings ? ["--data-dir", path + "/data"] : [])
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
