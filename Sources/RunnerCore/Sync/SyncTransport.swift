package import RunnerProtocol

/// The way to the control plane. Every failure is an outcome: the machine decides what to do about it.
package protocol SyncTransport: Sendable {
    func sync(_ request: SyncRequest) async -> SyncOutcome
}
