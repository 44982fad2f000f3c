/// Stands before and behind everything that is sent to the server. There is none in a process that serves; the simulation
/// has one, with which it decides when each step happens, which answers are lost, and where a process dies.
package protocol RoundTripGate: Sendable {
    /// Returns when the step may be sent. What it throws is thrown to the caller, and nothing was sent.
    nonisolated(nonsending) func before(_ trip: RoundTrip) async throws
    /// The server has answered, or the step failed. What it throws is thrown to the caller in place of the answer.
    nonisolated(nonsending) func after(_ trip: RoundTrip, succeeded: Bool) async throws
}

/// What is sent.
package enum RoundTrip: Sendable, Hashable {
    /// Waits for a connection to hold; nothing is sent yet.
    case hold
    /// A whole transaction that only reads.
    case reading
    /// A whole transaction that writes: its answer is the commit's.
    case writing
    /// A part of a transaction that goes on.
    case part
    /// The end of a transaction, perhaps with its last statements.
    case commit
    /// Nothing may be thrown round it: it is how a failure ends.
    case rollback

    /// Whether the answer says that something was committed.
    package var commits: Bool { self == .writing || self == .commit }
}

extension Optional where Wrapped == any RoundTripGate {
    /// Runs the step, past the gate where there is one.
    nonisolated(nonsending) func pass<Value>(
        _ trip: RoundTrip, _ step: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        guard let gate = self else { return try await step() }
        try await gate.before(trip)
        let value: Value
        do {
            value = try await step()
        } catch {
            try await gate.after(trip, succeeded: false)
            throw error
        }
        try await gate.after(trip, succeeded: true)
        return value
    }
}
