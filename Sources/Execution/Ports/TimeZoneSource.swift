package import Workflow

/// When the clocks of a place are how far from UTC.
package protocol TimeZoneSource: Sendable {
    /// - Throws: for a name that is not known here; the error's text is shown with the schedule.
    func rules(of name: String) async throws -> TimeZoneRules
}
