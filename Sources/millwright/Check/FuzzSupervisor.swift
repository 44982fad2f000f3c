import Glibc
import Primitives

/// Lets a worker process do the dangerous part, and says at which input it died, hung or found something.
struct FuzzSupervisor {
    let target: FuzzTarget
    let inputs: UInt64
    let seed: UInt64
    let home: String
    let isJSON: Bool

    private enum End {
        case done
        case broken
        case signal(Int32)
        case endless
    }

    /// - Returns: whether every input was refused or taken.
    func run() throws -> Bool {
        let path = "\(EnvironmentText.value("TMPDIR") ?? "/tmp")/millwright-fuzz-\(getpid())-\(target.rawValue)"
        let progress = try FuzzProgress(path: path, create: true)
        defer { progress.remove() }
        let start = ContinuousClock.now
        let end = try wait(for: try spawn(progressPath: path), progress)
        let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
        let done = progress.accepted + progress.refused
        report(done, progress, seconds)
        switch end {
        case .done where done == inputs: return true
        case .done: try complain("stopped early", progress.position)
        case .broken: try complain("did not hold, see above", progress.position)
        case .signal(let number): try complain("died of signal \(number)", progress.position)
        case .endless: try complain("took longer than \(Int(target.patienceSeconds)) s", progress.position)
        }
        return false
    }

    private func report(_ done: UInt64, _ progress: FuzzProgress, _ seconds: Double) {
        let rate = Int(Double(done) / seconds)
        if isJSON {
            return Terminal.writeLine(
                #"{"check":"fuzz","target":"\#(target.rawValue)","seed":\#(seed),"inputs":\#(done),"accepted":\#(progress.accepted),"#
                    + #""refused":\#(progress.refused),"seconds":\#(Decimal1.text(seconds)),"inputsPerSecond":\#(rate)}"#
            )
        }
        Terminal.writeLine(
            "  fuzz  \(target.rawValue): \(done) inputs from seed \(seed): \(progress.accepted) taken, \(progress.refused) "
                + "refused, in \(Decimal1.text(seconds)) s (\(rate) inputs/s)")
    }

    /// Keeps the input, and says how to repeat what happened.
    private func complain(_ what: String, _ position: UInt64) throws {
        let input = try target.mutator(home: home).input(seed: seed, position: position)
        let path = "\(EnvironmentText.value("TMPDIR") ?? "/tmp")/millwright-fuzz-\(target.rawValue)-\(seed)-\(position)"
        try FileBytes.write(input, to: path, mode: 0o600)
        Terminal.writeError(
            "check fuzz: \(target.rawValue): input \(position) of seed \(seed) \(what). It is in \(path). Repeat it with: "
                + "millwright check fuzz --target \(target.rawValue) --seed \(seed) --only \(position)\n")
    }

    private func spawn(progressPath: String) throws -> pid_t {
        let arguments = [
            "millwright", "check", "fuzz", "--target", target.rawValue, "--inputs", "\(inputs)", "--seed", "\(seed)",
            "--worker", progressPath,
        ]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", nil, nil, &words, environ)
        guard code == 0 else {
            throw Problem(.unavailable, "A worker could not be started: \(String(cString: strerror(code))).")
        }
        return pid
    }

    private func wait(for worker: pid_t, _ progress: FuzzProgress) throws -> End {
        var seen = (position: progress.position, since: ContinuousClock.now)
        while true {
            var status: Int32 = 0
            let answer = waitpid(worker, &status, WNOHANG)
            if answer == worker {
                if status & 0x7F != 0 { return .signal(status & 0x7F) }
                return (status >> 8) & 0xFF == 0 ? .done : .broken
            }
            if answer < 0, errno != EINTR { throw Problem(.unavailable, "The worker cannot be waited for.") }
            if progress.position != seen.position { seen = (progress.position, ContinuousClock.now) }
            if (ContinuousClock.now - seen.since) / .seconds(1) > target.patienceSeconds {
                kill(worker, SIGKILL)
                waitpid(worker, &status, 0)
                return .endless
            }
            usleep(50_000)
        }
    }
}
