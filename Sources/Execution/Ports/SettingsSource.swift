import Primitives
package import RunnerProtocol

/// What a plant's runner needs to act: connections with their credentials sealed to that runner.
package protocol SettingsSource: Sendable {
    /// `nil` when the runner's revision is the current one.
    /// - Parameter publicKey: the runner's ephemeral key, to which credentials are sealed.
    func settings(of plant: PlantKey, newerThan revision: Int64, sealedTo publicKey: [UInt8]) async throws
        -> PlantSettings?
}
