import Subprocess
import Synchronization

/// One process under way: feeds it, takes what it writes, and ends it when it goes over a limit.
final class WatchedProcess: Sendable {
    typealias Running = Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

    private let input: [UInt8]
    private let limits: ProcessLimits
    private let stdout: BoundedOutput
    private let stderr: BoundedOutput
    private let failure = Mutex<ProcessFailure?>(nil)

    init(input: [UInt8], limits: ProcessLimits) {
        self.input = input
        self.limits = limits
        stdout = BoundedOutput(limit: limits.outputBytes)
        // With room for what the sandbox itself says first.
        stderr = BoundedOutput(limit: limits.outputBytes + 1024)
    }

    /// Returns when the last process of the sandbox has ended: nobody else holds the other ends of the pipes.
    func watch(_ running: Running) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.take(running.standardOutput, of: running, into: self.stdout, "standard output") }
            group.addTask { await self.take(running.standardError, of: running, into: self.stderr, "standard error") }
            group.addTask { await self.feed(running) }
            group.addTask { await self.watchTime(running) }
            group.addTask { await self.watchUse(running) }
            var open = 2
            while open > 0, let isOutput = await group.next() {
                if isOutput { open -= 1 }
            }
            if Task.isCancelled { end(running, ProcessFailure(.cancelled, "the process was given up")) }
            group.cancelAll()
        }
    }

    /// - Throws: why it has no result.
    func result(_ status: TerminationStatus) throws(ProcessFailure) -> ProcessResult {
        if let failure = failure.withLock({ $0 }) { throw failure }
        let (isStarted, written) = Self.afterStartMark(stderr.value)
        guard isStarted else {
            let reason = Self.text(written).split(separator: "\n").first ?? "it says no reason"
            throw ProcessFailure(.configuration, "the sandbox cannot be set up: \(reason.prefix(300))")
        }
        let code =
            switch status {
            case .exited(let code): Int(code)
            case .signaled(let signal): 128 + Int(signal)
            }
        if code == Self.cpuTimeUp {
            throw ProcessFailure(.timeout, "it used more than \(limits.cpuSeconds) s of processor time")
        }
        return ProcessResult(code: code, stdout: Self.text(stdout.value), stderr: Self.text(written))
    }

    /// 128 and SIGXCPU, which the kernel sends at the soft limit.
    private static let cpuTimeUp = 128 + 24

    // MARK: What goes on at once

    /// Goes on to the end also over the limit: what is in the pipe must not keep the process from dying.
    private func take(
        _ output: SubprocessOutputSequence, of running: Running, into kept: BoundedOutput, _ name: String
    ) async -> Bool {
        do {
            for try await buffer in output where !kept.take(buffer.withUnsafeBytes { Array($0) }) {
                end(
                    running, ProcessFailure(.limit, "it wrote more than \(limits.outputBytes >> 10) KiB to its \(name)")
                )
            }
        } catch {
            end(running, ProcessFailure(.cancelled, "its \(name) cannot be read"))
        }
        return true
    }

    private func feed(_ running: Running) async -> Bool {
        // A process need not read what it is given.
        _ = try? await running.standardInputWriter.write(input)
        try? await running.standardInputWriter.finish()
        return false
    }

    private func watchTime(_ running: Running) async -> Bool {
        do {
            try await Task.sleep(for: .seconds(limits.wallSeconds))
            let seconds = Int(limits.wallSeconds.rounded(.up))
            end(running, ProcessFailure(.timeout, "it took longer than \(seconds) s"))
        } catch {}
        return false
    }

    private func watchUse(_ running: Running) async -> Bool {
        let use = SandboxUse(root: running.processIdentifier.value)
        var unseen = 0
        while !Task.isCancelled {
            let finding = await use.look(for: limits)
            if case .excess(let reason) = finding { return over(reason, running) }
            // A process that has just ended is unseen for a moment, one that hides for longer.
            unseen = finding == .unseen && Self.afterStartMark(stderr.value).isStarted ? unseen + 1 : 0
            if unseen > Self.unseenLooks { return over("what it holds cannot be seen", running) }
            try? await Task.sleep(for: .seconds(SandboxUse.secondsBetweenLooks))
        }
        return false
    }

    /// One after another, before a process that cannot be looked at ends.
    private static let unseenLooks = 2

    private func over(_ reason: String, _ running: Running) -> Bool {
        end(running, ProcessFailure(.limit, reason))
        return false
    }

    /// The first reason is the one that counts. The first process inside dies with the one that we started, and all
    /// others with that; the group is for the moment in which it is being made.
    private func end(_ running: Running, _ reason: ProcessFailure) {
        failure.withLock { $0 = $0 ?? reason }
        try? running.send(signal: .kill, toProcessGroup: true)
        try? running.send(signal: .kill)
    }

    // MARK: What it wrote

    private static func afterStartMark(_ bytes: [UInt8]) -> (isStarted: Bool, rest: [UInt8]) {
        guard let mark = bytes.firstRange(of: Array(ProcessInput.startMark.utf8)) else { return (false, bytes) }
        return (true, Array(bytes[mark.upperBound...]))
    }

    /// Text whatever it is. A zero is replaced as well: not everything that keeps a run's state can hold one.
    private static func text(_ bytes: [UInt8]) -> String {
        guard bytes.contains(0) else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.flatMap { $0 == 0 ? Array("\u{FFFD}".utf8) : [$0] }, as: UTF8.self)
    }
}
