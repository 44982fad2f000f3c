package import RunnerProtocol

/// Takes up the plant's settings when they change.
package protocol SettingsAdopter: Sendable {
    func adopt(_ settings: PlantSettings)
}
