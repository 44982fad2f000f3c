import Database

/// Lets the scheduler decide over every step of every control plane.
///
/// Unchecked, because the world belongs to the simulation's one thread, and all tasks run there.
final class SimulationGate: RoundTripGate, @unchecked Sendable {
    /// A step that waits for the scheduler.
    struct Step {
        let number: Int
        let process: SimulatedProcess
        let trip: RoundTrip
        /// The server has done it, and the answer is on its way.
        let isDone: Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    private(set) var blocked: [Step] = []
    private var number = 0
    private(set) var tripsDone = 0
    /// Whether an instance has crashed.
    var isDead: (Int) -> Bool = { _ in false }
    /// A transaction that writes was committed.
    var committed: (SimulatedProcess) -> Void = { _ in }

    nonisolated(nonsending) func before(_ trip: RoundTrip) async throws {
        if let process = SimulatedProcess.current, trip != .hold, trip != .rollback {
            try await wait(process, trip, isDone: false)
        }
        SimulationThread.shared.sent()
    }

    nonisolated(nonsending) func after(_ trip: RoundTrip, succeeded: Bool) async throws {
        SimulationThread.shared.answered()
        guard let process = SimulatedProcess.current, trip != .hold, trip != .rollback else { return }
        tripsDone += 1
        guard succeeded else { return }
        if trip.commits { committed(process) }
        try await wait(process, trip, isDone: true)
    }

    private nonisolated(nonsending) func wait(
        _ process: SimulatedProcess, _ trip: RoundTrip, isDone: Bool
    ) async throws {
        if isDead(process.plane) { throw Self.died }
        number += 1
        // Its own: before the closure runs, others may have their turn.
        let number = number
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            blocked.append(
                Step(number: number, process: process, trip: trip, isDone: isDone, continuation: continuation))
        }
    }

    // MARK: The scheduler's side

    func release(_ step: Step, _ failure: DatabaseError? = nil) {
        blocked.removeAll { $0.number == step.number }
        if let failure { step.continuation.resume(throwing: failure) } else { step.continuation.resume() }
    }

    static let died = DatabaseError(.unavailable, "the simulated process has died")
    static let notSent = DatabaseError(.connectionLost, "the simulated connection broke before the statement")
    static let diskFull = DatabaseError(.server, "no space left on the simulated device", sqlState: "53100")

    /// How losing the answer of a step looks to its caller.
    static func lost(_ trip: RoundTrip) -> DatabaseError {
        DatabaseError(
            trip.commits ? .outcomeUnknown : .connectionLost, "the simulated connection broke before the answer")
    }
}
