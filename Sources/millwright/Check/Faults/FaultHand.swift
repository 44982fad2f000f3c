import Glibc
import Primitives

/// Breaks one thing in one way, and mends it where it does not mend itself.
struct FaultHand: Sendable {
    /// Longer than every time-out of a control plane or runner that another could take over after.
    static let staleSeconds = 25.0
    static let pointPatience = Duration.seconds(3)

    let world: DrillWorld
    var generator: SeededGenerator

    /// - Returns: when it was over; `nil` when there was nothing to break.
    mutating func perform(_ kind: FaultKind) async throws -> ContinuousClock.Instant? {
        switch kind {
        case .killRunner: return await strike(kind, world.runners.randomElement(using: &generator), SIGKILL)
        case .stopRunner: return await stop(kind, world.runners.randomElement(using: &generator), Self.staleSeconds)
        case .killProvisioner: return await strike(kind, world.provisioner?.process.pid, SIGKILL)
        case .killReplica: return await strike(kind, world.replica?.process.pid, SIGKILL)
        case .stopProvisioner: return await stop(kind, world.provisioner?.process.pid, Self.staleSeconds)
        case .stopReplica: return await stop(kind, world.replica?.process.pid, seconds(3...8))
        case .killDatabase: return await strike(kind, world.database.primary.cluster.postmaster, SIGKILL)
        case .killBackend:
            return await strike(kind, world.database.backends().randomElement(using: &generator), SIGKILL)
        case .stopDatabase:
            world.database.signalPrimary(SIGSTOP)
            try? await Task.sleep(for: .seconds(seconds(2...7)))
            world.database.signalPrimary(SIGCONT)
        case .restartFast: try await restart("fast")
        case .restartImmediate: try await restart("immediate")
        case .failOver: return try await failOver()
        case .cutRunner: return await disturbRunner(kind, .cut, 0.5...4)
        case .slowRunner: return await disturbRunner(kind, .slow(milliseconds: 300), 1...4)
        case .halfOpenRunner: return await disturbRunner(kind, .halfOpen, 1...4)
        case .deafRunner: return await disturbRunner(kind, .deaf, 0.5...2)
        case .cutDatabase: return await disturbDatabase(kind, .cut, 0.5...7)
        case .slowDatabase: return await disturbDatabase(kind, .slow(milliseconds: 80), 1...4)
        case .halfOpenDatabase: return await disturbDatabase(kind, .halfOpen, 1...8)
        case .cutClients: return await disturb([world.balancer], kind, .cut, seconds(0.5...3))
        case .diskFull: return try await fillDisk()
        }
        return .now
    }

    // MARK: Processes

    private mutating func strike(_ kind: FaultKind, _ victim: Int32?, _ signal: Int32) async -> ContinuousClock.Instant?
    {
        guard let victim else { return nil }
        await atPoint(kind) { kill(victim, signal) }
        return .now
    }

    /// Stopped for so long, then continued: it comes back with what it had in its memory.
    private mutating func stop(_ kind: FaultKind, _ victim: Int32?, _ seconds: Double) async -> ContinuousClock.Instant?
    {
        guard let victim else { return nil }
        await atPoint(kind) { kill(victim, SIGSTOP) }
        try? await Task.sleep(for: .seconds(seconds))
        kill(victim, SIGCONT)
        return .now
    }

    /// Two of three strike at a point of the flow of work, the others whenever they come.
    private mutating func atPoint(_ kind: FaultKind, _ strike: @escaping @Sendable () -> Void) async {
        guard Int.random(in: 0..<3, using: &generator) > 0, let point = kind.points.randomElement(using: &generator)
        else { return strike() }
        world.report.say("    when \(point.rawValue)")
        await world.points.strike(at: point, patience: Self.pointPatience, strike)
    }

    // MARK: PostgreSQL

    private func restart(_ mode: String) async throws {
        let database = world.database
        try await database.inHand { try await database.primary.cluster.restart(mode: mode) }
    }

    private mutating func failOver() async throws -> ContinuousClock.Instant? {
        guard world.database.hasStandby else { return nil }
        let (strikes, hit) = AsyncStream<Void>.makeStream()
        await atPoint(.failOver) { hit.finish() }
        for await _ in strikes {}
        try await world.database.failOver()
        let over = ContinuousClock.now
        world.report.say("    the standby has taken over; making another one")
        try await world.database.rebuildStandby()
        return over
    }

    /// The disk is full for a while, which may take the server with it; when there is space again it is started as any
    /// service is.
    private mutating func fillDisk() async throws -> ContinuousClock.Instant? {
        guard let disk = world.database.primary.smallDisk else { return nil }
        try disk.fill()
        try? await Task.sleep(for: .seconds(seconds(4...8)))
        disk.empty()
        return .now
    }

    // MARK: Network

    private mutating func disturbRunner(
        _ kind: FaultKind, _ mode: FaultyLink.Mode, _ range: ClosedRange<Double>
    ) async -> ContinuousClock.Instant? {
        let links = world.taps.links
        guard let path = links.keys.sorted().randomElement(using: &generator), let link = links[path] else {
            return nil
        }
        return await disturb([link], kind, mode, seconds(range))
    }

    private mutating func disturbDatabase(
        _ kind: FaultKind, _ mode: FaultyLink.Mode, _ range: ClosedRange<Double>
    ) async -> ContinuousClock.Instant? {
        guard let plane = world.planes.randomElement(using: &generator) else { return nil }
        return await disturb(plane.databaseLinks, kind, mode, seconds(range))
    }

    /// Of the connections that lost bytes, half come to hear of it; the others stay silent for ever.
    private mutating func disturb(
        _ links: [FaultyLink], _ kind: FaultKind, _ mode: FaultyLink.Mode, _ seconds: Double
    ) async -> ContinuousClock.Instant? {
        await atPoint(kind) { for link in links { link.set(mode) } }
        try? await Task.sleep(for: .seconds(seconds))
        for link in links { link.set(.open) }
        if Bool.random(using: &generator) { for link in links { link.resetLost() } }
        return .now
    }

    private mutating func seconds(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &generator)
    }
}
