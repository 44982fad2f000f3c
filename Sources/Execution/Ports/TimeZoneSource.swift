package import Workflow

/// When the clocks of a place are how far from UTC.
package protocol TimeZoneSource: Sendable {
    /// - Throws: for a name that is not known here; the error's text is shown with the schedule. A `Problem` that is
    ///   retryable passes: the schedule stays as it is and is looked at again soon.
    func rules(of name: String) async throws -> TimeZoneRules
}
