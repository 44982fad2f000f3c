import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// One call of the program.
struct Command: CustomStringConvertible {
    var status: Int
    var output: String
    var error: String

    var description: String { "status \(status)\n\(output)\n\(error)" }

    static func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Command {
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .path(Program.path), arguments: Arguments(arguments),
            environment: .inherit.updating(variables), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        var status = -1
        if case .exited(let code) = result.terminationStatus { status = Int(code) }
        return Command(status: status, output: result.standardOutput, error: result.standardError)
    }
}

/// A server of the program, ended with the test: it ends when its input does.
final class Server: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let address: String
    var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }
    private let process: Mutex<Handle>
    private let ended: AsyncStream<Int32>

    private struct Handle: @unchecked Sendable {  // used under the lock only
        var process: Process
        var input: Pipe
    }

    /// Starts it, and returns when it says `ready`.
    init(_ arguments: [String], _ environment: [String: String] = [:]) async throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        // Whatever else this test starts must not hold the input open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(filePath: Program.path.string)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        let (lines, said) = AsyncStream.makeStream(of: String.self)
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                said.finish()
            }
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") { said.yield(String(line)) }
        }
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            end.yield(process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            end.finish()
        }
        try process.run()
        self.process = Mutex(Handle(process: process, input: input))
        for await line in lines where line.hasPrefix("ready ") {
            address = String(line.dropFirst("ready ".count))
            return
        }
        throw Failure(description: "\(arguments[0]) did not become ready")
    }

    /// Ends it in order, and waits until it has ended.
    ///
    /// - Returns: its exit status; a signal's number is negative.
    func stop() async -> Int32 {
        process.withLock { try? $0.input.fileHandleForWriting.close() }
        for await status in ended { return status }
        return -1
    }
}
