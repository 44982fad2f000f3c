package import NIOCore

/// Opens byte streams to the outside under a plant's egress rules. There is no other way out.
///
/// In a runner it goes through the plant's gateway; in the control plane, for the test of a connection, it connects
/// itself with the same policy.
package protocol EgressDialer: Sendable {
    /// Connects, then lets `configure` put its handlers on the stream, on the channel's event loop and before any byte
    /// of the other side is delivered.
    func open(
        to host: HostName, port: Int, deadline: NIODeadline, configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(EgressRefusal) -> any Channel
}

extension NIODeadline {
    /// Seconds from now; at least a millisecond, so that a deadline that has passed fails as one.
    package static func `in`(seconds: Double) -> NIODeadline { .now() + TimeAmount(seconds: seconds) }
}

extension TimeAmount {
    /// At least a millisecond.
    package init(seconds: Double) {
        self = .nanoseconds(Int64(max(0.001, min(seconds, 1e9)) * 1_000_000_000))
    }
}
