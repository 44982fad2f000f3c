import Glibc
import Primitives
import Subprocess
import SystemPackage

/// Control planes and runners are replaced by those of another version, one after the other under load, and then taken
/// back.
struct UpgradeCheck: Sendable {
    /// How long both versions work beside each other.
    static let besideSeconds = 6.0
    static let readySeconds = 90.0

    let world: DrillWorld
    let given: String?
    private let current: String

    init(world: DrillWorld, given: String?) throws {
        self.world = world
        self.given = given
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        current = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard given.map({ access($0, X_OK) == 0 }) ?? true else {
            throw Problem(.invalidParameters, "--next-program: there is no program \(given ?? "").")
        }
    }

    /// - Returns: what was done, for people.
    func perform() async throws -> [String] {
        var next = given ?? ""
        if given == nil { next = try await copy() }
        var steps = ["from \(current) to \(next), and back"]
        for (program, word) in [(next, "upgraded"), (current, "taken back")] {
            for plane in world.planes {
                try await Task.sleep(for: .seconds(Self.besideSeconds))
                let seconds = try await replace(plane, by: program)
                let text = "control plane \(plane.name) \(word): ready after \(Decimal1.text(seconds)) s"
                world.report.say(text)
                steps.append(text)
            }
            steps.append(try await runnersAre(program))
        }
        try await Task.sleep(for: .seconds(Self.besideSeconds))
        return steps
    }

    /// Asks the process to end in order; its successor is of the other program.
    private func replace(_ plane: DrillWorld.Plane, by program: String) async throws -> Double {
        let start = ContinuousClock.now
        guard let old = plane.process.pid else { throw Problem(.wrongState, "A control plane is not there.") }
        plane.process.replaceProgram(program)
        kill(old, SIGTERM)
        let client = APIClient(
            base: "http://127.0.0.1:\(plane.port)", key: world.load.administratorKey, timeoutSeconds: 2)
        while (ContinuousClock.now - start).seconds < Self.readySeconds {
            if let pid = plane.process.pid, pid != old, (try? await client.get("/health/ready")) != nil {
                return (ContinuousClock.now - start).seconds
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(.timeout, "The control plane \(plane.name) did not become ready with \(program).")
    }

    /// Waits until every plant has a runner again, which is then of the program that its control plane is of.
    private func runnersAre(_ program: String) async throws -> String {
        let start = ContinuousClock.now
        while world.runners.count < world.plants.count {
            guard (ContinuousClock.now - start).seconds < Self.readySeconds else {
                throw Problem(.timeout, "The runners did not come back.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return "\(world.runners.count) runners run, started by \(program)"
    }

    /// This very program and its runner, in another place: what differs between two versions is then their place alone.
    private func copy() async throws -> String {
        let folder = world.data.path + "/next"
        try DataDirectory.make(folder, mode: 0o755)
        let source = String(current[..<(current.lastIndex(of: "/") ?? current.endIndex)])
        for name in ["millwright", "millwright-runner"] {
            let result = try await Subprocess.run(
                .path("/bin/cp"), arguments: ["--", "\(source)/\(name)", "\(folder)/\(name)"], output: .discarded,
                error: .discarded)
            guard result.terminationStatus.isSuccess else {
                throw Problem(.unavailable, "\(source)/\(name) cannot be copied to \(folder).")
            }
        }
        return folder + "/millwright"
    }
}
