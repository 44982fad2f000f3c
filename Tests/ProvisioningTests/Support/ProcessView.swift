import Foundation
import Glibc

/// A process of this machine as `/proc` shows it. Its start time tells it from a later one with the same number.
struct ProcessView: Sendable, Hashable {
    let pid: pid_t
    private let startedAt: Substring

    init?(_ pid: pid_t) {
        guard let fields = Self.fields(of: pid), fields.count > 19 else { return nil }
        self.pid = pid
        startedAt = fields[19]
    }

    /// Gone, or dead and waited for by nobody.
    var isRunning: Bool {
        guard let fields = Self.fields(of: pid), fields.count > 19 else { return false }
        return fields[19] == startedAt && fields[0] != "Z"
    }

    var isZombie: Bool { Self.fields(of: pid)?.first == "Z" }
    var parent: ProcessView? { Self.fields(of: pid).flatMap { pid_t($0[1]) }.flatMap { ProcessView($0) } }

    var arguments: [String] { text("cmdline").split(separator: "\0").map(String.init) }

    /// The value after a flag of the command line.
    func argument(after flag: String) -> String? {
        let words = arguments
        return words.firstIndex(of: flag).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    }

    /// Empty when it cannot be read.
    func text(_ name: String) -> String {
        guard let file = fopen("/proc/\(pid)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    func lines(_ name: String) -> [Substring] { text(name).split(separator: "\n") }

    /// A line of `status`, without its name.
    func status(_ key: String) -> String? {
        lines("status").first { $0.hasPrefix("\(key):") }?.dropFirst(key.count + 1)
            .trimmingCharacters(in: .whitespaces)
    }

    func link(_ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/\(name)")
    }

    /// Names below its own root.
    func listing(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/root\(path)")) ?? []).sorted()
    }

    /// Open descriptors and what they are.
    var files: [Int: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                Int(name).flatMap { number in link("fd/\(name)").map { (number, $0) } }
            })
    }

    var threads: [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []).compactMap { pid_t($0) }
    }

    static func all() -> [ProcessView] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
            .compactMap { ProcessView($0) }
    }

    /// The runner itself, which stands below two processes of bubblewrap.
    static func runner(of plant: String) -> ProcessView? {
        all().first { $0.arguments.first == "/millwright-runner" && $0.argument(after: "--plant-id") == plant }
    }

    /// Everything that has a word in its command line: the whole of a sandbox, by its socket directory.
    static func mentioning(_ word: String) -> [ProcessView] {
        all().filter { process in process.arguments.contains { $0.contains(word) } }
    }

    /// `stat` from the state on: what stands before may hold anything.
    private static func fields(of pid: pid_t) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }
}

struct NeverHappened: Error, CustomStringConvertible {
    let description: String
}

/// Looks again and again: other processes send no signal that could be waited for.
/// - Parameter what: said when it never happens, as things are then.
func eventually<Value>(
    _ what: @autoclosure () -> String, within seconds: Double = 20, _ look: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .seconds(seconds))
    while clock.now < deadline {
        if let value = try await look() { return value }
        try await clock.sleep(for: .milliseconds(10))
    }
    throw NeverHappened(description: "it never happened that \(what())")
}

func eventually(
    _ what: @autoclosure () -> String, within seconds: Double = 20, _ look: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what(), within: seconds) { try await look() ? true : nil }
}
