import Glibc
import Primitives

/// What warm runners cost while nothing happens: processor time of the platform and of PostgreSQL, and transactions.
struct IdleBench: Sendable {
    static let warmUpEvents = 20
    static let settleSeconds: Int64 = 10
    static let goalPercent = 1.0
    static let goalTransactionsPerSecond = 2.0

    let plants: Int
    let seconds: Double
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        report.say("Provisioning and warming \(plants) plants …")
        for number in 1...plants {
            let plant = try await BenchPlant(stage, platform, slug: "plant-\(number)", template: "bench-two-tasks")
            _ = try await SingleRunTrial(stage, plant).milliseconds(rounds: Self.warmUpEvents, name: "warm-up")
        }
        try await Task.sleep(for: .seconds(Self.settleSeconds))
        guard let root = stage.controlPlane.pid else { throw Problem(.unavailable, "The control plane has gone.") }
        report.say("Nothing for \(Int(seconds)) s …")
        let before = try await Standing(root, stage.cluster)
        try await Task.sleep(for: .seconds(seconds))
        let after = try await Standing(root, stage.cluster)
        let elapsed = (after.moment - before.moment).seconds
        func percent(_ path: KeyPath<Standing, Double>) -> Double {
            (after[keyPath: path] - before[keyPath: path]) / elapsed * 100
        }
        report.figure("control-plane", percent(\.controlPlane), unit: "% of a core")
        report.figure("\(plants)-runners", percent(\.runners), unit: "% of a core")
        report.figure(
            "control-plane-and-runners", percent(\.controlPlane) + percent(\.runners), unit: "% of a core",
            ceiling: Self.goalPercent)
        report.figure("postgresql", percent(\.database), unit: "% of a core")
        report.figure(
            "transactions", Double(after.transactions - before.transactions) / elapsed, unit: "a second",
            ceiling: Self.goalTransactionsPerSecond)
    }

    /// Seconds of processor time so far, and transactions so far.
    private struct Standing {
        let moment = ContinuousClock.now
        var controlPlane = 0.0
        var runners = 0.0
        var database = 0.0
        var transactions = 0

        init(_ root: Int32, _ cluster: PrivateCluster) async throws {
            controlPlane = ProcessorTime.seconds(of: root)
            runners = ProcessMemory.descendants(of: root).reduce(0) { $0 + ProcessorTime.seconds(of: $1.pid) }
            if let postmaster = try? FileText.read(cluster.directory + "/postmaster.pid").split(separator: "\n").first,
                let pid = Int32(postmaster)
            {
                database = ProcessorTime.secondsOfFamily(of: pid)
            }
            transactions = try await cluster.transactions()
        }
    }
}

/// What processes have used of the processors.
enum ProcessorTime {
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    static func seconds(of pid: Int32) -> Double { fields(of: pid, 11..<13) }

    /// With the children that have ended and those that are there.
    static func secondsOfFamily(of pid: Int32) -> Double {
        fields(of: pid, 11..<15) + ProcessMemory.descendants(of: pid).reduce(0) { $0 + seconds(of: $1.pid) }
    }

    /// utime, stime, cutime and cstime are fields 14 to 17 of /proc/<pid>/stat; the first two stand before the last
    /// parenthesis.
    private static func fields(of pid: Int32, _ range: Range<Int>) -> Double {
        guard let stat = try? FileText.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return 0 }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > range.upperBound else { return 0 }
        return fields[range].reduce(0) { $0 + (Double($1) ?? 0) } / ticksPerSecond
    }
}

extension PrivateCluster {
    /// Transactions that the platform's database has seen; the one that asks is not among them.
    fileprivate func transactions() async throws -> Int {
        let text = try await output(
            "psql",
            [
                "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username", superuser, "--host",
                socketDirectory, "--port", String(port), "--dbname", "postgres", "--command",
                "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = 'millwright'",
            ])
        return Int(text.trimmed) ?? 0
    }
}
